import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CrdtIndexError } from '../../src/errors.ts'
import { MAX_COVERS_BYTES, MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES, MAX_SHARDS, MAX_WANTED_HASHES } from '../../src/limits.ts'
import { COVERED } from '../../src/model.ts'
import { encodeCovers } from '../../src/sync/covers.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../src/sync/frames.ts'

const test = suite('sync frames')

const bytes = (length: number, value = 7): Uint8Array => new Uint8Array(length).fill(value)
const frames: readonly Frame[] = [
  { type: 'hello', address: bytes(32), hasGenesis: true, only: null },
  { type: 'hello', address: bytes(32), hasGenesis: false, only: 202601 },
  { type: 'welcome', genesis: null, hasGenesis: false },
  { type: 'welcome', genesis: bytes(100), hasGenesis: true },
  { type: 'unknown' },
  { type: 'busy' },
  { type: 'genesis', genesis: bytes(512) },
  { type: 'shards', shards: [{ period: 0, digest: bytes(32), count: 3 }, { period: 202612, digest: bytes(32, 8), count: 2 ** 40 }], since: 202601, partial: [202511, 202512] },
  { type: 'shards', shards: [], since: 0, partial: [] },
  { type: 'open', period: 202601, salt: null, message: bytes(9) },
  { type: 'open', period: 0, salt: bytes(16), message: bytes(9) },
  { type: 'reconcile', message: bytes(0) },
  { type: 'settled' },
  { type: 'want', hashes: [bytes(32, 1), bytes(32, 2)], covers: [] },
  { type: 'want', hashes: [bytes(32, 1)], covers: [{ author: bytes(7), part: 0, seen: new Map([[1, 5], [2 ** 32 - 1, 1]]) }, { author: bytes(7), part: 255, seen: new Map([[9, 2 ** 31 - 1]]) }] },
  { type: 'envelopes', envelopes: [bytes(10), null, COVERED, bytes(MAX_ENVELOPE_BYTES)] },
  { type: 'digest', period: 202601, digest: bytes(32), partial: true },
  { type: 'bye' },
  { type: 'get', address: bytes(32), period: 202601, hashes: [bytes(32)] },
  { type: 'deflated', length: 5000, bytes: bytes(100) }
]
const refused = (error: unknown): error is CrdtIndexError => error instanceof CrdtIndexError && error.code === 'BAD_FRAME'

test('every frame reads as it was written', () => {
  for (const frame of frames) assert.equal(decodeFrame(encodeFrame(frame)), frame)
})

test('refuses any change of a field\'s type, any missing and any further field', () => {
  const others: unknown[] = ['text', -1, 1.5, {}, [[]], bytes(33), undefined]
  for (const frame of frames) {
    const fields = plain(encodeFrame(frame))
    assert.throws(() => decodeFrame(encode([...fields, null])), refused, `${frame.type} with a further field`)
    assert.throws(() => decodeFrame(encode(fields.slice(0, -1))), refused, `${frame.type} without its last field`)
    for (let field = 1; field < fields.length; field++) {
      for (const other of others.filter(value => value !== undefined)) {
        if (other instanceof Uint8Array && fields[field] instanceof Uint8Array && !isFixed(frame, field)) continue
        const changed = fields.map((value, index) => index === field ? other : value)
        if (frame.type === 'welcome' && field === 1 && other instanceof Uint8Array) continue
        assert.throws(() => decodeFrame(encode(changed)), refused, `${frame.type}[${field}] = ${JSON.stringify(other)}`)
      }
    }
  }
})

test('the fullest frames pass the look at their shape', () => {
  const shards = Array.from({ length: MAX_SHARDS }, (_, n) => ({ period: 197_001 + 100 * Math.floor(n / 12) + n % 12, digest: bytes(32), count: 2 ** 40 }))
  const full = { type: 'shards' as const, shards, since: 202601, partial: shards.map(({ period }) => period) }
  assert.equal(decodeFrame(encodeFrame(full)), full)
  const envelopes = Array.from({ length: MAX_WANTED_HASHES }, () => bytes(3000))
  assert.equal(decodeFrame(encodeFrame({ type: 'envelopes', envelopes })), { type: 'envelopes', envelopes })
})

/** A megabyte of one thing, in an array that claims `count`. */
function megabyteOf (count: number, ...item: number[]): Uint8Array {
  const frame = new Uint8Array(MAX_FRAME_BYTES)
  frame[0] = 0x9a
  new DataView(frame.buffer).setUint32(1, count)
  for (let at = 5; at + item.length <= frame.length; at += item.length) frame.set(item, at)
  return frame
}

for (const [name, frame] of Object.entries({
  'nulls': megabyteOf(MAX_FRAME_BYTES - 5, 0xf6),
  'empty arrays': megabyteOf(MAX_FRAME_BYTES - 5, 0x80),
  'empty maps': megabyteOf(MAX_FRAME_BYTES - 5, 0xa0),
  'arrays in arrays': megabyteOf(2 ** 19, 0x81, 0x80),
  'arrays in each other': megabyteOf(1, 0x81),
  'texts': megabyteOf(2 ** 19, 0x61, 0x61),
  'floats': megabyteOf(100_000, 0xfb, 0x3f, 0xb9, 0, 0, 0, 0, 0, 0),
  'more than there is': megabyteOf(2 ** 32 - 1, 0xf6),
  'bytes beyond the end': Uint8Array.of(0x81, 0x5b, 0, 0, 1, 0, 0, 0, 0, 0),
  'an end in a head': Uint8Array.of(0x82, 0x00, 0x1a, 1),
  'an indefinite length': Uint8Array.of(0x9f, 0x02, 0xff),
  'a tag': Uint8Array.of(0x82, 0x01, 0xd8, 0x2a, 0x41, 0x00),
  'nothing': new Uint8Array(),
  'two items': Uint8Array.of(0x81, 0x02, 0x81, 0x02)
})) {
  test(`refused before it is decoded: ${name}`, () => {
    assert.throws(() => decodeFrame(frame), (error: unknown) => refused(error) && /shape/.test(error.message))
  })
}

