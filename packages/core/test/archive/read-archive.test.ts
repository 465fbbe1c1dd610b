import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ARCHIVE_MAGIC, encodeRecord, RecordType } from '../../src/archive/archive-format.ts'
import { readArchive, type ArchiveRecord } from '../../src/archive/read-archive.ts'
import { codeOf } from '../nodes.ts'

const test = suite('reading an archive')

const payload = (max: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: 1, maxLength: max })
const records = fc.tuple(payload(512), fc.array(payload(400), { maxLength: 8 }), fc.array(payload(400), { maxLength: 8 })).map(([genesis, envelopes, bodies]): ArchiveRecord[] => [
  { type: RecordType.genesis, payload: genesis },
  ...envelopes.map(payload => ({ type: RecordType.envelope, payload })),
  ...bodies.map(payload => ({ type: RecordType.body, payload }))
])

function write (parts: readonly ArchiveRecord[]): Uint8Array {
  return Buffer.concat([ARCHIVE_MAGIC, ...parts.map(({ type, payload }) => encodeRecord(type, payload)), encodeRecord(RecordType.end)])
}

/** The bytes in chunks of the given lengths, over and over. */
async function * chunked (bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    yield bytes.subarray(at, at + length)
    at += length
  }
}

const lengths = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 6 }).filter(all => all.some(length => length > 0))

/** What is read until the end or the fault. */
async function readUntilFault (source: Uint8Array | AsyncIterable<Uint8Array>): Promise<{ read: ArchiveRecord[], code: string | null }> {
  const read: ArchiveRecord[] = []
  const code = await codeOf((async () => { for await (const record of readArchive(source)) read.push({ ...record, payload: record.payload.slice() }) })())
  return { read, code }
}

const bytesOf = (parts: readonly ArchiveRecord[]): string[] => parts.map(({ type, payload }) => `${type} ${Buffer.from(payload).toString('hex')}`)

test('what was written is read, whatever the chunks', async () => {
  await fc.assert(fc.asyncProperty(records, lengths, async (parts, lengths) => {
    const bytes = write(parts)
    for (const source of [bytes, chunked(bytes, lengths)]) {
      const { read, code } = await readUntilFault(source)
      assert.is(code, null)
      assert.equal(bytesOf(read), bytesOf(parts))
    }
  }))
})

test('a part of an archive gives the records that are whole in it, and then BAD_ARCHIVE', async () => {
  await fc.assert(fc.asyncProperty(records, lengths, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (parts, lengths, share) => {
    const bytes = write(parts)
    const cut = Math.floor(bytes.length * share)
    const { read, code } = await readUntilFault(chunked(bytes.subarray(0, cut), lengths))
    assert.is(code, 'BAD_ARCHIVE')
    let end = ARCHIVE_MAGIC.length
    const whole = parts.filter(({ payload }) => (end += 5 + payload.length) <= cut)
    assert.equal(bytesOf(read), bytesOf(whole))
  }))
})

test('garbage never gives anything but records and BAD_ARCHIVE', async () => {
  await fc.assert(fc.asyncProperty(records, fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { maxLength: 10 }), async (parts, changes) => {
    const bytes = write(parts)
    for (const [at, value] of changes) bytes[at % bytes.length] = value
    const { code } = await readUntilFault(bytes)
    assert.ok(code === null || code === 'BAD_ARCHIVE', String(code))
  }))
})

const genesis = encodeRecord(RecordType.genesis, new Uint8Array(80))
const body = encodeRecord(RecordType.body, new Uint8Array(80))
const envelope = encodeRecord(RecordType.envelope, new Uint8Array(80))
const end = encodeRecord(RecordType.end)
const oversized = (type: number, length: number): Uint8Array => {
  const head = new Uint8Array(5)
  head[0] = type
  new DataView(head.buffer).setUint32(1, length)
  return head
}

const wrong: Array<[string, Uint8Array[]]> = [
  ['nothing', []],
  ['another magic', [new TextEncoder().encode('Seedbed archive 2\n'), genesis, end]],
  ['no genesis', [ARCHIVE_MAGIC, envelope, end]],
  ['an end at once', [ARCHIVE_MAGIC, end]],
  ['two geneses', [ARCHIVE_MAGIC, genesis, genesis, end]],
  ['a genesis at the end', [ARCHIVE_MAGIC, genesis, body, genesis, end]],
  ['an envelope after a body', [ARCHIVE_MAGIC, genesis, body, envelope, end]],
  ['something after the end', [ARCHIVE_MAGIC, genesis, end, new Uint8Array(1)]],
  ['no end', [ARCHIVE_MAGIC, genesis, body]],
  ['an unknown type', [ARCHIVE_MAGIC, genesis, oversized(4, 1), new Uint8Array(1), end]],
  ['an empty body', [ARCHIVE_MAGIC, genesis, oversized(RecordType.body, 0), end]],
  ['an end with a length', [ARCHIVE_MAGIC, genesis, oversized(RecordType.end, 1), new Uint8Array(1)]],
  ['a long genesis', [ARCHIVE_MAGIC, oversized(RecordType.genesis, 513), new Uint8Array(513), end]],
  ['a long envelope', [ARCHIVE_MAGIC, genesis, oversized(RecordType.envelope, 263_235), new Uint8Array(263_235), end]],
  ['a long body', [ARCHIVE_MAGIC, genesis, oversized(RecordType.body, 65_537), new Uint8Array(65_537), end]]
]
for (const [what, parts] of wrong) {
  test(`${what} is BAD_ARCHIVE`, async () => {
    assert.is((await readUntilFault(Buffer.concat(parts))).code, 'BAD_ARCHIVE')
  })
}

test('a length that is too large is refused before anything of it is asked for', async () => {
  let asked = 0
  async function * source (): AsyncGenerator<Uint8Array> {
    yield Buffer.concat([ARCHIVE_MAGIC, genesis, oversized(RecordType.body, 0xffffffff)])
    for (;;) {
      asked++
      yield new Uint8Array(65_536)
    }
  }
  assert.is((await readUntilFault(source())).code, 'BAD_ARCHIVE')
  assert.is(asked, 0)
})

test('the source is read no further than needed, and ended when the reader leaves', async () => {
  let asked = 0
  let ended = false
  async function * source (): AsyncGenerator<Uint8Array> {
    try {
      yield Buffer.concat([ARCHIVE_MAGIC, genesis])
      for (;;) {
        asked++
        yield body
      }
    } finally {
      ended = true
    }
  }
  let seen = 0
  for await (const record of readArchive(source())) {
    assert.ok(asked <= seen, `${asked} chunks for ${seen} records`)
    if (record.type === RecordType.body && ++seen === 10) break
    if (record.type === RecordType.genesis) seen++
  }
  assert.ok(ended)
})

test('what the source fails with is told', async () => {
  async function * source (): AsyncGenerator<Uint8Array> {
    yield ARCHIVE_MAGIC
    throw Object.assign(new Error('no disk'), { code: 'EIO' })
  }
  assert.is((await readUntilFault(source())).code, 'EIO')
})

test.run()
