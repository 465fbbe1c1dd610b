import { CrdtIndexError, type CrdtIndexErrorCode } from '@seedbed/crdt-index'
import { TorrentStoreError, type TorrentStoreErrorCode } from '@seedbed/torrent-store'
import { SeedbedError, type SeedbedErrorCode } from './errors.ts'

const FROM_INDEX: Readonly<Partial<Record<CrdtIndexErrorCode, SeedbedErrorCode>>> = {
  BAD_ADDRESS: 'BAD_ADDRESS',
  BAD_ENTRY: 'USAGE',
  BAD_GENESIS: 'BAD_SLUG',
  BAD_ID: 'BAD_ID',
  CLOSED: 'CLOSED',
  NEWER_FORMAT: 'STORAGE_FAILED',
  NOT_FOUND: 'UNKNOWN_ID',
  NOT_JOINED: 'UNKNOWN_COMMUNITY',
  OWN_CONTENT: 'OWN_CONTENT',
  STORAGE_FAILED: 'STORAGE_FAILED'
}
const FROM_TORRENTS: Readonly<Partial<Record<TorrentStoreErrorCode, SeedbedErrorCode>>> = {
  BAD_INFOHASH: 'BAD_ID',
  CLOSED: 'CLOSED',
  LISTEN_FAILED: 'NETWORK_FAILED',
  NOT_A_BODY: 'BODY_UNAVAILABLE',
  NOT_FOUND: 'BODY_UNAVAILABLE',
  STORAGE_FAILED: 'STORAGE_FAILED',
  TIMEOUT: 'BODY_UNAVAILABLE'
}

/** The error as this package's callers know it; an abort's reason and errors of ours stay what they are. */
export function translateError (error: unknown): unknown {
  const code = codeOf(error)
  return code === undefined || !(error instanceof Error) ? error : new SeedbedError(code, error.message, { cause: error })
}

function codeOf (error: unknown): SeedbedErrorCode | undefined {
  if (error instanceof CrdtIndexError) return FROM_INDEX[error.code]
  if (error instanceof TorrentStoreError) return FROM_TORRENTS[error.code]
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'LEVEL_DATABASE_NOT_OPEN') return 'CLOSED'
  return typeof code === 'string' && code.startsWith('LEVEL_') ? 'STORAGE_FAILED' : undefined
}

/** Runs a public call: checks the signal first, translates what the packages below throw. */
export async function publicCall<T> (signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted()
  try {
    return await call()
  } catch (error) {
    throw translateError(error)
  }
}
