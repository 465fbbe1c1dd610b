// What this peer holds, why, and how big it is.
import type { ContentId, CrdtIndex, ItemView } from '@seedbed/crdt-index'
import type { TorrentStore } from '@seedbed/torrent-store'
import { parseBody } from '../bodies/body-file.ts'
import type { BodyFields } from '../bodies/body.ts'
import { infoHashOf, sha256Hex } from '../bodies/library.ts'
import type { Verdicts } from '../bodies/verdicts.ts'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_SEEDS_LIMIT, MAX_SEEDS_LIMIT } from '../limits.ts'
import type { SeedItem, SeedReason, SeedTotals, SeedbedNode } from '../node.ts'
import { parseId } from '../queries/locate.ts'
import { publicCall } from '../translate-error.ts'
import type { Pins } from './pins.ts'

const REASONS: readonly SeedReason[] = ['own', 'upvoted', 'cached']

interface Held { readonly infoHash: ContentId, readonly bytes: number, readonly why: SeedReason, readonly item: ItemView | undefined }

export interface SeedsOptions {
  readonly index: CrdtIndex
  readonly torrents: TorrentStore
  readonly pins: Pins
  readonly verdicts: Pick<Verdicts, 'rightful'>
  readonly cacheBytes: number
  /** Told of each revision that was dropped. */
  onDropped (revision: ContentId): void
}

export function createSeeds ({ index, torrents, pins, verdicts, cacheBytes, onDropped }: SeedsOptions): SeedbedNode['seeds'] {
  async function held (signal: AbortSignal | undefined): Promise<Held[]> {
    const found: Held[] = []
    for await (const { infoHash, length } of torrents.list()) {
      signal?.throwIfAborted()
      const id = infoHash as string as ContentId
      found.push({ infoHash: id, bytes: length, why: await pins.reasonFor(id) ?? 'cached', item: (await verdicts.rightful(id))[0] })
    }
    return found
  }

  async function describe ({ infoHash, bytes, why, item }: Held): Promise<SeedItem> {
    const body = await torrents.peek(infoHashOf(infoHash)).catch(() => undefined) // damaged: reading it finds out and fetches it again
    const fields = body === undefined ? null : fieldsOf(body)
    return {
      id: item?.contentId ?? fields?.revises ?? infoHash,
      revision: infoHash,
      kind: item?.kind ?? fields?.kind ?? null,
      title: fields?.kind === 'post' ? fields.title : null,
      community: item?.community ?? fields?.community ?? null,
      why,
      bytes,
      sha256: body === undefined ? null : sha256Hex(body)
    }
  }

  /** Not what others list under the id, and no content of others that its author lists as an edit. */
  async function revisionsOf (id: ContentId): Promise<Set<ContentId>> {
    const revisions = new Set([id])
    for (const item of await verdicts.rightful(id)) {
      if (item.contentId !== id) continue
      for (const { contentId } of index.revisions(item) ?? []) {
        if ((await verdicts.rightful(contentId)).some(each => each.item === item.item)) revisions.add(contentId)
      }
    }
    return revisions
  }

  return {
    list: async ({ limit = DEFAULT_SEEDS_LIMIT, signal } = {}) => await publicCall(signal, async () => {
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_SEEDS_LIMIT) throw new SeedbedError('USAGE', `the limit of seeds is a whole number from 1 to ${MAX_SEEDS_LIMIT}`)
      const all = (await held(signal)).sort((a, b) => REASONS.indexOf(a.why) - REASONS.indexOf(b.why) || (b.item?.createdMs ?? 0) - (a.item?.createdMs ?? 0) || (a.infoHash < b.infoHash ? -1 : 1))
      const items: SeedItem[] = []
      for (const one of all.slice(0, limit)) {
        signal?.throwIfAborted()
        items.push(await describe(one))
      }
      return { items, totals: totalsOf(all), cacheBytes }
    }),

    drop: async (id, { signal } = {}) => await publicCall(signal, async () => {
      const parsed = parseId(id)
      const revisions = await revisionsOf(parsed)
      for (const revision of revisions) {
        const reason = await pins.reasonFor(revision)
        if (reason !== null && await torrents.has(infoHashOf(revision))) throw pinned(parsed, reason)
      }
      let bodies = 0
      for (const revision of revisions) {
        if (await torrents.remove(infoHashOf(revision)) !== 'removed') continue
        bodies++
        onDropped(revision)
      }
      return { id: parsed, bodies }
    })
  }
}

function pinned (id: ContentId, reason: 'own' | 'upvoted'): SeedbedError {
  return new SeedbedError('PINNED', reason === 'own'
    ? `${id} is your own: it is seeded until you delete it`
    : `${id} has your upvote, which seeds it: take the vote back first`)
}

/** They were verified before they were stored. */
function fieldsOf (body: Uint8Array): BodyFields | null {
  try {
    return parseBody(body).fields
  } catch {
    return null
  }
}

function totalsOf (all: readonly Held[]): SeedTotals {
  const totals = { own: { bodies: 0, bytes: 0 }, upvoted: { bodies: 0, bytes: 0 }, cached: { bodies: 0, bytes: 0 } }
  for (const { why, bytes } of all) {
    totals[why].bodies++
    totals[why].bytes += bytes
  }
  return totals
}
