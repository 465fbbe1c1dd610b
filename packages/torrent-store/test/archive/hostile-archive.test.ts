// Archives from elsewhere: every one of them ends in a code or in a counted refusal, within bounded memory, and what was
// right in it before the fault is kept.
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, refOf, TorrentStoreError, type ImportReport } from '../../src/index.ts'
import { parsePaxRecords } from '../../src/archive/pax.ts'
import { bytesOf, END, entry, header, inChunks, nameOf, octal, pax, padded, record } from './tar-blocks.ts'

const test = suite('hostile archives')
const good = Buffer.from('a good body')
const later = Buffer.from('a later body')
const base256 = (...tail: number[]): string => `\x80${'\0'.repeat(11 - tail.length)}${String.fromCharCode(...tail)}`

/** What became of an archive: its code or its report, and the infohashes that are held now. */
async function importing (archive: Uint8Array, chunk = 700): Promise<{ code: string | null, report: ImportReport | null, held: string[] }> {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  let [code, report]: [string | null, ImportReport | null] = [null, null]
  try {
    report = await store.import(inChunks(archive, chunk))
  } catch (error) {
    if (!(error instanceof TorrentStoreError)) throw error
    code = error.code
  }
  const held: string[] = []
  for await (const { infoHash } of store.list()) {
    assert.ok(await store.get(infoHash)) // which verifies
    held.push(infoHash)
  }
  return { code, report, held }
}

const broken: Record<string, [code: string, bytes: Buffer]> = {
  'nothing at all': ['ARCHIVE_TRUNCATED', Buffer.alloc(0)],
  'half a block': ['ARCHIVE_TRUNCATED', Buffer.alloc(256)],
  'no end': ['ARCHIVE_TRUNCATED', header({ type: '5' })],
  'half an end': ['ARCHIVE_TRUNCATED', Buffer.alloc(512)],
  'a file after half an end': ['BAD_ARCHIVE', Buffer.concat([Buffer.alloc(512), entry(later), END])],
  'content that is cut': ['ARCHIVE_TRUNCATED', entry(Buffer.alloc(3000, 'x')).subarray(0, 2000)],
  'padding that is cut': ['ARCHIVE_TRUNCATED', entry(later).subarray(0, 600)],
  'a skipped file that is cut': ['ARCHIVE_TRUNCATED', Buffer.concat([header({ size: octal(70_000) }), Buffer.alloc(1000)])],
  'a file of 8 EiB by its octal size': ['BAD_ARCHIVE', Buffer.concat([header({ size: '777777777777' }).fill('8', 124, 135), END])],
  'a file of 2^63 bytes': ['BAD_ARCHIVE', Buffer.concat([header({ size: base256(0x80, 0, 0, 0, 0, 0, 0, 0) }), END])],
  'a file of 2^53 bytes': ['BAD_ARCHIVE', Buffer.concat([header({ size: base256(0x20, 0, 0, 0, 0, 0, 0) }), END])],
  'a file of 2^53 - 1 bytes': ['ARCHIVE_TRUNCATED', Buffer.concat([header({ size: base256(0x1f, 255, 255, 255, 255, 255, 255) }), END])],
  'a file of less than no bytes': ['BAD_ARCHIVE', Buffer.concat([header({ size: '\xff'.repeat(12) }), END])],
  'a size that is no number': ['BAD_ARCHIVE', Buffer.concat([header({ size: '0000000001x\0' }), END])],
  'a size with a sign': ['BAD_ARCHIVE', Buffer.concat([header({ size: '-0000000012\0' }), END])],
  'a wrong checksum': ['BAD_ARCHIVE', Buffer.concat([header({ checksum: '000001\0 ' }), END])],
  'a checksum that is no number': ['BAD_ARCHIVE', Buffer.concat([header({ checksum: '????????' }), END])],
  'a bit that flipped': ['BAD_ARCHIVE', Buffer.concat([header().fill(1, 3, 4), END])],
  'a header from before POSIX': ['BAD_ARCHIVE', Buffer.concat([header({ magic: '\0'.repeat(8) }), END])],
  'a compressed archive': ['BAD_ARCHIVE', Buffer.concat([Buffer.from('1f8b0800', 'hex'), Buffer.alloc(1020, 'z')])],
  'a link with content': ['BAD_ARCHIVE', Buffer.concat([entry(later, { type: '1' }), END])],
  'a symbolic link with content': ['BAD_ARCHIVE', Buffer.concat([entry(later, { type: '2' }), END])],
  'a folder with content': ['BAD_ARCHIVE', Buffer.concat([entry(later, { type: '5' }), END])],
  'an old GNU sparse file': ['BAD_ARCHIVE', Buffer.concat([entry(later, { type: 'S', magic: 'ustar  \0' }), END])],
  'a pax record of 4 GiB': ['BAD_ARCHIVE', Buffer.concat([header({ type: 'x', size: octal(2 ** 32) }), END])],
  'a long name of 2^52 bytes': ['BAD_ARCHIVE', Buffer.concat([header({ type: 'L', size: base256(0x10, 0, 0, 0, 0, 0, 0) }), END])],
  'a long link of 16 KiB and a byte': ['BAD_ARCHIVE', Buffer.concat([entry(Buffer.alloc(16_385, 'x'), { type: 'K' }), END])],
  'an empty pax record': ['BAD_ARCHIVE', Buffer.concat([header({ type: 'x' }), END])],
  'a pax record that lies about its length': ['BAD_ARCHIVE', Buffer.concat([record('x', '99 path=x\n'), entry(later), END])],
  'a pax record without an end': ['BAD_ARCHIVE', Buffer.concat([record('x', '9 path=xy'), entry(later), END])],
  'a pax size of 2^63': ['BAD_ARCHIVE', Buffer.concat([record('x', pax('size', String(2n ** 63n))), entry(later), END])],
  'a pax size below zero': ['BAD_ARCHIVE', Buffer.concat([record('x', pax('size', '-1')), entry(later), END])],
  'a pax size that hides a file in another': ['BAD_ARCHIVE', Buffer.concat([record('x', pax('size', '5')), entry(Buffer.concat([padded(later), entry(later)])), END])],
  'a global record that renames all': ['BAD_ARCHIVE', Buffer.concat([record('g', pax('path', nameOf(later))), entry(later), END])],
  'a record that is followed by nothing': ['BAD_ARCHIVE', Buffer.concat([record('x', pax('path', 'x')), END])]
}
for (const [name, [code, bytes]] of Object.entries(broken)) {
  test(`${name}: ${code}, and what came before is kept`, async () => {
    for (const chunk of [1, 512, 100_000]) {
      const result = await importing(Buffer.concat([entry(good), bytes]), chunk)
      assert.equal(result, { code, report: null, held: [refOf(good).infoHash] })
    }
  })
}

