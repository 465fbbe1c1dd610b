/** Stable codes of what can go wrong here. */
export const TorrentStoreErrorCode = {
  /** The archive ended in the middle; what came before was imported. */
  ARCHIVE_TRUNCATED: 'ARCHIVE_TRUNCATED',
  /** Bytes that are not a tar archive, or leave open where its next file begins; what came before was imported. */
  BAD_ARCHIVE: 'BAD_ARCHIVE',
  /** Text that is not an infohash of 40 hex characters. */
  BAD_INFOHASH: 'BAD_INFOHASH',
  /** Text that is not a magnet link of a BitTorrent v1 torrent, or parts that cannot be written into one. */
  BAD_MAGNET: 'BAD_MAGNET',
  /** Bytes that are not a .torrent file. */
  BAD_TORRENT: 'BAD_TORRENT',
  /** More bodies, or bytes of them, than are put together: put them in several calls. */
  BATCH_TOO_LONG: 'BATCH_TOO_LONG',
  /** A body needs at least one byte. */
  BODY_EMPTY: 'BODY_EMPTY',
  /** The content is not the one that the .torrent file names. */
  BODY_MISMATCH: 'BODY_MISMATCH',
  /** A body is at most 65,536 bytes. */
  BODY_TOO_LONG: 'BODY_TOO_LONG',
  /** The store was closed. */
  CLOSED: 'CLOSED',
  /** The TCP port could not be opened; `cause` says why. */
  LISTEN_FAILED: 'LISTEN_FAILED',
  /** The torrent is not a one-piece body of this package: its metadata says so, or those who have it do. */
  NOT_A_BODY: 'NOT_A_BODY',
  /** Not held here, or no candidate delivered it; `faults` says what each candidate did. */
  NOT_FOUND: 'NOT_FOUND',
  /** The database refused a read or a write, or holds damaged bytes; `cause` says why. Nothing was acknowledged. */
  STORAGE_FAILED: 'STORAGE_FAILED',
  /** No candidate delivered the body in time; `faults` says what each did until then. */
  TIMEOUT: 'TIMEOUT',
  /** Not to be had on this platform, such as a TCP port in a browser. */
  UNSUPPORTED: 'UNSUPPORTED'
} as const
export type TorrentStoreErrorCode = typeof TorrentStoreErrorCode[keyof typeof TorrentStoreErrorCode]

/** What a peer did wrong, or could not do, while a body was fetched from it. */
export const PeerFaultReason = {
  /** Closed the connection before its handshake: it does not hold the body or does not serve it to us. No misbehaviour. */
  ABSENT: 'ABSENT',
  /** The bytes do not give the infohash. */
  BAD_BYTES: 'BAD_BYTES',
  /** Broke the BitTorrent protocol, or a bound on message length. */
  BAD_PROTOCOL: 'BAD_PROTOCOL',
  /** Closed the connection in the middle. */
  CLOSED: 'CLOSED',
  /** The infohash is that of a torrent which is not a one-piece body of this package. */
  NOT_A_BODY: 'NOT_A_BODY',
  /** Rejected a request for a block that it said to have, or has no metadata to give. */
  REFUSED: 'REFUSED',
  /** Did not deliver within the time for one candidate. */
  STALLED: 'STALLED',
  /** Sent more bytes than any body needs. */
  TOO_MANY_BYTES: 'TOO_MANY_BYTES',
  /** No connection. */
  UNREACHABLE: 'UNREACHABLE'
} as const
export type PeerFaultReason = typeof PeerFaultReason[keyof typeof PeerFaultReason]

export interface PeerFault {
  /** `id` of the candidate. */
  readonly id: string
  readonly reason: PeerFaultReason
}

export interface TorrentStoreErrorOptions extends ErrorOptions {
  faults?: readonly PeerFault[]
}

/** Every error of this package: `code` is stable, `message` is for people. */
export class TorrentStoreError extends Error {
  readonly code: TorrentStoreErrorCode
  /** Of a fetch: what each candidate did, in order; otherwise empty. */
  readonly faults: readonly PeerFault[]
  constructor (code: TorrentStoreErrorCode, message: string, options: TorrentStoreErrorOptions = {}) {
    super(message, options)
    this.name = 'TorrentStoreError'
    this.code = code
    this.faults = options.faults ?? []
  }
}
