// Editing and deleting own content: an edit is a new torrent under the same id, a deletion is a signed tombstone.
import type { ItemView } from '@seedbed/crdt-index'
import { serialiseBody } from '../bodies/body-file.ts'
import type { BodyFields } from '../bodies/body.ts'
import { infoHashOf, sha256Hex } from '../bodies/library.ts'
import { normaliseText, normaliseTitle } from '../bodies/text.ts'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_BODY_TIMEOUT_MS } from '../limits.ts'
import type { SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import { rightfulListing, timeLeft } from '../queries/bodies.ts'
import { listingsOf, parseId } from '../queries/locate.ts'
import { publicCall } from '../translate-error.ts'

export function createRevising (parts: NodeParts): Pick<SeedbedNode, 'revisions' | 'delete'> {
  const { signer, index, writer, torrents, library, clock, magnetPeers } = parts

  /** Nobody else's listing of the id is meant. Errors: BAD_ID, UNKNOWN_ID, NOT_OWN. */
  function ownListing (id: string): ItemView {
    const listings = listingsOf(index, id)
    const own = listings.find(({ author }) => author === signer.author)
    if (own === undefined) throw new SeedbedError('NOT_OWN', `${listings[0].contentId} was written by ${listings[0].author}`)
    return own
  }

  /** What the newest revision says; null when it is not here and not `needed`. Errors: BODY_UNAVAILABLE, BODY_MISMATCH. */
  async function newestFields (item: ItemView, needed: boolean, signal: AbortSignal | undefined): Promise<BodyFields | null> {
    const [held] = await library.localMany([item])
    if (held?.revision.contentId === item.revision.contentId) return held.body.fields
    if (!needed) return null
    return (await library.readRevision(item, item.revision.contentId, { timeoutMs: DEFAULT_BODY_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) })).body.fields
  }

  function linksOf (item: ItemView): { kind: 'post' } | { kind: 'comment', root: ItemView['contentId'], parent: ItemView['contentId'] } {
    if (item.kind === 'post') return { kind: 'post' }
    const root = index.item(item.community, item.period, item.root)
    const parent = index.item(item.community, item.period, item.parent)
    if (root === undefined || parent === undefined) throw new SeedbedError('UNKNOWN_ID', `what ${item.contentId} answers is not known here yet`)
    return { kind: 'comment', root: root.contentId, parent: parent.contentId }
  }

  return {
    revisions: {
      create: async ({ id, text, title, signal }) => await publicCall(signal, async () => {
        const item = ownListing(id)
        if (item.deleted) throw new SeedbedError('DELETED', `${item.contentId} was deleted and cannot be edited`)
        if (title !== undefined && item.kind === 'comment') throw new SeedbedError('USAGE', 'a comment has no title')
        // Two edits in one millisecond would have no order.
        const editedMs = Math.max(clock(), (item.revision.editedMs ?? item.createdMs) + 1)
        const links = linksOf(item)
        const newTitle = item.kind === 'post' ? normaliseTitle(title ?? item.title) : null
        const newest = await newestFields(item, text === undefined, signal)
        const newText = text === undefined ? newest?.text ?? '' : normaliseText(text)
        if (newest?.text === newText && (item.kind === 'comment' || newTitle === item.title)) throw new SeedbedError('USAGE', `the edit changes nothing of ${item.contentId}`)
        const common = { author: signer.author, community: item.community, createdMs: editedMs, revises: item.contentId, text: newText }
        const fields: BodyFields = links.kind === 'post' ? { ...common, kind: 'post', title: newTitle ?? '' } : { ...common, ...links }
        const bytes = serialiseBody(fields, payload => signer.sign(payload))
        const ref = await torrents.put(bytes)
        signal?.throwIfAborted()
        const revision = parseId(ref.infoHash)
        await writer.edit({ community: item.community, period: item.period, item: item.item, contentId: revision, length: ref.length, title: newTitle, editedMs })
        return {
          id: item.contentId, revision, sha256: sha256Hex(bytes), editedAtMs: editedMs,
          magnet: torrents.magnet(ref, { name: newTitle ?? 'comment', peers: magnetPeers() })
        }
      }),

      list: async (id, { timeoutMs, signal } = {}) => await publicCall(signal, async () => {
        const item = await rightfulListing(parts, id, { timeoutMs, signal })
        const revisions = index.revisions(item) ?? [item.revision]
        const listedTitle = revisions[0]?.title ?? null
        return await Promise.all(revisions.map(async ({ contentId, length, editedMs, title }) => ({
          revision: contentId, editedAtMs: editedMs, length, title: title ?? listedTitle, held: await torrents.has(infoHashOf(contentId)), deleted: item.deleted
        })))
      }),

      read: async (id, revision, { timeoutMs = DEFAULT_BODY_TIMEOUT_MS, signal } = {}) => await publicCall(signal, async () => {
        const untilMs = performance.now() + timeoutMs
        const item = await rightfulListing(parts, id, { timeoutMs, signal })
        const { body, sha256, servedBy } = await library.readRevision(item, parseId(revision), { timeoutMs: timeLeft(untilMs, timeoutMs), ...(signal === undefined ? {} : { signal }) })
        return { text: body.fields.text, title: body.fields.kind === 'post' ? body.fields.title : null, sha256, servedBy }
      })
    },

    delete: async (id, { signal } = {}) => await publicCall(signal, async () => {
      const item = ownListing(id)
      if (!item.deleted) await writer.delete({ community: item.community, period: item.period, item: item.item })
      return { id: item.contentId, deleted: true as const }
    })
  }
}