const refused: Record<string, [reason: string, bytes: Buffer]> = {
  'an empty file': ['EMPTY', entry(Buffer.alloc(0))],
  'a byte too many': ['TOO_LONG', entry(Buffer.alloc(65_537, 'x'))],
  'another name': ['NOT_A_BODY', entry(later, { name: 'later.txt' })],
  'a name in capitals': ['NOT_A_BODY', entry(later, { name: nameOf(later).toUpperCase() })],
  'a name with a tail': ['NOT_A_BODY', entry(later, { name: `${nameOf(later)}.gz` })],
  'a name with a line before it': ['NOT_A_BODY', entry(later, { name: `x\n${nameOf(later)}` })],
  "somebody else's name": ['BAD_BYTES', entry(later, { name: nameOf(good) })],
  'a link': ['NOT_A_FILE', header({ name: nameOf(later), type: '1' })],
  'a symbolic link': ['NOT_A_FILE', header({ name: nameOf(later), type: '2' })],
  'a device': ['NOT_A_FILE', header({ name: nameOf(later), type: '3' })],
  'a pipe': ['NOT_A_FILE', header({ name: nameOf(later), type: '6' })],
  'a type that nobody knows, with content': ['NOT_A_FILE', entry(later, { type: 'Z' })],
  'a continued file': ['NOT_A_FILE', entry(later, { type: 'M' })],
  'a sparse file of today': ['NOT_A_FILE', Buffer.concat([record('x', pax('GNU.sparse.major', '1')), entry(later)])],
  'a name moved away by pax': ['NOT_A_BODY', Buffer.concat([record('x', pax('path', '../../etc/passwd')), entry(later)])],
  'a name moved away by GNU': ['NOT_A_BODY', Buffer.concat([record('L', 'elsewhere\0'), entry(later)])]
}
for (const [name, [reason, bytes]] of Object.entries(refused)) {
  test(`${name}: counted as ${reason}, and the rest goes on`, async () => {
    const { report, held } = await importing(Buffer.concat([bytes, entry(good), END]))
    assert.equal(Object.entries(report?.refused ?? {}).filter(([, count]) => count > 0), [[reason, 1]])
    assert.equal(held, [refOf(good).infoHash])
  })
}

test('names that lead out of a folder are only names: nothing is written to a path', async () => {
  const { report, held } = await importing(Buffer.concat([
    entry(good, { name: `../../${nameOf(good)}` }), entry(later, { name: `/${nameOf(later)}`, prefix: '\\\\server' }), header({ name: '../', type: '5' }), END, randomBytes(5000)
  ]))
  assert.is(report?.imported, 2)
  assert.equal(held.sort(), [good, later].map(body => refOf(body).infoHash).sort())
})

