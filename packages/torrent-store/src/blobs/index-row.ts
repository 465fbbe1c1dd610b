// A row of the index: infohash (20 bytes) || length (4 bytes) || Unix seconds of last use (4 bytes); big endian.
// Rows of 24 bytes, without a time, were written by earlier versions.
import { platform } from '#platform'
import { TorrentStoreError } from '../errors.ts'
import { parseInfoHash } from '../torrent-ref.ts'
import type { HeldBlob } from './blob-store.ts'

const INFO_HASH_BYTES = 20
const UNTIMED_BYTES = 24
const ROW_BYTES = 28

export function encodeIndexRow (infoHash: Uint8Array, { length, usedSeconds }: Pick<HeldBlob, 'length' | 'usedSeconds'>): Uint8Array {
  const row = new Uint8Array(ROW_BYTES)
  row.set(infoHash)
  const view = new DataView(row.buffer)
  view.setUint32(INFO_HASH_BYTES, length)
  view.setUint32(UNTIMED_BYTES, Math.min(Math.max(0, usedSeconds), 0xffff_ffff))
  return row
}

/** Throws STORAGE_FAILED. */
export function decodeIndexRow (row: Uint8Array): HeldBlob {
  if (row.length !== ROW_BYTES && row.length !== UNTIMED_BYTES) throw new TorrentStoreError('STORAGE_FAILED', 'an index row of the database is damaged')
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength)
  return {
    infoHash: parseInfoHash(platform.toHex(row.subarray(0, INFO_HASH_BYTES))),
    length: view.getUint32(INFO_HASH_BYTES),
    usedSeconds: row.length === ROW_BYTES ? view.getUint32(UNTIMED_BYTES) : 0
  }
}
