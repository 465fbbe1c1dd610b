// What can be looked for: infohash, magnet link, .torrent bytes.
import fc from 'fast-check'
import createTorrent from 'create-torrent'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { magnet, parseTorrentFile, refOf, torrentFile, TorrentStoreError, type TorrentStoreErrorCode } from '../../src/index.ts'
import { parseTarget } from '../../src/swarm/target.ts'
import { BOUNDARY_LENGTHS, randomBody } from '../bodies.ts'

const test = suite('swarm target')
const body = randomBody(100)
const ref = refOf(body)

function codeOf (work: () => unknown): TorrentStoreErrorCode | 'none' {
  try {
    work()
    return 'none'
  } catch (error) {
    assert.instance(error, TorrentStoreError)
    return (error as TorrentStoreError).code
  }
}

test('an infohash, with blanks around it', () => {
  assert.equal(parseTarget(` ${ref.infoHash.toUpperCase()}\n`), { ref: { infoHash: ref.infoHash }, trackers: [], peers: [] })
  assert.is(codeOf(() => parseTarget('hello')), 'BAD_INFOHASH')
})

test('a magnet link with its hints', () => {
  const target = parseTarget(magnet(ref, { trackers: ['http://127.0.0.1:1/announce'], peers: ['127.0.0.1:6881'] }))
  assert.equal(target, { ref, trackers: ['http://127.0.0.1:1/announce'], peers: ['127.0.0.1:6881'] })
  assert.is(codeOf(() => parseTarget('magnet:?dn=x')), 'BAD_MAGNET')
})

test('a .torrent file of ours, with none, one or several trackers', () => {
  for (const length of BOUNDARY_LENGTHS) {
    const body = randomBody(length)
    for (const trackers of [[], ['http://127.0.0.1:1/a'], ['http://127.0.0.1:1/a', 'udp://127.0.0.1:2']]) {
      assert.equal(parseTarget(torrentFile(body, { trackers })), { ref: refOf(body), trackers, peers: [] })
    }
  }
})

const create = async (input: Buffer | Buffer[], name: string): Promise<Uint8Array> => await new Promise((resolve, reject) => {
  createTorrent(input, { name, announceList: [] }, (error, file) => { if (error === null) resolve(file); else reject(error) })
})
const named = (bytes: Buffer, name: string): Buffer => Object.assign(bytes, { name })

test('other torrents are told apart from bytes that are no torrent', async () => {
  const other = await create(Buffer.from('hello'), 'hello.txt')
  const several = await create(Array.from({ length: 300 }, (_, index) => named(Buffer.from(`file ${index}`), `${index}.txt`)), 'several')
  for (const file of [other, several, Buffer.alloc(65_537, 'd')]) assert.is(codeOf(() => parseTorrentFile(file)), 'NOT_A_BODY')
  for (const file of ['', 'hello', 'de', 'd4:infoi1ee', 'd4:infoe', 'le', 'i1e', 'd-3:i1ee', 'l-3:e']) assert.is(codeOf(() => parseTorrentFile(Buffer.from(file))), 'BAD_TORRENT')
  assert.is(codeOf(() => parseTorrentFile(Buffer.from('d4:infodee'))), 'NOT_A_BODY')
})

test('damaged files give a code, or the torrent of other bytes, and never anything else', () => {
  const file = Buffer.from(torrentFile(body, { trackers: ['http://127.0.0.1:1/a'] }))
  fc.assert(fc.property(fc.nat(file.length - 1), fc.nat(255), fc.nat(3), (at, byte, cut) => {
    const damaged = Buffer.concat([file.subarray(0, at), Buffer.of(byte), file.subarray(at + cut)])
    const code = codeOf(() => parseTorrentFile(damaged))
    assert.ok(['none', 'BAD_TORRENT', 'NOT_A_BODY'].includes(code), code)
  }), { numRuns: 2000 })
})

test.run()
