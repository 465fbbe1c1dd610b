// An archive -> the store. Every file is checked by itself, against the hash in its name; nothing in an archive is
// believed, so that it needs no signature and may come from anybody.
import type { BlobStore, NewBlob } from '../blobs/blob-store.ts'
import { ARCHIVE_BATCH_BODIES, ARCHIVE_BATCH_BYTES, MAX_BODY_BYTES } from '../limits.ts'
import { infoDict, infoHashOf, parseInfoDict } from '../metainfo.ts'
import { ImportRefusal, type ImportOptions, type ImportReport } from './archive-options.ts'
import { ByteReader } from './byte-reader.ts'
import { readEntries, type ArchiveEntry } from './entries.ts'

/** Stores every body of a tar archive. Throws BAD_ARCHIVE, ARCHIVE_TRUNCATED, STORAGE_FAILED; what came before stays. */
export async function importArchive (blobs: Pick<BlobStore, 'putMany'>, source: AsyncIterable<Uint8Array>, { signal, onProgress = () => {} }: ImportOptions): Promise<ImportReport> {
  const failed = new AbortController()
  const reader = new ByteReader(source, signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]))
  const refused = { NOT_A_FILE: 0, NOT_A_BODY: 0, EMPTY: 0, TOO_LONG: 0, BAD_BYTES: 0 }
  let [imported, importedBytes, alreadyHeld] = [0, 0, 0]
  let batch: NewBlob[] = []
  let batchBytes = 0
  const report = (): ImportReport => ({ imported, importedBytes, alreadyHeld, refused: { ...refused } })

  let writing: Promise<void> = Promise.resolve()

  /** One batch is written while the next is read and hashed. */
  async function store (): Promise<void> {
    await writing
    const stored = batch
    batch = []
    batchBytes = 0
    if (stored.length === 0) return
    writing = write(stored)
    writing.catch((error: unknown) => { failed.abort(error) }) // a source that is stuck must not hold back the news
  }

  async function write (stored: readonly NewBlob[]): Promise<void> {
    const added = await blobs.putMany(stored)
    for (const [i, isNew] of added.entries()) {
      if (isNew) importedBytes += stored[i]?.body.length ?? 0
      if (isNew) imported++
      else alreadyHeld++
    }
    onProgress(report())
  }

  try {
    try {
      for await (const entry of readEntries(reader, MAX_BODY_BYTES)) {
        if (entry.kind === 'folder') continue
        const found = check(entry)
        if (typeof found === 'string') { refused[found]++; continue }
        batch.push(found)
        batchBytes += found.body.length
        if (batch.length >= ARCHIVE_BATCH_BODIES || batchBytes >= ARCHIVE_BATCH_BYTES) await store()
      }
    } finally {
      await store() // also before a break, or an abort: these were read whole, and are right
      await writing
    }
    onProgress(report())
    return report()
  } finally {
    reader.close()
  }
}

function check ({ path, kind, size, content }: ArchiveEntry): NewBlob | ImportRefusal {
  if (kind !== 'file') return ImportRefusal.NOT_A_FILE
  const [, sha256] = /(?:^|\/)([0-9a-f]{64})\.txt$/.exec(path) ?? []
  if (sha256 === undefined) return ImportRefusal.NOT_A_BODY
  if (size === 0) return ImportRefusal.EMPTY
  if (content === null) return ImportRefusal.TOO_LONG
  const info = infoDict(content)
  return parseInfoDict(info)?.sha256 === sha256 ? { infoHash: infoHashOf(info), body: content } : ImportRefusal.BAD_BYTES
}
