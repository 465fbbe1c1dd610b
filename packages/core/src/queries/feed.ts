import type { JudgedPost } from '@seedbed/crdt-index'
import { profileOf } from '../actions/profiles.ts'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_FEED_LIMIT, MAX_FEED_LIMIT } from '../limits.ts'
import type { Reading } from '../moderation/reading.ts'
import type { FeedPost, SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import type { CountSeeds } from '../retention/seed-counts.ts'
import { publicCall } from '../translate-error.ts'
import { resolveCommunity } from './locate.ts'
import { ownFactsFrom, type OwnFactsOf } from './own-facts.ts'
import { isRightful, readFull } from './read-full.ts'
import { createWantedMonths, type WantedMonths } from './wanted-months.ts'

export function createFeed (parts: NodeParts, reading: Reading, ownFacts: OwnFactsOf = ownFactsFrom(parts, { asksHeld: true }), newMonths = (): WantedMonths => createWantedMonths(parts.index)): SeedbedNode['feed'] {
  const { index, seedCounts, clock } = parts

  async function describe (post: JudgedPost, countSeeds: CountSeeds): Promise<FeedPost> {
    const { contentId, title, author, community, createdMs, score, up, down, weightedUp, weightedDown, otherRevision, comments, revision, asOfMs } = post
    const { vote, seeding, held } = await ownFacts(post, [revision.contentId])
    const elsewhere = countSeeds(community, revision.contentId)
    return {
      id: contentId, title, author, community, createdAtMs: createdMs, score, up, down, weightedUp, weightedDown, knownAtMs: asOfMs, otherRevision, comments,
      seeding,
      seeds: held ? 1 + (elsewhere ?? 0) : elsewhere,
      vote,
      editedAtMs: revision.editedMs,
      profile: profileOf(index, community, author),
      ...reading.describe(post, post)
    }
  }

  return async ({ communities, sort = 'top', window = 'all', limit = DEFAULT_FEED_LIMIT, after, policy, weightOf, signal } = {}) => await publicCall(signal, async () => {
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_FEED_LIMIT) throw new SeedbedError('USAGE', `a feed's limit is a whole number from 1 to ${MAX_FEED_LIMIT}`)
    newMonths().ofFeed({ ...communities === undefined ? {} : { communities }, sort, window }, clock())
    const wanted = communities?.map(address => resolveCommunity(index, address).address)
    const wish = reading.optionsOf({ ...(policy === undefined ? {} : { policy }), ...(weightOf === undefined ? {} : { weightOf }) })
    const { items: posts, next, hidden } = await readFull({
      limit,
      after,
      read: slice => index.feed({ sort, window, ...wish, ...slice, ...(wanted === undefined ? {} : { communities: wanted }) }),
      isShown: async post => await isRightful(parts, post)
    })
    const countSeeds = seedCounts.counter()
    return { items: await Promise.all(posts.map(async post => await describe(post, countSeeds))), next, hidden }
  })
}