for (const [name, value] of [
  ['an unknown type', [15]],
  ['another type of type', ['hello']],
  ['no list', { type: 0 }],
  ['a month 13', [13, bytes(32), 202613, bytes(32)]],
  ['no hashes', [9, bytes(0), bytes(0)]],
  ['half a hash', [9, bytes(48), bytes(0)]],
  ['too many hashes', [9, bytes(32 * (MAX_WANTED_HASHES + 1)), bytes(0)]],
  ['covers of another length', [9, bytes(32), bytes(16)]],
  ['a cover of no device', [9, bytes(32), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0, 0)]],
  ['a cover of device 0', [9, bytes(32), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1)]],
  ['a cover of seq 0', [9, bytes(32), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0)]],
  ['a cover twice', [9, bytes(32), Buffer.concat(Array.from({ length: 2 }, () => Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1)))]],
  ['covers too long', [9, bytes(32), bytes(MAX_COVERS_BYTES + 1)]],
  ['false for an envelope', [10, [false]]],
  ['no envelopes', [10, []]],
  ['too many envelopes', [10, Array.from({ length: MAX_WANTED_HASHES + 1 }, () => null)]],
  ['an envelope too long', [10, [bytes(MAX_ENVELOPE_BYTES + 1)]]],
  ['too many shards', [5, Array.from({ length: MAX_SHARDS + 1 }, () => [0, bytes(32), 0]), 0, bytes(0)]],
  ['shards without what is kept', [5, []]],
  ['kept since no month', [5, [], 202613, bytes(0)]],
  ['half a period', [5, [], 0, new Uint8Array([0, 3, 23])]],
  ['periods that do not ascend', [5, [], 0, new Uint8Array([0, 3, 23, 105, 0, 3, 23, 105])]],
  ['no month among the periods', [5, [], 0, new Uint8Array([0, 0, 0, 13])]],
  ['too many periods', [5, [], 0, new Uint8Array(4 * (MAX_SHARDS + 1))]],
  ['a genesis too long', [4, bytes(513)]]
] as const) {
  test(`refuses ${name}`, () => { assert.throws(() => decodeFrame(encode(value)), refused) })
}

test('refuses claimed lengths, deep nesting and oversize', () => {
  assert.throws(() => decodeFrame(Uint8Array.of(0x82, 0x0a, 0x9a, 0xff, 0xff, 0xff, 0xff)), refused)
  assert.throws(() => decodeFrame(Uint8Array.of(0x82, 0x09, 0x5a, 0xff, 0xff, 0xff, 0xff)), refused)
  assert.throws(() => decodeFrame(bytes(MAX_FRAME_BYTES, 0x81)), refused)
  assert.throws(() => decodeFrame(bytes(MAX_FRAME_BYTES + 1, 0)), refused)
})

test('answers any bytes with a frame or BAD_FRAME', () => {
  const mutated = fc.tuple(fc.constantFrom(...frames.filter(({ type }) => type !== 'envelopes')), fc.nat(600), fc.nat(255)).map(([frame, at, value]) => {
    const encoded = encodeFrame(frame).slice()
    encoded[at % encoded.length] = value
    return encoded
  })
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), input => {
    try {
      decodeFrame(input)
    } catch (error) {
      assert.ok(refused(error), String(error))
    }
  }), { numRuns: 3000 })
})

function plain (encoded: Uint8Array): unknown[] {
  const frame = decodeFrame(encoded)
  switch (frame.type) {
    case 'hello': return [0, frame.address, frame.hasGenesis, frame.only]
    case 'welcome': return [1, frame.genesis, frame.hasGenesis]
    case 'unknown': return [2]
    case 'busy': return [3]
    case 'genesis': return [4, frame.genesis]
    case 'shards': return [5, frame.shards.map(({ period, digest, count }) => [period, digest, count])]
    case 'open': return [6, frame.period, frame.salt, frame.message]
    case 'reconcile': return [7, frame.message]
    case 'settled': return [8]
    case 'want': return [9, Buffer.concat(frame.hashes), encodeCovers(frame.covers)]
    case 'envelopes': return [10, frame.envelopes.map(envelope => envelope === COVERED ? true : envelope)]
    case 'digest': return [11, frame.period, frame.digest, frame.partial]
    case 'bye': return [12]
    case 'get': return [13, frame.address, frame.period, Buffer.concat(frame.hashes)]
    case 'deflated': return [14, frame.length, frame.bytes]
  }
}

/** Fields of bytes that have one length, or a multiple of one that 33 is not. */
function isFixed (frame: Frame, field: number): boolean {
  return !((frame.type === 'open' && field === 3) || frame.type === 'reconcile' || frame.type === 'genesis' || frame.type === 'deflated')
}

test.run()
