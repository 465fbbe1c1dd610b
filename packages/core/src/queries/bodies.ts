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

export interface LocateOptions {
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called once when the newest revision is not here and is asked for. */
  readonly onFetch?: (() => void) | undefined
}

/** One deadline for telling whose the id is and for reading it. Errors: BAD_ID, UNKNOWN_ID, DELETED, BODY_UNAVAILABLE, BODY_MISMATCH. */
export async function readById (parts: NodeParts, id: string, { timeoutMs = DEFAULT_BODY_TIMEOUT_MS, signal, onFetch }: LocateOptions): Promise<{ item: ItemView, found: FoundBody }> {
  const untilMs = performance.now() + timeoutMs
  const options = signal === undefined ? {} : { signal }
  const { item, servedBy } = await parts.firsts.decide(listingsOf(parts.index, id), { timeoutMs, ...options })
  if (onFetch !== undefined && !item.deleted && (servedBy !== null || !await parts.torrents.has(infoHashOf(item.revision.contentId)))) onFetch()
  const found = await parts.library.read(item, { timeoutMs: servedBy === null ? timeLeft(untilMs, timeoutMs) : timeLeft(untilMs), ...options })
  const cameNow = found.servedBy === null && servedBy !== null && found.revision.contentId === item.contentId
  return { item, found: cameNow ? { ...found, servedBy } : found }
}

/** Needs no body while only one author lists the id. Errors: BAD_ID, UNKNOWN_ID, BODY_UNAVAILABLE, BODY_MISMATCH. */
export async function rightfulListing (parts: NodeParts, id: string, { timeoutMs = DEFAULT_BODY_TIMEOUT_MS, signal }: LocateOptions): Promise<ItemView> {
  return (await parts.firsts.decide(listingsOf(parts.index, id), { timeoutMs, ...(signal === undefined ? {} : { signal }) })).item
}

/** What is left until then, never nothing: what is here is read even when the time is up. */
export function timeLeft (untilMs: number, atMostMs: number = Infinity): number {
  return Math.max(1, Math.min(atMostMs, Math.ceil(untilMs - performance.now())))
}

export function createBodyQueries (parts: NodeParts): SeedbedNode['bodies'] {
  const { index, torrents, firsts } = parts
  return {
    read: async (id, { timeoutMs, signal } = {}) => await publicCall(signal, async () => {
      const { found } = await readById(parts, id, { signal, timeoutMs })
      return { text: found.body.fields.text, bytes: found.body.bytes, sha256: found.sha256, servedBy: found.servedBy }
    }),
    magnet: async (id, { signal } = {}) => await publicCall(signal, async () => {
      const listings = listingsOf(index, id)
      const [first] = listings
      const rightful = await firsts.decideHere(listings)
      const item = rightful ?? first
      if (rightful === undefined ? listings.every(({ deleted }) => deleted) : item.deleted) throw new SeedbedError('DELETED', `${item.contentId} was deleted by its author`)
      // While nothing here tells whose it is, the link promises neither a title nor a length that may be a lie.
      if (rightful === undefined) return torrents.magnet({ infoHash: infoHashOf(first.contentId) })
      return magnetOf(parts, item, await isSeeding(parts, item.revision.contentId))
    }),
    torrentFile: async (id, { timeoutMs, signal } = {}) => await publicCall(signal, async () => {
      const { found } = await readById(parts, id, { signal, timeoutMs })
      return await torrents.torrentFile(infoHashOf(found.revision.contentId))
    })
  }
}

/** Whether this peer serves the body to anybody who asks. */
export async function isSeeding ({ pins, torrents, serves }: NodeParts, id: ContentId): Promise<boolean> {
  return serves && await pins.isPinned(id) && await torrents.has(infoHashOf(id))
}

/**
 * Names this peer's listener only while it would answer: it serves strangers what it seeds, and nothing else. `title` is
 * that of the revision; what was deleted has none any more.
 */
export function magnetOf ({ torrents, magnetPeers }: NodeParts, item: ItemView, seeding: boolean, revision: Revision = item.revision, title: string = item.kind === 'post' ? item.title : ''): string {
  const name = item.kind === 'post' ? title : 'comment'
  return torrents.magnet({ infoHash: infoHashOf(revision.contentId), length: revision.length }, { ...(item.deleted ? {} : { name }), peers: seeding ? magnetPeers() : [] })
}
