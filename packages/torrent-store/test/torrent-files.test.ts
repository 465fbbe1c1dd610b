// .torrent files and magnet links of other clients (BEP 3, 9, 12, 53), and what only looks like one.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import createTorrent from 'create-torrent'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, infoDict, infoHashOf, magnet, parseMagnet, parseTorrentFile, refOf, torrentFile, TorrentStoreError } from '../src/index.ts'
import { BOUNDARY_LENGTHS, randomBody } from './bodies.ts'

const test = suite('torrent files')
const body = Buffer.from('a body that other programs make torrents of')
const ref = refOf(body)
const name = `${createHash('sha256').update(body).digest('hex')}.txt`
const TRACKERS = ['udp://127.0.0.1:1337/announce', 'https://tracker.example/announce?x=1', 'wss://tracker.example']
const utf8 = (text: string): string => `${Buffer.byteLength(text)}:${text}`

type CreateOptions = Parameters<typeof createTorrent>[1] & Record<string, unknown>

async function created (input: Buffer, options: Record<string, unknown>): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    createTorrent(input, { pieceLength: 65_536, announceList: [], ...options } as unknown as CreateOptions, (error, torrent) => {
      if (error === null) resolve(Buffer.from(torrent))
      else reject(error)
    })
  })
}

function throwsCode (code: string, work: () => unknown): void {
  assert.throws(work, (error: unknown) => error instanceof TorrentStoreError && error.code === code, `not ${code}`)
}

/** A .torrent file around an info dict, with what stands before and behind it. */
function around (info: Uint8Array, before = '', behind = ''): Buffer {
  return Buffer.concat([Buffer.from(`d${before}4:info`), info, Buffer.from(`${behind}e`)])
}

test('reads what create-torrent writes, with dates, comments, web seeds and tiers', async () => {
  for (const length of BOUNDARY_LENGTHS) {
    const body = randomBody(length)
    const name = `${createHash('sha256').update(body).digest('hex')}.txt`
    const file = await created(Buffer.from(body), { name, comment: 'näme', createdBy: 'somebody', creationDate: new Date(), urlList: ['http://127.0.0.1/file'], announceList: [TRACKERS.slice(0, 2), TRACKERS.slice(2)] })
    assert.equal(parseTorrentFile(file), { ref: refOf(body), trackers: TRACKERS })
  }
})

test('any choice within the info dict makes it another torrent', async () => {
  const others = [
    await created(body, { name, private: true }), await created(body, { name, info: { source: 'somewhere' } }), await created(body, { name: 'body.txt' }),
    await created(body, { name, pieceLength: 32_768 }), await created(Buffer.alloc(65_537), { name })
  ]
  for (const file of others) throwsCode('NOT_A_BODY', () => parseTorrentFile(file))
})

test('reads back what it writes, trackers included', () => {
  const tracker = fc.webUrl({ withQueryParameters: true })
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), fc.uniqueArray(tracker, { maxLength: 5 }), (body, trackers) => {
    assert.equal(parseTorrentFile(torrentFile(body, { trackers })), { ref: refOf(body), trackers })
  }))
})

const PYTHON = '/usr/bin/python3'
const SCRIPT = `
import sys, libtorrent as lt
folder, name, flags = sys.argv[1], sys.argv[2], int(sys.argv[3])
storage = lt.file_storage()
lt.add_files(storage, folder + '/' + name)
torrent = lt.create_torrent(storage, 65536, flags=flags)
for tier, tracker in enumerate(sys.argv[4:]):
    torrent.add_tracker(tracker, tier)
torrent.set_comment('a comment')
torrent.set_creator('libtorrent')
torrent.add_url_seed('http://127.0.0.1/')
torrent.add_node('127.0.0.1', 6881)
lt.set_piece_hashes(torrent, folder)
entry = torrent.generate()
info = lt.torrent_info(entry)
sys.stdout.write(lt.bencode(entry).hex() + ' ' + str(info.info_hashes().v1) + ' ' + lt.make_magnet_uri(info))
`
const V1_ONLY = 64
const scratch = mkdtempSync(path.join(tmpdir(), 'torrent-files-'))
test.after(() => { rmSync(scratch, { recursive: true, force: true }) })

