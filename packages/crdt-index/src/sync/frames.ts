// Frames of the protocol /seedbed/sync/2: each a DAG-CBOR array [type, ...fields]. A channel begins with `hello` (a
// session, see session-steps.ts) or with `get` (envelopes of one shard by hash). Hashes travel as one byte string, 32 bytes
// each. Decoding checks every field and throws BAD_FRAME; nothing is allocated for what a length merely claims.
import { decode, encode } from '@ipld/dag-cbor'
import { CrdtIndexError } from '../errors.ts'
import { MAX_COVERS_BYTES, MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES, MAX_GENESIS_BYTES, MAX_SHARDS, MAX_WANTED_HASHES, RECONCILE_MESSAGE_BYTES, RECONCILE_SALT_BYTES } from '../limits.ts'
import { COVERED, type Period, type ShardSummary, type SnapshotCover } from '../model.ts'
import { decodeCovers, encodeCovers } from './covers.ts'
import { hasFrameShape } from './frame-shape.ts'
import type { Offer } from './offer.ts'

export const SYNC_PROTOCOL = '/seedbed/sync/2'
const HASH_BYTES = 32
const PERIOD_BYTES = 4

export type Frame =
  /** Begins a session about a community, or one shard of it alone; whether the sender holds its genesis. */
  | { readonly type: 'hello', readonly address: Uint8Array, readonly hasGenesis: boolean, readonly only: Period | null }
  /** Takes the session up: the genesis if the other side lacks it and this one has it; whether this one holds it. */
  | { readonly type: 'welcome', readonly genesis: Uint8Array | null, readonly hasGenesis: boolean }
  /** This peer takes no part in the community. */
  | { readonly type: 'unknown' }
  /** Not now: a session of the two is under way, or the peer is asked too often. */
  | { readonly type: 'busy' }
  | { readonly type: 'genesis', readonly genesis: Uint8Array }
  /** What the sender holds, in the order of Replica.shards, and what it keeps (offer.ts). */
  | { readonly type: 'shards' } & Offer
  /** Begins the reconciliation of a shard, salted if it repeats one. */
  | { readonly type: 'open', readonly period: Period, readonly salt: Uint8Array | null, readonly message: Uint8Array }
  | { readonly type: 'reconcile', readonly message: Uint8Array }
  /** Ends the reconciliation of a shard. */
  | { readonly type: 'settled' }
  /** Asks for envelopes; what the sender's snapshots have seen need not come. */
  | { readonly type: 'want', readonly hashes: readonly Uint8Array[], readonly covers: readonly SnapshotCover[] }
  /** Answers the first of the hashes asked for, at least one: the envelope, null where it is not held, or that it is covered. */
  | { readonly type: 'envelopes', readonly envelopes: ReadonlyArray<Uint8Array | typeof COVERED | null> }
  /** The shard's digest after the exchange; `partial` if the sender knows why it may differ. */
  | { readonly type: 'digest', readonly period: Period, readonly digest: Uint8Array, readonly partial: boolean }
  | { readonly type: 'bye' }
  | { readonly type: 'get', readonly address: Uint8Array, readonly period: Period, readonly hashes: readonly Uint8Array[] }
  /** A whole frame `envelopes` as a raw deflate stream that becomes `length` bytes; deflated.ts makes it and undoes it. */
  | { readonly type: 'deflated', readonly length: number, readonly bytes: Uint8Array }
export type FrameType = Frame['type']

const TYPES = ['hello', 'welcome', 'unknown', 'busy', 'genesis', 'shards', 'open', 'reconcile', 'settled', 'want', 'envelopes', 'digest', 'bye', 'get', 'deflated'] as const satisfies readonly FrameType[]
const TYPE_NUMBERS: ReadonlyMap<FrameType, number> = new Map(TYPES.map((type, number) => [type, number]))

export function encodeFrame (frame: Frame): Uint8Array {
  return encode([TYPE_NUMBERS.get(frame.type), ...fieldsOf(frame)])
}

function fieldsOf (frame: Frame): unknown[] {
  switch (frame.type) {
    case 'hello': return [frame.address, frame.hasGenesis, frame.only]
    case 'welcome': return [frame.genesis, frame.hasGenesis]
    case 'genesis': return [frame.genesis]
    case 'shards': return [frame.shards.map(({ period, digest, count }) => [period, digest, count]), frame.since, joinPeriods(frame.partial)]
    case 'open': return [frame.period, frame.salt, frame.message]
    case 'reconcile': return [frame.message]
    case 'want': return [joinHashes(frame.hashes), encodeCovers(frame.covers)]
    case 'envelopes': return [frame.envelopes.map(envelope => envelope === COVERED ? true : envelope)]
    case 'digest': return [frame.period, frame.digest, frame.partial]
    case 'get': return [frame.address, frame.period, joinHashes(frame.hashes)]
    case 'deflated': return [frame.length, frame.bytes]
    case 'unknown': case 'busy': case 'settled': case 'bye': return []
  }
}

