// What this peer seeds to anybody: its author's own content and what the author's current upvotes name. Derived from
// the index at every question, never stored as a second truth.
import { parseVote, type AuthorId, type ContentId, type CrdtIndex } from '@seedbed/crdt-index'

export interface Pins {
  isPinned (id: ContentId): Promise<boolean>
}

export function createPins (index: CrdtIndex, author: AuthorId): Pins {
  return {
    async isPinned (id) {
      for (const { community, period, item, author: by } of index.find(id)) {
        if (by === author) return true
        const value = await index.entry(author, community, period, 'votes', item)
        const vote = value === undefined ? null : parseVote(item, value)
        if (vote?.value === 1 && (vote.revision === null || vote.revision === id)) return true
      }
      return false
    }
  }
}
