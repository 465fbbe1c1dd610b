// The row that says how much is held: bodies (8 bytes) || bytes (8 bytes), big endian || the first 8 bytes of the
// SHA-1 of both. It is written in the batch of what it counts, so it is right whenever the database is; the checksum
// is there for a disk that gives back something else.
import { platform } from '#platform'
import type { BlobStat } from './blob-store.ts'

const COUNTS_BYTES = 16
const CHECK_BYTES = 8

export function encodeStatRow ({ bodies, bytes }: BlobStat): Uint8Array {
  const row = new Uint8Array(COUNTS_BYTES + CHECK_BYTES)
  const view = new DataView(row.buffer)
  view.setBigUint64(0, BigInt(bodies))
  view.setBigUint64(8, BigInt(bytes))
  row.set(checkOf(row), COUNTS_BYTES)
  return row
}

/** Null for what `encodeStatRow` did not write. */
export function decodeStatRow (row: Uint8Array): BlobStat | null {
  if (row.length !== COUNTS_BYTES + CHECK_BYTES) return null
  if (checkOf(row).some((byte, i) => byte !== row[COUNTS_BYTES + i])) return null
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength)
  const [bodies, bytes] = [Number(view.getBigUint64(0)), Number(view.getBigUint64(8))]
  return Number.isSafeInteger(bodies) && Number.isSafeInteger(bytes) && bodies <= bytes ? { bodies, bytes } : null
}

function checkOf (row: Uint8Array): Uint8Array {
  return platform.sha1(row.subarray(0, COUNTS_BYTES)).subarray(0, CHECK_BYTES)
}