test('long names of pax and GNU apply to the next file only', async () => {
  const { report } = await importing(Buffer.concat([
    record('x', pax('path', `folder/${nameOf(good)}`) + pax('mtime', '1700000000.123') + pax('size', String(good.length))), entry(good, { name: 'cut' }),
    record('K', 'a target'), record('L', `folder/${nameOf(later)}\0`), entry(later, { name: 'cut' }), entry(Buffer.from('third'), { name: 'cut' }), END
  ]))
  assert.equal(report, { imported: 2, importedBytes: good.length + later.length, alreadyHeld: 0, refused: { NOT_A_FILE: 0, NOT_A_BODY: 1, EMPTY: 0, TOO_LONG: 0, BAD_BYTES: 0 } })
})

test('a quarter of a million empty files, and one of a gigabyte, are counted in bounded memory', async () => {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  const empties = Buffer.concat(Array.from({ length: 128 }, () => entry(Buffer.alloc(0))))
  const zeros = Buffer.alloc(1024 * 1024, 'x')
  let most = 0
  async function * bomb (): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 2000; i++) {
      if (i % 100 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers)
      yield empties
    }
    yield header({ name: nameOf(good), size: octal(2 ** 30) })
    for (let i = 0; i < 1024; i++) {
      most = Math.max(most, process.memoryUsage().arrayBuffers)
      yield zeros
    }
    yield END
  }
  const before = process.memoryUsage().arrayBuffers
  const report = await store.import(bomb())
  assert.equal(report.refused, { NOT_A_FILE: 0, NOT_A_BODY: 0, EMPTY: 256_000, TOO_LONG: 1, BAD_BYTES: 0 })
  assert.ok(most - before < 16e6, `${Math.round((most - before) / 1e6)} MB of buffers`)
})

test('others get their turn while a source answers at once', async () => {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  const controller = new AbortController()
  setTimeout(() => { controller.abort(new Error('enough')) }, 20)
  const empty = entry(Buffer.alloc(0))
  async function * endless (): AsyncGenerator<Uint8Array> { for (;;) yield empty }
  const error = await store.import(endless(), { signal: controller.signal }).then(() => null, (error: unknown) => error)
  assert.is(error, controller.signal.reason) // a timer could only fire because the import waited now and then
})

test('a cut at any place keeps the whole files before it', async () => {
  const bodies = Array.from({ length: 4 }, (_, i) => Buffer.alloc(300 + 500 * i, `body ${i} `))
  await using from = await createTorrentStore({ db: createMemoryBlobs() })
  for (const body of bodies) await from.put(body)
  const archive = await bytesOf(from.export())
  const byHash = bodies.toSorted((a, b) => refOf(a).infoHash < refOf(b).infoHash ? -1 : 1)
  await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: archive.length - 1 }), fc.integer({ min: 1, max: 2000 }), async (length, chunk) => {
    const { code, held } = await importing(archive.subarray(0, length), chunk)
    let end = 0
    const whole = byHash.filter(body => (end += 512 + padded(body).length) <= length)
    assert.is(code, 'ARCHIVE_TRUNCATED')
    assert.equal(held.sort(), whole.map(body => refOf(body).infoHash))
  }), { numRuns: 150 })
})

test('whatever is changed in an archive, what is held afterwards is right', async () => {
  const archive = Buffer.concat([entry(good), record('x', pax('path', nameOf(later))), entry(later, { name: 'cut' }), header({ type: '5' }), END])
  const honest = [good, later].map(body => refOf(body).infoHash)
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 0, max: archive.length - 1 }), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }), fc.boolean(), async (changes, mendChecksums) => {
    const changed = Buffer.from(archive)
    for (const [at, byte] of changes) changed[at] = byte
    if (mendChecksums) {
      for (let at = 0; at + 512 <= changed.length; at += 512) {
        if (changed.toString('latin1', at + 257, at + 262) !== 'ustar') continue
        changed.write('        ', at + 148, 'latin1')
        const sum = changed.subarray(at, at + 512).reduce((total, byte) => total + byte, 0)
        changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1')
      }
    }
    for (const infoHash of (await importing(changed)).held) assert.ok(honest.some(known => known === infoHash), infoHash)
  }), { numRuns: 300 })
})

test('random bytes and random pax records end in a code', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async bytes => {
    assert.ok(['BAD_ARCHIVE', 'ARCHIVE_TRUNCATED'].includes((await importing(bytes)).code ?? ''))
  }), { numRuns: 100 })
  fc.assert(fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.constantFrom('9 path=x\n', '10 size=1\n', '0 ', '1', ' ', '=', '\n', '999999 ').map(text => Buffer.from(text))), { maxLength: 20 }), parts => {
    try {
      parsePaxRecords(Buffer.concat(parts))
    } catch (error) {
      assert.is((error as TorrentStoreError).code, 'BAD_ARCHIVE')
    }
  }))
})

test.run()
