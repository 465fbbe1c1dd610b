import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import createTorrent from 'create-torrent'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { infoDict, infoHashOf, magnet, parseInfoDict, refOf, torrentFile, TorrentStoreError } from '../src/index.ts'
import { decodeBencode, type BencodeValue } from '../src/wire/bencode.ts'
import { BOUNDARY_LENGTHS, randomBody } from './bodies.ts'

const test = suite('metainfo')
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const digest = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest('hex')

/** The .torrent that create-torrent makes of the same file, without trackers. */
async function referenceTorrent (body: Uint8Array): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    createTorrent(Buffer.from(body), { name: `${digest('sha256', body)}.txt`, pieceLength: 65_536, announceList: [] }, (error, torrent) => {
      if (error === null) resolve(Buffer.from(torrent))
      else reject(error)
    })
  })
}

/** SHA-1 over the info dict as it lies in a .torrent: found by its key, up to the end of the file. */
function infoHashInFile (torrent: Uint8Array): string {
  const bytes = Buffer.from(torrent)
  return digest('sha1', bytes.subarray(bytes.indexOf('4:infod') + 6, -1))
}

test('the infohash is the one create-torrent gives', async () => {
  const bodies = [...BOUNDARY_LENGTHS.map(randomBody), ...fc.sample(fc.uint8Array({ minLength: 1, maxLength: 3000 }), 20)]
  for (const body of bodies) {
    const torrent = await referenceTorrent(body)
    assert.is(infoHashInFile(torrent), refOf(body).infoHash)
    assert.ok(torrent.includes(Buffer.from(infoDict(body))))
  }
})

test('an info dict has four keys and commits to SHA-256 and SHA-1', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 4000 }), body => {
    const info = decodeBencode(infoDict(body))
    assert.is(info?.end, infoDict(body).length)
    const dict = info?.value as Map<string, BencodeValue>
    assert.equal([...dict.keys()], ['length', 'name', 'piece length', 'pieces'])
    assert.is(dict.get('length'), body.length)
    assert.is(Buffer.from(dict.get('name') as Uint8Array).toString(), `${digest('sha256', body)}.txt`)
    assert.is(hex(dict.get('pieces') as Uint8Array), digest('sha1', body))
    assert.equal(refOf(body), { infoHash: digest('sha1', infoDict(body)), length: body.length })
    assert.equal(parseInfoDict(infoDict(body)), { length: body.length, sha256: digest('sha256', body) })
  }))
})

test('any other info dict is not a body', () => {
  const text = (body: Uint8Array): string => Buffer.from(infoDict(body)).toString('latin1')
  const body = Buffer.from('hello')
  const changed = [
    '', 'de', text(body).slice(0, -1), `${text(body)}e`, text(body).replace('i5e', 'i05e'), text(body).replace('i5e', 'i0e'), text(body).replace('i5e', 'i65537e'),
    text(body).replace('i65536e', 'i32768e'), text(body).replace('.txt', '.exe'), text(body).replace('6:pieces20', '7:privatei1e6:pieces20'), text(body).replace(/68:[0-9a-f]/, '68:X')
  ]
  for (const info of changed) assert.is(parseInfoDict(Buffer.from(info, 'latin1')), null, info)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => { assert.is(parseInfoDict(bytes), null) }))
})

test('a body has 1 to 65,536 bytes', () => {
  for (const make of [infoDict, refOf, torrentFile]) {
    assert.throws(() => make(new Uint8Array(0)), (error: unknown) => error instanceof TorrentStoreError && error.code === 'BODY_EMPTY')
    assert.throws(() => make(new Uint8Array(65_537)), (error: unknown) => error instanceof TorrentStoreError && error.code === 'BODY_TOO_LONG')
  }
  for (const length of BOUNDARY_LENGTHS) assert.is(refOf(new Uint8Array(length)).length, length)
})

test('a .torrent file holds the info dict, the trackers and nothing else', () => {
  const body = Buffer.from('hello')
  const read = (file: Uint8Array): Map<string, BencodeValue> => decodeBencode(file)?.value as Map<string, BencodeValue>
  const text = (value: BencodeValue | undefined): string => Buffer.from(value as Uint8Array).toString()
  const bare = torrentFile(body)
  assert.equal([...read(bare).keys()], ['info'])
  const one = read(torrentFile(body, { trackers: ['http://127.0.0.1/ä'] }))
  assert.equal([...one.keys()], ['announce', 'info'])
  assert.is(text(one.get('announce')), 'http://127.0.0.1/ä')
  const two = torrentFile(body, { trackers: ['http://127.0.0.1/1', 'http://127.0.0.1/2'] })
  assert.equal([...read(two).keys()], ['announce', 'announce-list', 'info'])
  assert.equal((read(two).get('announce-list') as BencodeValue[][]).map(tier => text(tier[0])), ['http://127.0.0.1/1', 'http://127.0.0.1/2'])
  for (const file of [bare, two]) assert.is(infoHashInFile(file), refOf(body).infoHash)
})

interface Vector { name: string, text?: string, base64?: string, length: number, sha256: string, infoHash: string, infoDict: string, magnet: string }
const vectors = JSON.parse(readFileSync(new URL('../../../test/vectors/torrents.json', import.meta.url), 'utf8')) as { valid: Vector[] }

for (const vector of vectors.valid) {
  test(`vector: ${vector.name}`, async () => {
    const body = vector.text === undefined ? Buffer.from(vector.base64 ?? '', 'base64') : Buffer.from(vector.text)
    assert.is(body.length, vector.length)
    assert.is(digest('sha256', body), vector.sha256)
    assert.is(hex(infoDict(body)), vector.infoDict)
    assert.is(infoHashOf(infoDict(body)), vector.infoHash)
    assert.is(magnet(refOf(body), { name: `${vector.sha256}.txt` }), vector.magnet)
    assert.is(infoHashInFile(await referenceTorrent(body)), vector.infoHash)
  })
}

test.run()