/** A .torrent file, its infohash and its magnet link as libtorrent has them; null where it is not installed. */
function libtorrent (flags: number): { file: Buffer, infoHash: string, link: string } | null {
  writeFileSync(path.join(scratch, name), body)
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', SCRIPT, scratch, name, String(flags), ...TRACKERS], { encoding: 'utf8', timeout: 15_000 })
  if (status !== 0 && /No module named|ENOENT/.test(stderr ?? 'ENOENT') && process.env['CI'] === undefined) return null
  assert.is(status, 0, stderr)
  const [hex = '', infoHash = '', link = ''] = stdout.split(' ')
  return { file: Buffer.from(hex, 'hex'), infoHash, link }
}

test('reads what libtorrent writes: the same infohash, its trackers, its magnet link', () => {
  const made = libtorrent(V1_ONLY)
  if (made === null) { console.log('libtorrent is not installed: left out'); return }
  assert.is(made.infoHash, ref.infoHash)
  const { trackers, ...rest } = parseTorrentFile(made.file)
  assert.equal(rest, { ref })
  assert.equal(trackers.toSorted(), TRACKERS.toSorted())
  const parsed = parseMagnet(made.link)
  assert.is(parsed.ref.infoHash, ref.infoHash)
  assert.is(parsed.name, name)
  assert.equal(parsed.trackers.toSorted(), TRACKERS.toSorted())
})

test('a hybrid torrent (BEP 52) is another one', () => {
  const made = libtorrent(0)
  if (made === null) return
  assert.is.not(made.infoHash, ref.infoHash)
  throwsCode('NOT_A_BODY', () => parseTorrentFile(made.file))
})

test('libtorrent reads our magnet link', () => {
  const link = magnet(ref, { name, trackers: TRACKERS, peers: ['127.0.0.1:6881', '[::1]:6882'] })
  const script = 'import sys, libtorrent as lt\np = lt.parse_magnet_uri(sys.argv[1])\nprint(p.info_hashes.v1, p.name, *sorted(p.trackers), *sorted(h + ":" + str(n) for h, n in p.peers))'
  const { status, stdout, stderr } = spawnSync(PYTHON, ['-c', script, link], { encoding: 'utf8', timeout: 15_000 })
  if (status !== 0 && /No module named|ENOENT/.test(stderr ?? 'ENOENT') && process.env['CI'] === undefined) return
  assert.is(status, 0, stderr)
  assert.equal(stdout.trim().split(' '), [ref.infoHash, name, ...TRACKERS.toSorted(), '127.0.0.1:6881', '::1:6882'])
})

test('the infohash is that of the bytes as they stand, never of what they should have been', () => {
  const text = Buffer.from(infoDict(body)).toString('latin1')
  const odd = [
    text.replace(`i${body.length}e`, `i0${body.length}e`), text.replace(`i${body.length}e`, `i+${body.length}e`), text.replace('4:name68:', '4:name068:'), text.replace('6:length', '06:length'),
    `d${text.slice(text.indexOf('4:name'), -1)}6:lengthi${body.length}ee`
  ]
  for (const info of odd) {
    assert.is.not(infoHashOf(Buffer.from(info, 'latin1')), ref.infoHash)
    assert.throws(() => parseTorrentFile(around(Buffer.from(info, 'latin1'))), (error: unknown) => error instanceof TorrentStoreError && /^(?:NOT_A_BODY|BAD_TORRENT)$/.test(error.code), info)
  }
})

