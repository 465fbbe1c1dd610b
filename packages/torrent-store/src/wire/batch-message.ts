// The messages of sb_bodies, byte by byte as in docs/sb_bodies.md. Pure: nothing here knows a connection.
import { platform } from '#platform'
import { MAX_BATCH_MESSAGE_IDS, MAX_BODY_BYTES } from '../limits.ts'
import { parseInfoHash, type InfoHash } from '../torrent-ref.ts'

/** What the first byte says. The requester sends `want`, `raise` and `cancel`, the server `body` and `absent`. */
export const BatchType = { want: 0, cancel: 1, body: 2, absent: 3, raise: 4 } as const

/** Priorities are one byte; what is higher comes sooner. Ours are these two. */
export const BatchPriority = { inOrder: 0, first: 255 } as const

export type BatchMessage =
  | { readonly type: 'want' | 'raise', readonly priority: number, readonly ids: readonly InfoHash[] }
  | { readonly type: 'cancel' | 'absent', readonly ids: readonly InfoHash[] }
  | { readonly type: 'body', readonly infoHash: InfoHash, readonly body: Uint8Array }
  /** Of a later version: to be ignored. */
  | { readonly type: 'unknown' }

const ID_BYTES = 20
/** Length prefix, the two ids of an extended message (BEP 3, BEP 10), and our type. */
const HEAD_BYTES = 4 + 2 + 1
const EXTENDED = 20

/** 1 to 512 infohashes that are cancelled or absent. */
export function writeIds (type: 'cancel' | 'absent', ids: readonly InfoHash[]): Uint8Array {
  return platform.concat([Uint8Array.of(BatchType[type]), idBytes(ids)])
}

/** 1 to 512 infohashes that are wanted, or wanted sooner. */
export function writeWanted (type: 'want' | 'raise', priority: number, ids: readonly InfoHash[]): Uint8Array {
  if (!Number.isInteger(priority) || priority < 0 || priority > 255) throw new RangeError('a priority is 0 to 255')
  return platform.concat([Uint8Array.of(BatchType[type], priority), idBytes(ids)])
}

function idBytes (ids: readonly InfoHash[]): Uint8Array {
  if (ids.length === 0 || ids.length > MAX_BATCH_MESSAGE_IDS) throw new RangeError(`a message holds 1 to ${MAX_BATCH_MESSAGE_IDS} infohashes`)
  return platform.fromHex(ids.join(''))
}

export function writeBody (infoHash: InfoHash, body: Uint8Array): Uint8Array {
  return frameBodies(0, [{ infoHash, body }]).subarray(HEAD_BYTES - 1)
}

/** Whole `body` messages for a peer that wants them under `id`, in one piece: a copy and a write for many small bodies. */
export function frameBodies (id: number, bodies: ReadonlyArray<{ readonly infoHash: InfoHash, readonly body: Uint8Array }>): Uint8Array {
  const frames = new Uint8Array(bodies.reduce((sum, { body }) => sum + HEAD_BYTES + ID_BYTES + body.length, 0))
  const view = new DataView(frames.buffer)
  let at = 0
  for (const { infoHash, body } of bodies) {
    view.setUint32(at, HEAD_BYTES - 4 + ID_BYTES + body.length)
    frames[at + 4] = EXTENDED
    frames[at + 5] = id
    frames[at + 6] = BatchType.body
    frames.set(platform.fromHex(infoHash), at + HEAD_BYTES)
    frames.set(body, at + HEAD_BYTES + ID_BYTES)
    at += HEAD_BYTES + ID_BYTES + body.length
  }
  return frames
}

/** Reads one message; null if it is malformed. The body is a view into `payload` and is not verified. */
export function readBatchMessage (payload: Uint8Array): BatchMessage | null {
  switch (payload[0]) {
    case undefined: return null
    case BatchType.want: return readWanted('want', payload)
    case BatchType.raise: return readWanted('raise', payload)
    case BatchType.cancel: return readListed('cancel', payload)
    case BatchType.absent: return readListed('absent', payload)
    case BatchType.body: return readBody(payload)
    default: return { type: 'unknown' }
  }
}

function readWanted (type: 'want' | 'raise', payload: Uint8Array): BatchMessage | null {
  const [, priority] = payload
  const ids = readIds(payload, 2)
  return ids === null || priority === undefined ? null : { type, priority, ids }
}

function readListed (type: 'cancel' | 'absent', payload: Uint8Array): BatchMessage | null {
  const ids = readIds(payload, 1)
  return ids === null ? null : { type, ids }
}

function readIds (payload: Uint8Array, from: number): InfoHash[] | null {
  const count = (payload.length - from) / ID_BYTES
  if (!Number.isInteger(count) || count < 1 || count > MAX_BATCH_MESSAGE_IDS) return null
  return Array.from({ length: count }, (_, i) => readId(payload, from + i * ID_BYTES))
}

function readBody (payload: Uint8Array): BatchMessage | null {
  const body = payload.subarray(1 + ID_BYTES)
  return body.length === 0 || body.length > MAX_BODY_BYTES ? null : { type: 'body', infoHash: readId(payload, 1), body }
}

function readId (payload: Uint8Array, at: number): InfoHash {
  return parseInfoHash(platform.toHex(payload.subarray(at, at + ID_BYTES)))
}
