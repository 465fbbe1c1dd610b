/** Stable codes of what can go wrong here; docs/limits.md and the README list them. */
export const CrdtIndexErrorCode = {
  BAD_ADDRESS: 'BAD_ADDRESS',
  BAD_ENVELOPE: 'BAD_ENVELOPE',
  BAD_GENESIS: 'BAD_GENESIS',
  BAD_ID: 'BAD_ID',
  BAD_SIGNATURE: 'BAD_SIGNATURE',
  BAD_UPDATE: 'BAD_UPDATE',
  BAD_FRAME: 'BAD_FRAME',
  BAD_ENTRY: 'BAD_ENTRY',
  CLOSED: 'CLOSED',
  NOT_FOUND: 'NOT_FOUND',
  NEWER_FORMAT: 'NEWER_FORMAT',
  NOT_JOINED: 'NOT_JOINED',
  STORAGE_FAILED: 'STORAGE_FAILED',
  OWN_CONTENT: 'OWN_CONTENT'
} as const
export type CrdtIndexErrorCode = typeof CrdtIndexErrorCode[keyof typeof CrdtIndexErrorCode]

/** Every error of this package: `code` is stable, `message` is for people. */
export class CrdtIndexError extends Error {
  readonly code: CrdtIndexErrorCode
  constructor (code: CrdtIndexErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CrdtIndexError'
    this.code = code
  }
}