export function decodeFrame (bytes: Uint8Array): Frame {
  if (bytes.length > MAX_FRAME_BYTES) throw bad('too long')
  if (!hasFrameShape(bytes)) throw bad('not of the shape of a frame')
  let value: unknown
  try {
    value = decode(bytes)
  } catch (error) {
    throw new CrdtIndexError('BAD_FRAME', 'sync: not DAG-CBOR', { cause: error })
  }
  const fields = arrayOf(value, 4)
  const type = TYPES[integer(fields[0], TYPES.length - 1)] as FrameType
  const frame = readFields(type, fields)
  if (fields.length !== fieldsOf(frame).length + 1) throw bad('another number of fields')
  return frame
}

function readFields (type: FrameType, [, first, second, third]: readonly unknown[]): Frame {
  switch (type) {
    case 'hello': return { type, address: bytesOf(first, HASH_BYTES), hasGenesis: boolean(second), only: third === null ? null : period(third) }
    case 'welcome': return { type, genesis: first === null ? null : bytesUpTo(first, MAX_GENESIS_BYTES), hasGenesis: boolean(second) }
    case 'genesis': return { type, genesis: bytesUpTo(first, MAX_GENESIS_BYTES) }
    case 'shards': return { type, shards: arrayOf(first, MAX_SHARDS).map(readSummary), since: period(second), partial: splitPeriods(third) }
    case 'open': return { type, period: period(first), salt: second === null ? null : bytesOf(second, RECONCILE_SALT_BYTES), message: bytesUpTo(third, RECONCILE_MESSAGE_BYTES) }
    case 'reconcile': return { type, message: bytesUpTo(first, RECONCILE_MESSAGE_BYTES) }
    case 'want': return { type, hashes: splitHashes(first), covers: decodeCovers(bytesUpTo(second, MAX_COVERS_BYTES)) }
    case 'envelopes': return { type, envelopes: readEnvelopes(first) }
    case 'digest': return { type, period: period(first), digest: bytesOf(second, HASH_BYTES), partial: boolean(third) }
    case 'get': return { type, address: bytesOf(first, HASH_BYTES), period: period(second), hashes: splitHashes(third) }
    case 'deflated': return { type, length: integer(first, MAX_FRAME_BYTES), bytes: bytesUpTo(second, MAX_FRAME_BYTES) }
    case 'unknown': case 'busy': case 'settled': case 'bye': return { type }
  }
}

function readSummary (value: unknown): ShardSummary {
  const fields = arrayOf(value, 3)
  return { period: period(fields[0]), digest: bytesOf(fields[1], HASH_BYTES), count: integer(fields[2], Number.MAX_SAFE_INTEGER) }
}

function readEnvelopes (value: unknown): Array<Uint8Array | typeof COVERED | null> {
  const envelopes = arrayOf(value, MAX_WANTED_HASHES)
  if (envelopes.length === 0) throw bad('an answer without an envelope')
  return envelopes.map(envelope => envelope === null ? null : envelope === true ? COVERED : bytesUpTo(envelope, MAX_ENVELOPE_BYTES))
}

function joinHashes (hashes: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(hashes.length * HASH_BYTES)
  for (const [index, hash] of hashes.entries()) joined.set(hash, index * HASH_BYTES)
  return joined
}

/** 4 bytes each: a list of numbers would take as many items of the frame as the shards. */
function joinPeriods (periods: readonly Period[]): Uint8Array {
  const joined = new Uint8Array(periods.length * PERIOD_BYTES)
  const view = new DataView(joined.buffer)
  for (const [index, period] of periods.entries()) view.setUint32(index * PERIOD_BYTES, period)
  return joined
}

function splitPeriods (value: unknown): Period[] {
  const joined = bytesUpTo(value, MAX_SHARDS * PERIOD_BYTES)
  if (joined.length % PERIOD_BYTES !== 0) throw bad('periods of another length')
  const view = new DataView(joined.buffer, joined.byteOffset, joined.byteLength)
  const periods = Array.from({ length: joined.length / PERIOD_BYTES }, (_, index) => period(view.getUint32(index * PERIOD_BYTES)))
  if (periods.some((each, index) => index > 0 && each <= periods[index - 1]!)) throw bad('periods do not ascend')
  return periods
}

function splitHashes (value: unknown): Uint8Array[] {
  const joined = bytesUpTo(value, MAX_WANTED_HASHES * HASH_BYTES)
  if (joined.length === 0 || joined.length % HASH_BYTES !== 0) throw bad('hashes of another length')
  return Array.from({ length: joined.length / HASH_BYTES }, (_, index) => joined.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES))
}

function arrayOf (value: unknown, maxLength: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > maxLength) throw bad('not a list, or too long')
  return value
}

function bytesUpTo (value: unknown, maxLength: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length > maxLength) throw bad('not bytes, or too long')
  return value
}

function bytesOf (value: unknown, length: number): Uint8Array {
  const bytes = bytesUpTo(value, length)
  if (bytes.length !== length) throw bad('bytes of another length')
  return bytes
}

function boolean (value: unknown): boolean {
  if (typeof value !== 'boolean') throw bad('not a boolean')
  return value
}

function integer (value: unknown, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > max) throw bad('not a number in range')
  return value
}

/** 0, or yyyymm. */
function period (value: unknown): Period {
  const number = integer(value, 999_912)
  if (number !== 0 && (number < 197_001 || number % 100 < 1 || number % 100 > 12)) throw bad('not a month')
  return number
}

function bad (what: string): CrdtIndexError {
  return new CrdtIndexError('BAD_FRAME', `sync frame: ${what}`)
}
