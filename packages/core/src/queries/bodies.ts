// Reading bodies by id, and telling the rightful listing of an id from borrowed ones.
import type { ContentId, ItemView, Revision } from '@seedbed/crdt-index'
import type { FoundBody } from '../bodies/library.ts'
import { infoHashOf } from '../bodies/library.ts'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_BODY_TIMEOUT_MS } from '../limits.ts'
import type { SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import { publicCall } from '../translate-error.ts'
import { listingsOf } from './locate.ts'

/** The listing whose body says so itself. Errors: BAD_ID, UNKNOWN_ID, BODY_UNAVAILABLE, BODY_MISMATCH. */
export async function readById ({ index, library }: NodeParts, id: string, { timeoutMs = DEFAULT_BODY_TIMEOUT_MS, signal }: { timeoutMs?: number, signal?: AbortSignal | undefined }): Promise<{ item: ItemView, found: FoundBody }> {
  let last: unknown
  for (const item of listingsOf(index, id)) {
    try {
      return { item, found: await library.read(item, { timeoutMs, ...(signal === undefined ? {} : { signal }) }) }
    } catch (error) {
      if (!(error instanceof SeedbedError) || error.code !== 'BODY_MISMATCH') throw error
      last = error // somebody else's listing of this content, perhaps: try the next
    }
  }
  throw last
}

/** Needs no body while only one author lists the id. */
export async function rightfulListing (parts: NodeParts, id: string, signal: AbortSignal | undefined): Promise<ItemView> {
  const [first, ...others] = listingsOf(parts.index, id)
  return others.length === 0 ? first : (await readById(parts, id, { signal })).item
}

export function createBodyQueries (parts: NodeParts): SeedbedNode['bodies'] {
  const { index, torrents } = parts
  return {
    read: async (id, { timeoutMs, signal } = {}) => await publicCall(signal, async () => {
      const { found } = await readById(parts, id, { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) })
      return { text: found.body.fields.text, bytes: found.body.bytes, sha256: found.sha256, servedBy: found.servedBy }
    }),
    magnet: async (id, { signal } = {}) => await publicCall(signal, async () => {
      const [item] = listingsOf(index, id)
      return magnetOf(parts, item, await isSeeding(parts, item.revision.contentId))
    }),
    torrentFile: async (id, { signal } = {}) => await publicCall(signal, async () => {
      const { found } = await readById(parts, id, { signal })
      return await torrents.torrentFile(infoHashOf(found.revision.contentId))
    })
  }
}

/** Whether this peer serves the body to anybody who asks. */
export async function isSeeding ({ pins, torrents }: NodeParts, id: ContentId): Promise<boolean> {
  return await pins.isPinned(id) && await torrents.has(infoHashOf(id))
}

/** Names this peer's listener only while it would answer: it serves strangers what it seeds, and nothing else. */
export function magnetOf ({ torrents, magnetPeers }: NodeParts, item: ItemView, seeding: boolean, revision: Revision = item.revision): string {
  return torrents.magnet({ infoHash: infoHashOf(revision.contentId), length: revision.length }, { name: item.kind === 'post' ? item.title : 'comment', peers: seeding ? magnetPeers() : [] })
}
