import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { announcedAddresses, pageUrl, parseFrontAddress, parsePublicUrl } from '../../src/seedbox/front-address.ts'

const test = suite('seedbox address')

test('where to listen', () => {
  assert.equal(parseFrontAddress('127.0.0.1:9000'), { host: '127.0.0.1', port: 9000, orFree: false })
  assert.equal(parseFrontAddress('127.0.0.1:0'), { host: '127.0.0.1', port: 0, orFree: false })
  assert.equal(parseFrontAddress('0.0.0.0'), { host: '0.0.0.0', port: 8700, orFree: true })
  assert.equal(parseFrontAddress('localhost'), { host: '127.0.0.1', port: 8700, orFree: true })
  assert.equal(parseFrontAddress('[::1]:80'), { host: '::1', port: 80, orFree: false })
  for (const text of ['', ':80', '::1', '8700', 'box.example', '127.0.0.1:', '127.0.0.1:70000', '127.0.0.1:-1', '[127.0.0.1]:80', '127.0.0.1:80/x']) assert.is(parseFrontAddress(text), null, text)
})

test('where browsers find it, and what peers are told', () => {
  const publicUrl = parsePublicUrl('https://box.example')
  const bound = { host: '127.0.0.1', port: 8700, publicUrl: null }
  assert.is(pageUrl(bound), 'http://127.0.0.1:8700/')
  assert.is(pageUrl({ ...bound, host: '::1', port: 80 }), 'http://[::1]/')
  assert.is(pageUrl({ ...bound, host: '0.0.0.0' }), 'http://127.0.0.1:8700/')
  assert.is(pageUrl({ ...bound, publicUrl }), 'https://box.example/')
  assert.equal(announcedAddresses(bound), ['/ip4/127.0.0.1/tcp/8700/ws'])
  assert.equal(announcedAddresses({ ...bound, publicUrl }), ['/dns4/box.example/tcp/443/tls/ws'])
  assert.equal(announcedAddresses({ ...bound, publicUrl: parsePublicUrl('http://192.0.2.1:81') }), ['/ip4/192.0.2.1/tcp/81/ws'])
  assert.equal(announcedAddresses({ ...bound, publicUrl: parsePublicUrl('https://[2001:db8::1]:8443') }), ['/ip6/2001:db8::1/tcp/8443/tls/ws'])
  const address = (family: 'IPv4' | 'IPv6', address: string): object => ({ family, address })
  const interfaces = { lo: [address('IPv4', '127.0.0.1')], eth0: [address('IPv4', '192.0.2.7'), address('IPv6', '2001:db8::7'), address('IPv6', 'fe80::7')] } as Parameters<typeof announcedAddresses>[1]
  assert.equal(announcedAddresses({ ...bound, host: '0.0.0.0' }, interfaces), ['/ip4/127.0.0.1/tcp/8700/ws', '/ip4/192.0.2.7/tcp/8700/ws'])
  assert.equal(announcedAddresses({ ...bound, host: '::' }, interfaces), ['/ip4/127.0.0.1/tcp/8700/ws', '/ip4/192.0.2.7/tcp/8700/ws', '/ip6/2001:db8::7/tcp/8700/ws'])
  for (const text of ['box.example', 'ftp://box.example', 'https://box.example/app', 'https://user@box.example', 'https://box.example/?x', 'javascript:x']) assert.is(parsePublicUrl(text), null, text)
})

test.run()
