import type { TorrentRef } from '../torrent-ref.ts'

/** Why a file of an archive was left out. */
export const ImportRefusal = {
  /** Not a regular file: a link, a device, a sparse file. Folders are not counted. */
  NOT_A_FILE: 'NOT_A_FILE',
  /** The name is not 64 hex characters and `.txt`. */
  NOT_A_BODY: 'NOT_A_BODY',
  /** A body needs at least one byte. */
  EMPTY: 'EMPTY',
  /** Longer than 65,536 bytes. */
  TOO_LONG: 'TOO_LONG',
  /** The bytes are not the ones that the name names. */
  BAD_BYTES: 'BAD_BYTES'
} as const
export type ImportRefusal = typeof ImportRefusal[keyof typeof ImportRefusal]

export interface ImportReport {
  /** Bodies that are held now and were not before. */
  readonly imported: number
  /** Sum of their lengths. */
  readonly importedBytes: number
  /** Bodies that were held already. */
  readonly alreadyHeld: number
  /** Files left out, by reason. */
  readonly refused: Readonly<Record<ImportRefusal, number>>
}

export interface ImportOptions {
  /** Ends the import; rejects with `signal.reason`. What was imported stays. */
  readonly signal?: AbortSignal
  /** Told after every batch that is durable, and of refusals at the latest with the end. */
  readonly onProgress?: (report: ImportReport) => void
}

export interface ExportOptions {
  /** Only these. Default: all that is held. */
  readonly infoHashes?: Iterable<TorrentRef['infoHash']>
  /** Ends the iteration, which throws `signal.reason`. */
  readonly signal?: AbortSignal
}
