import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { magnet, parseInfoHash, parseMagnet, TorrentStoreError } from '../src/index.ts'

const test = suite('torrent-ref')
const throwsCode = (code: string, work: () => unknown): void => {
  assert.throws(work, (error: unknown) => error instanceof TorrentStoreError && error.code === code)
}
const infoHash = parseInfoHash('0123456789abcdef0123456789ABCDEF01234567')

test('an infohash is 40 hex characters, kept in lower case', () => {
  assert.is(infoHash, '0123456789abcdef0123456789abcdef01234567')
  for (const bad of ['', 'a'.repeat(39), 'a'.repeat(41), 'g'.repeat(40), ` ${'a'.repeat(40)}`, `${'a'.repeat(40)}\n`]) {
    throwsCode('BAD_INFOHASH', () => parseInfoHash(bad))
  }
  throwsCode('BAD_INFOHASH', () => parseInfoHash(undefined as unknown as string))
})

test('a magnet link names hash, name, length, trackers and peers in this order', () => {
  assert.is(
    magnet({ infoHash, length: 12 }, { name: 'a b&c.txt', trackers: ['http://127.0.0.1:1/announce?x=1'], peers: ['127.0.0.1:6881', '[::1]:6882'] }),
    `magnet:?xt=urn:btih:${infoHash}&dn=a%20b%26c.txt&xl=12&tr=http%3A%2F%2F127.0.0.1%3A1%2Fannounce%3Fx%3D1&x.pe=127.0.0.1:6881&x.pe=[::1]:6882`
  )
  assert.is(magnet({ infoHash }), `magnet:?xt=urn:btih:${infoHash}`)
  for (const peer of ['', 'host', 'host:0', 'host:65536', 'a b:1', '127.0.0.1:1&tr=x', '::1:80']) {
    throwsCode('BAD_MAGNET', () => magnet({ infoHash }, { peers: [peer] }))
  }
})

test('parse reads back what magnet writes', () => {
  const peer = fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 })).map(([host, port]) => `${host}:${port}`)
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.option(fc.integer({ min: 1, max: 65_536 })), fc.option(fc.string({ unit: 'grapheme' })), fc.array(fc.webUrl(), { maxLength: 3 }), fc.array(peer, { maxLength: 3 }),
    (hash, length, name, trackers, peers) => {
      const ref = { infoHash: parseInfoHash(Buffer.from(hash).toString('hex')), ...(length === null ? {} : { length }) }
      const text = magnet(ref, { trackers, peers, ...(name === null ? {} : { name }) })
      assert.equal(parseMagnet(text), { ref, ...(name === null ? {} : { name }), trackers, peers })
    }
  ))
})

test('parse reads base32 and drops what cannot be', () => {
  const parsed = parseMagnet('magnet:?xt=urn:btmh:1220aa&xt=urn:btih:AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH&xl=99999&x.pe=nowhere&x.pe=127.0.0.1:1')
  assert.equal(parsed, { ref: { infoHash }, trackers: [], peers: ['127.0.0.1:1'] })
})

test('parse refuses what is no magnet link of a v1 torrent', () => {
  for (const bad of ['', 'magnet:', 'magnet:?', 'http://x', 'magnet:?dn=x', 'magnet:?xt=urn:btih:abc', `magnet:?xt=urn:sha1:${infoHash}`, `magnet:?xt=urn:btih:${infoHash}&dn=${'x'.repeat(9000)}`]) {
    throwsCode('BAD_MAGNET', () => parseMagnet(bad))
  }
})

test.run()
