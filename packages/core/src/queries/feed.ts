import type { PostView } from '@seedbed/crdt-index'
import { profileOf } from '../actions/profiles.ts'
import { voteOf } from '../actions/votes.ts'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_FEED_LIMIT, MAX_FEED_LIMIT } from '../limits.ts'
import type { FeedPost, SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import { publicCall } from '../translate-error.ts'
import { isSeeding } from './bodies.ts'
import { resolveCommunity } from './locate.ts'

export function createFeed (parts: NodeParts): SeedbedNode['feed'] {
  const { index } = parts

  async function describe (post: PostView): Promise<FeedPost> {
    const { contentId, title, author, community, createdMs, score, up, down, otherRevision, comments, revision } = post
    return {
      id: contentId, title, author, community, createdAtMs: createdMs, score, up, down, otherRevision, comments,
      seeding: await isSeeding(parts, revision.contentId) || await isSeeding(parts, contentId),
      vote: await voteOf(parts, post),
      editedAtMs: revision.editedMs,
      profile: profileOf(index, community, author)
    }
  }

  return async ({ communities, sort = 'top', window = 'all', limit = DEFAULT_FEED_LIMIT, after, signal } = {}) => await publicCall(signal, async () => {
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_FEED_LIMIT) throw new SeedbedError('USAGE', `a feed's limit is a whole number from 1 to ${MAX_FEED_LIMIT}`)
    const wanted = communities?.map(address => resolveCommunity(index, address).address)
    const page = index.feed({ sort, window, limit, ...(wanted === undefined ? {} : { communities: wanted }), ...(after === undefined ? {} : { after }) })
    return { items: await Promise.all(page.items.map(describe)), next: page.next }
  })
}
