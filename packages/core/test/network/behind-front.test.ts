import { multiaddr } from '@multiformats/multiaddr'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { believable } from '../../src/discovery/believable.ts'
import { remoteAddressOf } from '../../src/network/behind-front.ts'

const PEER = '12D3KooWGobjX4f7pbvBtQseDfGgDh4maewuqYZkXULaP4PmV4Sg'
const inbound = (address: string): Parameters<typeof remoteAddressOf>[0] => ({ direction: 'inbound', remoteAddr: multiaddr(address) })
const test = suite('network/behind-front')

test('behind a front of the world, what comes through it is from nowhere in particular', () => {
  const piped = inbound('/ip4/127.0.0.1/tcp/40123/ws')
  assert.is(remoteAddressOf(piped, { behindFront: 'world' }), '')
  assert.is(remoteAddressOf(inbound(`/ip4/127.0.0.1/tcp/40123/ws/p2p/${PEER}`), { behindFront: 'world' }), '')
  for (const options of [{}, { behindFront: 'machine' }] as const) assert.is(remoteAddressOf(piped, options), '/ip4/127.0.0.1/tcp/40123/ws')
  for (const address of ['/ip4/127.0.0.1/tcp/40123', '/ip4/192.0.2.1/tcp/40123/ws']) assert.is(remoteAddressOf(inbound(address), { behindFront: 'world' }), address)
  assert.is(remoteAddressOf({ ...piped, direction: 'outbound' }, { behindFront: 'world' }), '/ip4/127.0.0.1/tcp/40123/ws')
})

test('a stranger behind it sends nobody to addresses of this machine or its network', () => {
  const listenAddresses = ['/ip4/127.0.0.1/tcp/9', '/ip4/192.168.1.1/tcp/80', '/ip4/198.51.100.7/tcp/4001'].map(address => `${address}/p2p/${PEER}`)
  const said = (remoteAddress: string): string[] => believable({ peerId: PEER, direction: 'inbound', remoteAddress, listenAddresses }, true)
  assert.equal(said(remoteAddressOf(inbound('/ip4/127.0.0.1/tcp/40123/ws'), { behindFront: 'world' })), listenAddresses.slice(-1))
  assert.equal(said(remoteAddressOf(inbound('/ip4/127.0.0.1/tcp/40123/ws'), { behindFront: 'machine' })), listenAddresses)
})

test.run()
