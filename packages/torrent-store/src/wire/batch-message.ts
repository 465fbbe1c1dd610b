// The messages of sb_bodies, byte by byte as in docs/sb_bodies.md. Pure: nothing here knows a connection.
import { platform } from '#platform'
import { MAX_BATCH_MESSAGE_IDS, MAX_BODY_BYTES } from '../limits.ts'
import { parseInfoHash, type InfoHash } from '../torrent-ref.ts'

/** What the first byte says. The requester sends `want` and `cancel`, the server `body` and `absent`. */
export const BatchType = { want: 0, cancel: 1, body: 2, absent: 3 } as const

export type BatchMessage =
  | { readonly type: 'want' | 'cancel' | 'absent', readonly ids: readonly InfoHash[] }
  | { readonly type: 'body', readonly infoHash: InfoHash, readonly body: Uint8Array }
  /** Of a later version: to be ignored. */
  | { readonly type: 'unknown' }

const ID_BYTES = 20

/** 1 to 512 infohashes that are wanted, cancelled or absent. */
export function writeIds (type: 'want' | 'cancel' | 'absent', ids: readonly InfoHash[]): Uint8Array {
  if (ids.length === 0 || ids.length > MAX_BATCH_MESSAGE_IDS) throw new RangeError(`a message holds 1 to ${MAX_BATCH_MESSAGE_IDS} infohashes`)
  return platform.concat([Uint8Array.of(BatchType[type]), platform.fromHex(ids.join(''))])
}

export function writeBody (infoHash: InfoHash, body: Uint8Array): Uint8Array {
  return platform.concat([Uint8Array.of(BatchType.body), platform.fromHex(infoHash), body])
}

/** Reads one message; null if it is malformed. The body is a view into `payload` and is not verified. */
export function readBatchMessage (payload: Uint8Array): BatchMessage | null {
  switch (payload[0]) {
    case undefined: return null
    case BatchType.want: return readIds('want', payload)
    case BatchType.cancel: return readIds('cancel', payload)
    case BatchType.absent: return readIds('absent', payload)
    case BatchType.body: return readBody(payload)
    default: return { type: 'unknown' }
  }
}

function readIds (type: 'want' | 'cancel' | 'absent', payload: Uint8Array): BatchMessage | null {
  const count = (payload.length - 1) / ID_BYTES
  if (!Number.isInteger(count) || count < 1 || count > MAX_BATCH_MESSAGE_IDS) return null
  return { type, ids: Array.from({ length: count }, (_, i) => readId(payload, 1 + i * ID_BYTES)) }
}

function readBody (payload: Uint8Array): BatchMessage | null {
  const body = payload.subarray(1 + ID_BYTES)
  return body.length === 0 || body.length > MAX_BODY_BYTES ? null : { type: 'body', infoHash: readId(payload, 1), body }
}

function readId (payload: Uint8Array, at: number): InfoHash {
  return parseInfoHash(platform.toHex(payload.subarray(at, at + ID_BYTES)))
}
