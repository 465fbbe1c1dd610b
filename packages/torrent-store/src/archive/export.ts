// The store -> an archive: a file a body, in the order of the infohashes, and nothing that a clock or a machine decides,
// so that equal stores give equal bytes.
import { platform } from '#platform'
import { isCorruption } from '../blobs/corruption.ts'
import { TorrentStoreError } from '../errors.ts'
import { ARCHIVE_CHUNK_BYTES, ARCHIVE_READ_AHEAD, MAX_ARCHIVE_SORTED_HASHES, MAX_BODY_BYTES } from '../limits.ts'
import { infoDict, infoHashOf, parseInfoDict } from '../metainfo.ts'
import type { InfoHash } from '../torrent-ref.ts'
import type { ExportOptions } from './archive-options.ts'
import { sortedHashes, type HashSource } from './sorted-hashes.ts'
import { BLOCK_BYTES, paddingOf, ustarHeader } from './ustar.ts'

/** What an export reads. */
export interface BodyLister extends HashSource {
  get (infoHash: InfoHash): Promise<Uint8Array | undefined>
  /** Whether the index still has it: nobody deleted it. */
  isListed (infoHash: InfoHash): Promise<boolean>
  /** Its stored bytes are damaged or lost, and left out. */
  damaged (infoHash: InfoHash): void
}

/**
 * Yields a tar archive in chunks of some 64 KiB. Throws STORAGE_FAILED, and NOT_FOUND for one of `infoHashes` that is not
 * held. Of a whole store, what goes while it is read is left out, and what is damaged, so that the rest can be saved; one
 * of `infoHashes` that is damaged is STORAGE_FAILED.
 */
export async function * exportArchive (blobs: BodyLister, { infoHashes, signal }: ExportOptions): AsyncGenerator<Uint8Array, void, undefined> {
  const wanted = infoHashes === undefined ? sortedHashes(blobs, MAX_ARCHIVE_SORTED_HASHES) : [...new Set(infoHashes)].sort()
  let parts: Uint8Array[] = []
  let bytes = 0
  for await (const files of inGroups(wanted, ARCHIVE_READ_AHEAD)) {
    signal?.throwIfAborted()
    for (const part of (await Promise.all(files.map(async infoHash => await fileOf(blobs, infoHash, infoHashes !== undefined)))).flat()) {
      parts.push(part)
      bytes += part.length
      if (bytes < ARCHIVE_CHUNK_BYTES) continue
      yield platform.concat(parts)
      signal?.throwIfAborted()
      parts = []
      bytes = 0
    }
  }
  yield platform.concat([...parts, new Uint8Array(2 * BLOCK_BYTES)])
}

/** Header, body and padding; nothing for a body that is gone, or damaged. */
async function fileOf (blobs: Omit<BodyLister, 'list'>, infoHash: InfoHash, required: boolean): Promise<Uint8Array[]> {
  const body = await blobs.get(infoHash).catch((error: unknown) => {
    if (required || !isCorruption(error)) throw error
    return new Uint8Array(0)
  })
  if (body === undefined) {
    if (required) throw new TorrentStoreError('NOT_FOUND', `${infoHash} is not held here`)
    if (await blobs.isListed(infoHash)) blobs.damaged(infoHash)
    return []
  }
  const info = body.length > 0 && body.length <= MAX_BODY_BYTES ? infoDict(body) : null
  if (info === null || infoHashOf(info) !== infoHash) {
    if (required) throw new TorrentStoreError('STORAGE_FAILED', `the stored bytes of ${infoHash} are damaged; put it again`)
    blobs.damaged(infoHash)
    return []
  }
  return [ustarHeader(`${parseInfoDict(info)?.sha256 ?? ''}.txt`, body.length), body, new Uint8Array(paddingOf(body.length))]
}

async function * inGroups<T> (items: AsyncIterable<T> | Iterable<T>, size: number): AsyncGenerator<T[], void, undefined> {
  let group: T[] = []
  for await (const item of items) {
    group.push(item)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}
