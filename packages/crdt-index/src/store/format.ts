// The version of what lies in the database, and the seal of rows that nothing else could check.
//   format: 'version' -> uint32, sealed. Missing: 1. Damaged: this one, because a newer one is no likelier than any other.
//   1  devices, sequences and rescues bare
//   2  sealed; checkpoints
import { CrdtIndexError } from '../errors.ts'
import { concatBytes, equalBytes } from '../identity/encoding.ts'
import { sha256 } from '../identity/sha256.ts'
import type { Operation, Table } from './checkpoint-rows.ts'

export const STORE_FORMAT = 2

const VERSION_KEY = new TextEncoder().encode('version')
/** Finds damage; there is no reason to forge one's own database. */
const SEAL_BYTES = 8

/** The value with a checksum of itself and its key. */
export function seal (key: Uint8Array, value: Uint8Array): Uint8Array {
  return concatBytes(value, sealOf(key, value))
}

/** Null for what is missing, or no longer what was written. */
export function unseal (key: Uint8Array, sealed: Uint8Array | undefined): Uint8Array | null {
  if (sealed === undefined || sealed.length < SEAL_BYTES) return null
  const value = sealed.slice(0, -SEAL_BYTES)
  return equalBytes(sealOf(key, value), sealed.subarray(-SEAL_BYTES)) ? value : null
}

function sealOf (key: Uint8Array, value: Uint8Array): Uint8Array {
  return sha256(concatBytes(key, value)).subarray(0, SEAL_BYTES)
}

/**
 * Checks the version, and brings an older database to this one in a single batch. Throws NEWER_FORMAT before anything
 * was written.
 */
export async function openFormat (format: Table, bare: readonly Table[], commit: (operations: Operation[]) => Promise<void>): Promise<void> {
  const row = await format.get(VERSION_KEY)
  const version = row === undefined ? 1 : versionOf(unseal(VERSION_KEY, row))
  if (version !== null && version > STORE_FORMAT) throw new CrdtIndexError('NEWER_FORMAT', 'this database was written by a newer release, and is left as it is; update to open it')
  if (version === STORE_FORMAT) return
  const value = new Uint8Array(4)
  new DataView(value.buffer).setUint32(0, STORE_FORMAT)
  const operations: Operation[] = [{ type: 'put', sublevel: format, key: VERSION_KEY, value: seal(VERSION_KEY, value) }]
  if (version === 1) for (const table of bare) for await (const [key, bytes] of table.iterator()) operations.push({ type: 'put', sublevel: table, key, value: seal(key, bytes) })
  await commit(operations)
}

/** Null for a damaged row. */
function versionOf (value: Uint8Array | null): number | null {
  return value?.length === 4 ? new DataView(value.buffer, value.byteOffset).getUint32(0) : null
}
