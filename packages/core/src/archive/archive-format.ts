/**
 * The archive file, version 1: one community in a file, to be carried by hand or kept for later.
 *
 *     archive = magic record* end
 *     magic   = "Seedbed archive 1" LF
 *     record  = type, 1 byte || length, uint32 big-endian || payload
 *     end     = a record of type 0 and length 0; nothing follows
 *
 *     type  payload                     how many              at most
 *     1     genesis                     one, first            512 bytes
 *     2     envelope, as received       any, before bodies    263,234 bytes
 *     3     body file                   any                   65,536 bytes
 *
 * The magic and the end tell an archive from something else and a whole one from a part. What is between proves itself:
 * the address is the genesis' hash, envelopes and bodies are signed.
 */
import { MAX_ENVELOPE_BYTES, MAX_GENESIS_BYTES } from '@seedbed/crdt-index'
import { MAX_BODY_BYTES } from '../limits.ts'

export const ARCHIVE_MAGIC: Uint8Array = new TextEncoder().encode('Seedbed archive 1\n')

export const RecordType = { end: 0, genesis: 1, envelope: 2, body: 3 } as const
export type RecordType = typeof RecordType[keyof typeof RecordType]

/** Type and length. */
export const RECORD_HEAD_BYTES = 5

/** Bytes of a payload of each type; null for what is no type. */
export function payloadBounds (type: number): { readonly min: number, readonly max: number } | null {
  switch (type) {
    case RecordType.end: return { min: 0, max: 0 }
    case RecordType.genesis: return { min: 1, max: MAX_GENESIS_BYTES }
    case RecordType.envelope: return { min: 1, max: MAX_ENVELOPE_BYTES }
    case RecordType.body: return { min: 1, max: MAX_BODY_BYTES }
    default: return null
  }
}

export function encodeRecord (type: RecordType, payload: Uint8Array = new Uint8Array()): Uint8Array {
  const record = new Uint8Array(RECORD_HEAD_BYTES + payload.length)
  record[0] = type
  new DataView(record.buffer).setUint32(1, payload.length)
  record.set(payload, RECORD_HEAD_BYTES)
  return record
}
