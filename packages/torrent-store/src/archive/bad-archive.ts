import { TorrentStoreError } from '../errors.ts'

/** For bytes that leave open where the next entry begins: what came before them stays imported. */
export function badArchive (why: string): TorrentStoreError {
  return new TorrentStoreError('BAD_ARCHIVE', why)
}