test('what is no .torrent file, or an endless one, is refused', () => {
  const info = infoDict(body)
  const bad: Record<string, Buffer> = {
    nothing: Buffer.alloc(0),
    'a list': Buffer.from('le'),
    'an empty dict': Buffer.from('de'),
    text: Buffer.from('<!doctype html>'),
    'no end': around(info).subarray(0, -1),
    'a negative length': Buffer.from('d4:infol-3:ee'),
    'an info that is text': Buffer.from('d4:info2:dee'),
    'two infos': around(info, '', `4:info${Buffer.from(info).toString('latin1')}`),
    'a key that is a number': Buffer.from('di1e1:xe'),
    'a key without a value': around(info, '8:announce'),
    'an announce that claims more than there is': around(info, '8:announce999999:x'),
    'too many keys': around(info, Array.from({ length: 100 }, (_, i) => `${utf8(`key${i}`)}0:`).join('')),
    'a thousand lists': around(info, `8:announce${'l'.repeat(1000)}${'e'.repeat(1000)}`)
  }
  for (const [what, file] of Object.entries(bad)) {
    assert.throws(() => parseTorrentFile(file), (error: unknown) => error instanceof TorrentStoreError && error.code === 'BAD_TORRENT', what)
  }
  throwsCode('NOT_A_BODY', () => parseTorrentFile(around(info, `7:comment${'x'.length * 60_000}:${'x'.repeat(60_000)}`, `1:z6000:${'z'.repeat(6000)}`)))
  throwsCode('NOT_A_BODY', () => parseTorrentFile(Buffer.from(`d4:infod5:filesl${'d6:lengthi1e4:pathl1:aee'.repeat(2000)}ee12:piece lengthi65536ee`)))
})

test('trackers are text, each once, 32 at most', () => {
  const many = Array.from({ length: 50 }, (_, i) => `udp://127.0.0.1:${i + 1}`)
  const list = (urls: readonly string[]): string => `13:announce-listl${urls.map(url => `l${utf8(url)}e`).join('')}e`
  assert.equal(parseTorrentFile(around(infoDict(body), `8:announce${utf8('a')}${list(['b', 'a', 'c'])}`)).trackers, ['a', 'b', 'c'])
  assert.equal(parseTorrentFile(around(infoDict(body), list(many))).trackers, many.slice(0, 32))
  for (const odd of ['8:announcei5e', '8:announcede', '8:announce0:', '13:announce-list3:abc', '13:announce-listli5edel2:de0:ee', `8:announce3000:${'x'.repeat(3000)}`]) {
    assert.equal(parseTorrentFile(around(infoDict(body), odd)).trackers, odd.includes('2:de') ? ['de'] : [], odd)
  }
  const notText = Buffer.concat([Buffer.from('d8:announce2:'), Buffer.of(0xff, 0xfe), Buffer.from('4:info'), infoDict(body), Buffer.from('e')])
  assert.equal(parseTorrentFile(notText).trackers, [])
})

test('whatever is changed in a .torrent file, it names what it hashes to or is refused', () => {
  const file = torrentFile(body, { trackers: TRACKERS })
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: file.length - 1 }), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }), changes => {
    const changed = Buffer.from(file)
    for (const [at, byte] of changes) changed[at] = byte
    try {
      const { ref } = parseTorrentFile(changed)
      const at = changed.indexOf('4:infod')
      assert.is(ref.infoHash, createHash('sha1').update(changed.subarray(at + 6, at + 6 + infoDict(body).length)).digest('hex'))
    } catch (error) {
      if (!(error instanceof TorrentStoreError)) throw error
      assert.ok(['BAD_TORRENT', 'NOT_A_BODY'].includes(error.code))
    }
  }), { numRuns: 500 })
})

test('a .torrent file and its content come in together, if they belong together', async () => {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  assert.equal(await store.importTorrent(await created(body, { name, announceList: [[TRACKERS[0]]] }), body), { ref, trackers: [TRACKERS[0]] })
  assert.equal(Buffer.from(await store.get(ref.infoHash) ?? []), body)
  const rejects = async (code: string, file: Uint8Array, content: Uint8Array): Promise<void> => {
    const error = await store.importTorrent(file, content).then(() => null, (error: unknown) => error)
    assert.is((error as TorrentStoreError | null)?.code, code)
  }
  await rejects('BODY_MISMATCH', torrentFile(body), Buffer.from('another body'))
  await rejects('BODY_EMPTY', torrentFile(body), new Uint8Array(0))
  await rejects('BODY_TOO_LONG', torrentFile(body), new Uint8Array(65_537))
  await rejects('NOT_A_BODY', await created(body, { name: 'body.txt' }), body)
  await rejects('BAD_TORRENT', body, body)
  assert.is(store.stat().bodies, 1)
})

