// A row of the index: infohash (20 bytes) || length (4 bytes) || Unix seconds of last use (4 bytes); big endian.
// Rows of 24 bytes, without a time, were written by earlier versions.
import { platform } from '#platform'
import { MAX_BODY_BYTES } from '../limits.ts'
import { parseInfoHash } from '../torrent-ref.ts'
import { isReq2Of, type HeldBlob } from './blob-store.ts'

const INFO_HASH_BYTES = 20
const UNTIMED_BYTES = 24
export const INDEX_ROW_BYTES = 28

/** Writes the row into `row`, which has its length, and gives it back. */
export function encodeIndexRow (infoHash: Uint8Array, { length, usedSeconds }: Pick<HeldBlob, 'length' | 'usedSeconds'>, row: Uint8Array): Uint8Array {
  row.set(infoHash)
  setUint32(row, INFO_HASH_BYTES, length)
  setUint32(row, UNTIMED_BYTES, Math.min(Math.max(0, usedSeconds), 0xffff_ffff))
  return row
}

/** What the row at `key`, the req2 of its infohash, says; null if either is damaged. */
export function readIndexRow (row: Uint8Array, key: Uint8Array): HeldBlob | null {
  const held = decodeIndexRow(row)
  return held !== null && isReq2Of(key, row.subarray(0, INFO_HASH_BYTES)) ? held : null
}

/** The same where the infohash is known. */
export function readIndexRowOf (row: Uint8Array, infoHash: Uint8Array): HeldBlob | null {
  for (let i = 0; i < INFO_HASH_BYTES; i++) if (row[i] !== infoHash[i]) return null
  return decodeIndexRow(row)
}

function decodeIndexRow (row: Uint8Array): HeldBlob | null {
  if (row.length !== INDEX_ROW_BYTES && row.length !== UNTIMED_BYTES) return null
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength)
  const length = view.getUint32(INFO_HASH_BYTES)
  if (length === 0 || length > MAX_BODY_BYTES) return null
  return {
    infoHash: parseInfoHash(platform.toHex(row.subarray(0, INFO_HASH_BYTES))),
    length,
    usedSeconds: row.length === INDEX_ROW_BYTES ? view.getUint32(UNTIMED_BYTES) : 0
  }
}

function setUint32 (row: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) row[at + i] = value >>> (24 - 8 * i)
}
