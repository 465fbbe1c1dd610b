// The files of a tar archive, one after another, out of a stream of any length: one entry is held at a time, and of
// that at most `maxContentBytes` and the bounded records that belong to it.
import { MAX_ARCHIVE_RECORD_BYTES } from '../limits.ts'
import { badArchive } from './bad-archive.ts'
import { truncated, type ByteReader } from './byte-reader.ts'
import { parsePaxRecords } from './pax.ts'
import { BLOCK_BYTES, isZeroBlock, paddingOf, parseUstarHeader, type UstarHeader } from './ustar.ts'

export interface ArchiveEntry {
  /** The path with its folders. */
  readonly path: string
  readonly kind: 'file' | 'folder' | 'other'
  /** Bytes of content. */
  readonly size: number
  /** Null for what is no file, or longer than the bound. */
  readonly content: Uint8Array | null
}

/**
 * Reads up to the two zero blocks of the end. Throws BAD_ARCHIVE and ARCHIVE_TRUNCATED.
 *
 * What readers of tar disagree about is an error rather than a guess, because from there on two of them see different
 * files: a link or folder that claims content, old GNU sparse files, a global record that moves or resizes others, two
 * sizes for one file.
 */
export async function * readEntries (reader: ByteReader, maxContentBytes: number): AsyncGenerator<ArchiveEntry, void, undefined> {
  let pending: { path?: string, size?: number, sparse?: boolean } = {}
  for (let header = await nextHeader(reader); header !== null; header = await nextHeader(reader)) {
    switch (header.type) {
      case 'x': {
        Object.assign(pending, parsePaxRecords(await takeRecord(reader, header.size)))
        continue
      }
      case 'g': {
        if (Object.keys(parsePaxRecords(await takeRecord(reader, header.size))).length > 0) throw badArchive('a global record changes the files of the archive')
        continue
      }
      case 'L': {
        pending.path = new TextDecoder().decode(await takeRecord(reader, header.size)).replace(/\0.*$/s, '')
        continue
      }
      case 'K': {
        await takeRecord(reader, header.size) // a long target of a link
        continue
      }
    }
    const { path = header.name, size = header.size, sparse = false } = pending
    if (size !== header.size && size < FIRST_PAX_SIZE) throw badArchive('a file has two sizes')
    pending = {}
    yield await readEntry(reader, { path, size, type: sparse ? 'sparse' : header.type }, maxContentBytes)
  }
  if (Object.keys(pending).length > 0) throw badArchive('a record is followed by no file')
}

/** What eleven octal digits cannot say, so that a pax record has to. */
const FIRST_PAX_SIZE = 8 ** 11

async function readEntry (reader: ByteReader, { path, size, type }: { path: string, size: number, type: string }, maxContentBytes: number): Promise<ArchiveEntry> {
  if (type === 'S') throw badArchive('the archive holds a sparse file of the old GNU kind')
  const kind = KINDS[type] ?? 'other'
  if (/^[1-6]$/.test(type) && size > 0) throw badArchive('a link, folder or device claims to have content')
  if (kind !== 'file' || size > maxContentBytes) {
    await reader.skip(size)
    await reader.skip(paddingOf(size))
    return { path, kind, size, content: null }
  }
  const content = size === 0 ? new Uint8Array(0) : await reader.take(size)
  if (content === null) throw truncated()
  await reader.skip(paddingOf(size))
  return { path, kind, size, content }
}

/** Of the types with content, 0, NUL (before POSIX) and 7 (contiguous) are ordinary files. */
const KINDS: Readonly<Record<string, ArchiveEntry['kind']>> = { '0': 'file', '\0': 'file', '5': 'folder', '7': 'file' }

/** Null at the end of the archive. */
async function nextHeader (reader: ByteReader): Promise<UstarHeader | null> {
  const block = await reader.take(BLOCK_BYTES)
  if (block === null) throw truncated()
  if (!isZeroBlock(block)) return parseUstarHeader(block)
  const second = await reader.take(BLOCK_BYTES)
  if (second === null) throw truncated()
  if (!isZeroBlock(second)) throw badArchive('something follows half the end of the archive')
  return null
}

/** The content of an entry that describes the next one: its bound comes before its bytes. */
async function takeRecord (reader: ByteReader, size: number): Promise<Uint8Array> {
  if (size === 0 || size > MAX_ARCHIVE_RECORD_BYTES) throw badArchive(`a record about a file has 1 to ${MAX_ARCHIVE_RECORD_BYTES} bytes, not ${size}`)
  const record = await reader.take(size)
  if (record === null) throw truncated()
  await reader.skip(paddingOf(size))
  return record
}