test('magnet links as others write them', () => {
  const hash = ref.infoHash
  const cases: Array<[link: string, expected: Partial<ReturnType<typeof parseMagnet>>]> = [
    [`MAGNET:?XT=x&xt=URN:BTIH:${hash.toUpperCase()}`, {}],
    [`magnet:?dn=a+b%20c&xt=urn:btih:${hash}`, { name: 'a b c' }],
    [`magnet:?xt.1=urn:sha1:${'A'.repeat(32)}&xt.2=urn:btih:${hash}&tr.1=udp%3A%2F%2F1.2.3.4%3A5&tr.2=b`, { trackers: ['udp://1.2.3.4:5', 'b'] }],
    [`magnet:?xt=urn:btmh:1220${'ab'.repeat(32)}&xt=urn:btih:${hash}&so=0,2-4&ws=http%3A%2F%2Fx&xs=http%3A%2F%2Fy&as=z&kt=a+b&x.pe=%5B%3A%3A1%5D%3A6881&x.pe=host.example:1`, { peers: ['[::1]:6881', 'host.example:1'] }],
    [`magnet:?xt=urn:btih:${hash}&tr=&tr=a&x.pe=1.2.3.4:99999&x.pe=1.2.3.4&x.pe=%3Cscript%3E:1`, { trackers: ['a'] }],
    [`magnet:?xt=urn:btih:${hash}&xl=9007199254740993&xl=5`, {}],
    [`magnet:?xt=urn:btih:${hash}&__proto__=x&constructor=y`, {}]
  ]
  for (const [link, expected] of cases) assert.equal(parseMagnet(link), { ref: { infoHash: hash }, trackers: [], peers: [], ...expected }, link)
  const base32 = [...Buffer.from(hash, 'hex')].map(byte => byte.toString(2).padStart(8, '0')).join('').replaceAll(/.{5}/g, bits => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(bits, 2)] ?? '')
  for (const topic of [base32, base32.toLowerCase()]) assert.is(parseMagnet(`magnet:?xt=urn:btih:${topic}`).ref.infoHash, hash)
  for (const topic of [base32.slice(1), `${base32.slice(1)}1`, `${hash}0`, `${hash}%00`, `urn:btih:${hash}`, `1220${'ab'.repeat(32)}`]) throwsCode('BAD_MAGNET', () => parseMagnet(`magnet:?xt=urn:btih:${topic}`))
})

test('a magnet link is read or refused, whatever it holds, in bounded pieces', () => {
  const piece = fc.oneof(fc.constantFrom('xt=', 'urn:btih:', ref.infoHash, '&', 'tr=', 'x.pe=', 'xl=', 'dn=', '%', '%ff', '=', 'tr.1=', '1.2.3.4:5'), fc.string({ unit: 'binary', maxLength: 10 }))
  fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), parts => {
    try {
      const { ref: found, trackers, peers } = parseMagnet(`magnet:?${parts.join('')}`)
      assert.match(found.infoHash, /^[0-9a-f]{40}$/)
      assert.ok(trackers.length <= 32 && peers.length <= 32)
    } catch (error) {
      assert.is((error as TorrentStoreError).code, 'BAD_MAGNET')
    }
  }), { numRuns: 300 })
  const long = `magnet:?xt=urn:btih:${ref.infoHash}${'&tr=a'.repeat(1000)}${'&x.pe=1.2.3.4:5'.repeat(150)}`
  assert.is(parseMagnet(long).trackers.length, 32)
  assert.is(parseMagnet(long).peers.length, 32)
})

test.run()
