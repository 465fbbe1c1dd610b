// Frames of the sync protocol, the items of reconciliations and their fingerprints: what SPEC.md section 13 says in bytes.
import { encode } from '@ipld/dag-cbor'
import { bytesToHex, concatBytes, hexToBytes } from '../../packages/crdt-index/src/identity/encoding.ts'
import { COVERED, EnvelopeKind } from '../../packages/crdt-index/src/model.ts'
import { encodeFrame, type Frame } from '../../packages/crdt-index/src/sync/frames.ts'
import { itemOf } from '../../packages/crdt-index/src/sync/item.ts'
import { createItemSet } from '../../packages/crdt-index/src/sync/item-set.ts'

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)
const seen = (...pairs: ReadonlyArray<readonly [number, number]>): Map<number, number> => new Map(pairs)

const FRAMES: Readonly<Record<string, Frame>> = {
  'hello': { type: 'hello', address: bytes(32, 1), hasGenesis: false, only: null },
  'hello about one shard': { type: 'hello', address: bytes(32, 1), hasGenesis: true, only: 202611 },
  'hello about meta': { type: 'hello', address: bytes(32, 1), hasGenesis: true, only: 0 },
  'welcome': { type: 'welcome', genesis: bytes(60, 2), hasGenesis: true },
  'welcome without genesis': { type: 'welcome', genesis: null, hasGenesis: false },
  'unknown': { type: 'unknown' },
  'busy': { type: 'busy' },
  'genesis': { type: 'genesis', genesis: bytes(60, 2) },
  'no shards': { type: 'shards', shards: [], since: 0, partial: [] },
  'shards': { type: 'shards', shards: [{ period: 0, digest: bytes(32, 3), count: 7 }, { period: 202611, digest: bytes(32, 4), count: 100_000 }], since: 202610, partial: [0, 202611] },
  'open': { type: 'open', period: 202611, salt: null, message: Uint8Array.of(0, 0x80, 0) },
  'open under a salt': { type: 'open', period: 202611, salt: bytes(16, 5), message: Uint8Array.of(0, 0x80, 0) },
  'reconcile': { type: 'reconcile', message: Uint8Array.of(1) },
  'settled': { type: 'settled' },
  'want': { type: 'want', hashes: [bytes(32, 6), bytes(32, 7)], covers: [] },
  'want with covers': { type: 'want', hashes: [bytes(32, 6)], covers: [{ author: bytes(7, 1), part: 0, seen: seen([1, 5], [2 ** 32 - 1, 2 ** 31 - 1]) }, { author: bytes(7, 1), part: 255, seen: seen([9, 1]) }, { author: bytes(7, 2), part: 0, seen: seen([3, 4]) }] },
  'envelopes': { type: 'envelopes', envelopes: [bytes(40, 8), null, COVERED] },
  'digest': { type: 'digest', period: 202611, digest: bytes(32, 9), partial: true },
  'bye': { type: 'bye' },
  'get': { type: 'get', address: bytes(32, 1), period: 0, hashes: [bytes(32, 6)] }
}

const INNER = encodeFrame({ type: 'envelopes', envelopes: [bytes(1000, 8), null] })
/** `INNER` as zlib deflates it; written down, since the next zlib may do so in another way. */
const DEFLATED = hexToBytes('6be26a8a647ec1310a4643603404867d087c0300')
const cover = (...tail: readonly number[]): Uint8Array => Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 0, ...tail)

