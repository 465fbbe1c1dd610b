// What one author wrote, in any joined community.
import { parseAuthorId, type ItemView, type JudgedItem, type ReadOptions } from '@seedbed/crdt-index'
import { profileOf } from '../actions/profiles.ts'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_FEED_LIMIT, MAX_FEED_LIMIT } from '../limits.ts'
import type { Reading } from '../moderation/reading.ts'
import type { AuthoredItem, AuthoredQuery, SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import { publicCall } from '../translate-error.ts'
import { resolveCommunity } from './locate.ts'
import { ownFactsFrom, type OwnFactsOf } from './own-facts.ts'
import { isRightful, readFull } from './read-full.ts'

const KINDS: readonly unknown[] = ['posts', 'comments', 'all'] satisfies Array<AuthoredQuery['kind']>
const SORTS: readonly unknown[] = ['new', 'top'] satisfies Array<AuthoredQuery['sort']>

export function createAuthored (parts: NodeParts, reading: Reading, ownFacts: OwnFactsOf = ownFactsFrom(parts, { asksHeld: false })): SeedbedNode['authored'] {
  const { index } = parts

  async function describe (item: JudgedItem, wish: ReadOptions): Promise<AuthoredItem> {
    const { contentId, kind, author, community, period, createdMs, score, up, down, otherRevision, asOfMs, revision } = item
    const { vote, seeding } = await ownFacts(item, [revision.contentId])
    const post: ItemView | undefined = kind === 'post' ? item : index.item(community, period, item.root)
    const parent = kind === 'post' ? undefined : index.item(community, period, item.parent)
    const isTitled = post?.kind === 'post' && !post.deleted && index.judge(post, wish)?.treatment !== 'hide'
    return {
      id: contentId, kind, author, community, createdAtMs: createdMs, editedAtMs: revision.editedMs, score, up, down, otherRevision, knownAtMs: asOfMs,
      post: post?.contentId ?? contentId,
      title: isTitled ? post.title : '',
      parent: parent?.contentId ?? null,
      comments: kind === 'post' ? item.comments : null,
      seeding,
      vote,
      profile: profileOf(index, community, author),
      ...reading.describe(item, item)
    }
  }

  return async (name, { communities, kind = 'all', sort = 'new', limit = DEFAULT_FEED_LIMIT, after, signal, ...wanted } = {}) => await publicCall(signal, async () => {
    const author = parseAuthorId(name.trim().toLowerCase())
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_FEED_LIMIT) throw new SeedbedError('USAGE', `a page has 1 to ${MAX_FEED_LIMIT} posts and comments`)
    if (!KINDS.includes(kind) || !SORTS.includes(sort)) throw new SeedbedError('USAGE', `what an author wrote is listed as ${KINDS.join(', ')}, by ${SORTS.join(' or ')}`)
    const wish = reading.optionsOf(wanted)
    const addresses = communities?.map(address => resolveCommunity(index, address).address)
    const { items, next, hidden } = await readFull({
      limit,
      after,
      read: slice => index.authored({ author, kind, sort, ...wish, ...slice, ...(addresses === undefined ? {} : { communities: addresses }) }),
      isShown: async item => await isRightful(parts, item)
    })
    return { items: await Promise.all(items.map(async item => await describe(item, wish))), next, hidden }
  })
}
