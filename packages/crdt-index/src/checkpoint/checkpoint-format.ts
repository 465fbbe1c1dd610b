// A checkpoint as rows: its columns one after another, cut into pieces, and a head that says how to put them together.
//   head = version || byte order || generation || envelopes || columns: count || { name || length }* || pieces: count || { checksum, 16 }* || checksum, 16
// Numbers are 4 bytes, lengths 8. Nothing here is for other peers: what does not fit is not read, and made anew.
import { concatBytes, equalBytes, hexToBytes } from '../identity/encoding.ts'
import { sha256 } from '../identity/sha256.ts'
import type { ShardId } from '../store/checkpoint-rows.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import type { Columns } from './columns.ts'

/** To be raised with every change of what columns hold or mean: an older checkpoint is then made anew from the envelopes. */
export const CHECKPOINT_VERSION = 1
/** Rows that no database minds, and that are hashed within a frame where hashing is JavaScript. */
export const PIECE_BYTES: number = 256 * 1024

const CHECKSUM_BYTES = 16
/** Columns are copied as the machine has them; on one that has them otherwise this reads otherwise. */
const BYTE_ORDER = new Uint32Array(Uint8Array.of(1, 2, 3, 4).buffer)[0] ?? 0

export interface Head {
  readonly generation: number
  /** Envelopes that the shard holds. */
  readonly envelopes: number
  readonly columns: ReadonlyMap<string, number>
  readonly checksums: readonly Uint8Array[]
}

export function encodeHead (shard: ShardId, { generation, envelopes, columns, checksums }: Head): Uint8Array {
  const writer = new ByteWriter()
  for (const number of [CHECKPOINT_VERSION, BYTE_ORDER, generation, envelopes, columns.size]) writer.uint32(number)
  for (const [name, length] of columns) {
    writer.text(name)
    writer.float64(length)
  }
  writer.uint32(checksums.length)
  for (const checksum of checksums) writer.bytes(checksum)
  const bytes = writer.finish()
  return concatBytes(bytes, headChecksum(shard, bytes))
}

/** Null for a head of another version or machine, of another shard, or that is damaged. */
export function decodeHead (shard: ShardId, bytes: Uint8Array): Head | null {
  const signed = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES))
  if (!equalBytes(headChecksum(shard, signed), bytes.subarray(signed.length))) return null
  const reader = new ByteReader(signed)
  if (reader.uint32() !== CHECKPOINT_VERSION || reader.uint32() !== BYTE_ORDER) return null
  const generation = reader.uint32()
  const envelopes = reader.uint32()
  const columns = new Map<string, number>()
  for (let left = reader.uint32(); left > 0; left--) columns.set(reader.text() ?? '', reader.float64())
  const checksums = Array.from({ length: reader.uint32() }, () => reader.bytes(CHECKSUM_BYTES))
  return { generation, envelopes, columns, checksums }
}

export function checksumOf (piece: Uint8Array): Uint8Array {
  return sha256(piece).subarray(0, CHECKSUM_BYTES)
}

function headChecksum ({ community, period }: ShardId, head: Uint8Array): Uint8Array {
  const periodBytes = new Uint8Array(4)
  new DataView(periodBytes.buffer).setUint32(0, period)
  return checksumOf(concatBytes(hexToBytes(community), periodBytes, head))
}

/** The columns one after another, in pieces. */
export function * cut (columns: Columns): Generator<Uint8Array> {
  let piece = new Uint8Array(PIECE_BYTES)
  let used = 0
  for (const column of columns.values()) {
    for (let at = 0; at < column.length;) {
      const some = column.subarray(at, at + PIECE_BYTES - used)
      piece.set(some, used)
      used += some.length
      at += some.length
      if (used < PIECE_BYTES) continue
      yield piece
      piece = new Uint8Array(PIECE_BYTES)
      used = 0
    }
  }
  if (used > 0) yield piece.slice(0, used)
}

/** The inverse; null when a piece is missing or is not what was written. Yields after each piece. */
export function * join ({ columns, checksums }: Head, pieces: readonly Uint8Array[]): Generator<void, Columns | null, undefined> {
  if (pieces.length < checksums.length) return null
  for (const [at, checksum] of checksums.entries()) {
    if (!equalBytes(checksumOf(pieces[at]!), checksum)) return null
    yield
  }
  const joined = new Map<string, Uint8Array>()
  let at = 0
  let used = 0
  for (const [name, length] of columns) {
    yield
    const column = new Uint8Array(length)
    for (let filled = 0; filled < length;) {
      const piece = pieces[at]
      if (piece === undefined || at >= checksums.length) return null
      const some = piece.subarray(used, used + length - filled)
      column.set(some, filled)
      filled += some.length
      used += some.length
      if (used === piece.length) {
        at++
        used = 0
      }
    }
    joined.set(name, column)
  }
  return joined
}