const INVALID: Readonly<Record<string, Uint8Array>> = {
  'nothing': new Uint8Array(),
  'no array': Uint8Array.of(0x02),
  'an unknown type': encode([15]),
  'bytes after the end': concatBytes(encode([12]), Uint8Array.of(0)),
  'a number in a longer form': Uint8Array.of(0x81, 0x18, 12),
  'an indefinite length': Uint8Array.of(0x9f, 12, 0xff),
  'a field too many': encode([12, null]),
  'a field too few': encode([0, bytes(32, 1), false]),
  'a month 13': encode([0, bytes(32, 1), false, 202613]),
  'an address of 31 bytes': encode([0, bytes(31, 1), false, null]),
  'a number for a boolean': encode([11, 202611, bytes(32, 9), 1]),
  'no hashes': encode([9, bytes(0, 0), bytes(0, 0)]),
  'half a hash': encode([9, bytes(48, 6), bytes(0, 0)]),
  'too many hashes': encode([9, bytes(257 * 32, 6), bytes(0, 0)]),
  'a cover of no device': encode([9, bytes(32, 6), cover(0)]),
  'a cover of device 0': encode([9, bytes(32, 6), cover(1, 0, 0, 0, 0, 0, 0, 0, 1)]),
  'a cover of seq 0': encode([9, bytes(32, 6), cover(1, 0, 0, 0, 1, 0, 0, 0, 0)]),
  'a cover of seq 2^31': encode([9, bytes(32, 6), cover(1, 0, 0, 0, 1, 128, 0, 0, 0)]),
  'a cover of one device twice': encode([9, bytes(32, 6), cover(2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2)]),
  'a cover that ends early': encode([9, bytes(32, 6), cover(1, 0, 0, 0, 1, 0, 0, 0)]),
  'covers out of order': encode([9, bytes(32, 6), concatBytes(Uint8Array.of(2), cover(1, 0, 0, 0, 1, 0, 0, 0, 1).subarray(1), cover(1, 0, 0, 0, 1, 0, 0, 0, 1))]),
  'an answer without an envelope': encode([10, []]),
  'false for an envelope': encode([10, [false]]),
  'deflated to one byte more': encode([14, INNER.length + 1, DEFLATED]),
  'deflated to one byte less': encode([14, INNER.length - 1, DEFLATED]),
  'deflated, and a byte behind its end': encode([14, INNER.length, concatBytes(DEFLATED, Uint8Array.of(0))]),
  'deflated without its end': encode([14, INNER.length, DEFLATED.subarray(0, -1)]),
  'deflated to no more than it takes': encode([14, DEFLATED.length, DEFLATED]),
  'deflated to more than it can become': encode([14, DEFLATED.length * 1032 + 1, DEFLATED]),
  'deflated to more than a frame': encode([14, 1024 * 1024 + 1, bytes(2000, 0)])
}

const ITEMS = Array.from({ length: 5 }, (_, n) => ({ author: bytes(32, n % 2), kind: n < 3 ? EnvelopeKind.snapshot : EnvelopeKind.delta, hash: bytes(32, 16 + n) }))
const SALT = bytes(16, 5)

export function syncVectors (): unknown {
  const set = createItemSet(ITEMS.map(({ author, kind, hash }) => itemOf(author, kind, hash)))
  return {
    frames: [
      ...Object.entries(FRAMES).map(([name, frame]) => ({ name, frame: plain(frame), bytes: bytesToHex(encodeFrame(frame)) })),
      { name: 'envelopes, deflated', frame: plain({ type: 'envelopes', envelopes: [bytes(1000, 8), null] }), bytes: bytesToHex(encodeFrame({ type: 'deflated', length: INNER.length, bytes: DEFLATED })) }
    ],
    invalid: Object.entries(INVALID).map(([name, frame]) => ({ name, bytes: bytesToHex(frame) })),
    items: ITEMS.map(({ author, kind, hash }) => ({ author: bytesToHex(author), kind, hash: bytesToHex(hash), item: bytesToHex(itemOf(author, kind, hash)) })),
    fingerprints: [
      { name: 'of all items', from: 0, to: 5, salt: null, fingerprint: bytesToHex(set.fingerprint(0, 5)) },
      { name: 'of two items', from: 1, to: 3, salt: null, fingerprint: bytesToHex(set.fingerprint(1, 3)) },
      { name: 'of none', from: 2, to: 2, salt: null, fingerprint: bytesToHex(set.fingerprint(2, 2)) },
      { name: 'of all items under a salt', from: 0, to: 5, salt: bytesToHex(SALT), fingerprint: bytesToHex(set.salted(SALT).fingerprint(0, 5)) }
    ]
  }
}

/** As JSON has it: bytes in hexadecimal, maps as lists of pairs. */
export function plain (value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesToHex(value)
  if (value instanceof Map) return [...value].map(plain)
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)])) : value
}
