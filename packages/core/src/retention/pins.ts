// What this peer seeds to anybody: its author's own content and what the author's current upvotes name. Derived from
// the index at every question, never stored as a second truth.
import { parseVote, type AuthorId, type ContentId, type CrdtIndex, type ItemView, type VoteEntry } from '@seedbed/crdt-index'
import type { RecentRevisions } from '../bodies/recent-revisions.ts'
import type { Verdicts } from '../bodies/verdicts.ts'

export type PinReason = 'own' | 'upvoted'

export interface Pins {
  /** Why this peer keeps and serves a body of this content id, if it has it; null when nothing asks for it. */
  reasonFor (id: ContentId): Promise<PinReason | null>
  isPinned (id: ContentId): Promise<boolean>
}

export interface PinsOptions {
  readonly index: CrdtIndex
  readonly author: AuthorId
  readonly verdicts: Pick<Verdicts, 'rightful'>
  readonly recent: Pick<RecentRevisions, 'of'>
}

export function createPins ({ index, author, verdicts, recent }: PinsOptions): Pins {
  async function voteOn ({ community, period, item }: ItemView): Promise<VoteEntry | null> {
    const value = await index.entry(author, community, period, 'votes', item)
    return value === undefined ? null : parseVote(item, value)
  }

  /** An upvote pins the revision it was cast for, and later ones once they are here: they come only when opened. */
  function names (vote: VoteEntry, item: ItemView, id: ContentId): boolean {
    const voted = vote.revision ?? item.contentId
    if (voted === id) return true
    const order = recent.of(item).map(({ contentId }) => contentId)
    // A revision that is neither the first nor among the newest lies between them.
    const votedAt = order.indexOf(voted)
    return order.indexOf(id) > Math.max(votedAt, 0)
  }

  const pins: Pins = {
    async reasonFor (id) {
      for (const item of await verdicts.rightful(id)) {
        if (item.deleted) continue
        if (item.author === author) return 'own'
        const vote = await voteOn(item)
        if (vote?.value === 1 && names(vote, item, id)) return 'upvoted'
      }
      return null
    },
    isPinned: async id => await pins.reasonFor(id) !== null
  }
  return pins
}
