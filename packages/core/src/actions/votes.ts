// A vote is for a text one has: the body is here and verified before anything is signed. An upvote seeds it, because
// pins are derived from the signed votes.
import type { ItemView } from '@seedbed/crdt-index'
import type { FoundBody } from '../bodies/library.ts'
import { SeedbedError } from '../errors.ts'
import type { PostId, SeedbedNode, VoteResult, VoteStage, VoteValue } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import { isSeeding, readById, rightfulListing } from '../queries/bodies.ts'
import { listingsOf } from '../queries/locate.ts'
import { currentVote, voteOf } from '../queries/own-vote.ts'
import { publicCall } from '../translate-error.ts'

export function createVoting (parts: NodeParts, onStage: (id: PostId, stage: VoteStage) => void): SeedbedNode['votes'] {
  const { signer, index, writer, torrents } = parts

  function refuseOwn (listings: readonly ItemView[]): void {
    if (listings.every(({ author }) => author === signer.author)) throw new SeedbedError('OWN_CONTENT', 'nobody votes on what they wrote; own content is always seeded')
  }

  async function sign (item: ItemView, value: VoteValue, body: FoundBody | null, signal: AbortSignal | undefined): Promise<VoteResult> {
    const { community, period, contentId } = item
    const before = await currentVote(parts, item)
    const revision = body === null || body.revision.editedMs === null ? null : body.revision.contentId
    if ((before?.value ?? 0) !== value || (value !== 0 && (before?.revision ?? null) !== revision)) {
      onStage(contentId, 'sign')
      await writer.admit(community, signal === undefined ? {} : { signal })
      await writer.vote({ community, period, item: item.item, value, ...(revision === null ? {} : { revision }) })
    }
    const seeding = await isSeeding(parts, body?.revision.contentId ?? contentId)
    return {
      id: contentId,
      value,
      score: index.item(community, period, item.item)?.score ?? 0,
      seeding,
      sha256: body?.sha256 ?? null,
      servedBy: body?.servedBy ?? null
    }
  }

  /** The one that this author voted on: taking a vote back needs no body. */
  async function onlyVoted (listings: readonly ItemView[]): Promise<ItemView | null> {
    const votes = await Promise.all(listings.map(async item => await voteOf(parts, item)))
    const [voted, other] = listings.filter((_, i) => votes[i] !== 0)
    return other === undefined ? voted ?? null : null
  }

  async function cast (id: string, value: 1 | -1, { timeoutMs, signal }: { timeoutMs?: number, signal?: AbortSignal } = {}): Promise<VoteResult> {
    return await publicCall(signal, async () => {
      const listings = listingsOf(index, id)
      refuseOwn(listings)
      const [{ contentId }] = listings
      const { item, found } = await readById(parts, id, { signal, timeoutMs, onFetch: () => { onStage(contentId, 'fetch') } })
      refuseOwn([item])
      onStage(contentId, 'verify')
      if (value === 1) onStage(contentId, 'seed')
      // Durable before the vote is signed: `put` waits for the disk, also for what was only cached.
      await torrents.put(found.body.bytes)
      signal?.throwIfAborted()
      return await sign(item, value, found, signal)
    })
  }

  return {
    up: async (id, options) => await cast(id, 1, options),
    down: async (id, options) => await cast(id, -1, options),
    clear: async (id, { timeoutMs, signal } = {}) => await publicCall(signal, async () => {
      const listings = listingsOf(index, id)
      refuseOwn(listings)
      return await sign(await onlyVoted(listings) ?? await rightfulListing(parts, id, { timeoutMs, signal }), 0, null, signal)
    })
  }
}
