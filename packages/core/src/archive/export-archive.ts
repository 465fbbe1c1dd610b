// A community as this peer holds it, in a file: equal sets of envelopes and bodies give equal bytes.
import type { CommunityAddress, ContentId, CrdtIndex } from '@seedbed/crdt-index'
import { TorrentStoreError, type TorrentStore } from '@seedbed/torrent-store'
import type { Verdicts } from '../bodies/verdicts.ts'
import { ARCHIVE_CHUNK_BYTES } from '../limits.ts'
import { ARCHIVE_MAGIC, encodeRecord, RecordType } from './archive-format.ts'

export interface ExportOptions {
  readonly index: Pick<CrdtIndex, 'envelopes'>
  /** The store itself, so that exporting a body is no use of it. */
  readonly torrents: Pick<TorrentStore, 'list' | 'get'>
  readonly verdicts: Pick<Verdicts, 'rightful'>
  readonly community: CommunityAddress
  readonly genesis: Uint8Array
  readonly signal: AbortSignal | undefined
}

/** In chunks of about 64 KiB. Errors: STORAGE_FAILED and the signal's reason. */
export async function * exportArchive (options: ExportOptions): AsyncGenerator<Uint8Array, void, undefined> {
  let parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of archiveParts(options)) {
    options.signal?.throwIfAborted()
    parts.push(part)
    bytes += part.length
    if (bytes < ARCHIVE_CHUNK_BYTES) continue
    yield joined(parts, bytes)
    parts = []
    bytes = 0
  }
  if (bytes > 0) yield joined(parts, bytes)
}

async function * archiveParts ({ index, torrents, verdicts, community, genesis }: ExportOptions): AsyncGenerator<Uint8Array, void, undefined> {
  yield ARCHIVE_MAGIC
  yield encodeRecord(RecordType.genesis, genesis)
  for await (const envelope of index.envelopes(community)) yield encodeRecord(RecordType.envelope, envelope)
  for await (const { infoHash } of torrents.list()) {
    const items = await verdicts.rightful(infoHash as string as ContentId)
    if (!items.some(item => item.community === community && !item.deleted)) continue
    const body = await torrents.get(infoHash).catch(unlessDamaged)
    if (body !== undefined) yield encodeRecord(RecordType.body, body)
  }
  yield encodeRecord(RecordType.end)
}

/** A damaged body is left out: reading it elsewhere finds out and fetches it again. */
function unlessDamaged (error: unknown): undefined {
  if (error instanceof TorrentStoreError && error.code === 'STORAGE_FAILED' && error.cause === undefined) return undefined
  throw error
}

function joined (parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const chunk = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    chunk.set(part, at)
    at += part.length
  }
  return chunk
}
