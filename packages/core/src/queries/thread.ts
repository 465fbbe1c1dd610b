// A page of a thread: what the index lists, with the bodies that are here or can be had.
import type { CommentNode, CommentSort, ItemView, JudgedPost, Judgement, Page, PostView } from '@seedbed/crdt-index'
import { profileOf } from '../actions/profiles.ts'
import type { FoundBody } from '../bodies/library.ts'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_BODY_TIMEOUT_MS, DEFAULT_THREAD_LIMIT, MAX_THREAD_LIMIT } from '../limits.ts'
import type { Reading } from '../moderation/reading.ts'
import type { SeedbedNode, Thread, ThreadNode, ThreadQuery } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import { timeLimit } from '../time-limit.ts'
import { publicCall } from '../translate-error.ts'
import { magnetOf, rightfulListing, timeLeft } from './bodies.ts'
import { listingsOf } from './locate.ts'
import { ownFactsFrom, type OwnFactsOf } from './own-facts.ts'
import { threadCursor, threadPlace, type ThreadPlace } from './thread-cursor.ts'
import { createWantedMonths } from './wanted-months.ts'

/** A post and a page of its comments as the index lists them now, before anybody looks for bodies. */
export interface ListedThread {
  readonly post: JudgedPost
  /** What the comments answer, directly or not. */
  readonly place: ThreadPlace
  /** Depth first, in display order. */
  readonly comments: readonly CommentNode[]
  /** As of Thread. */
  readonly next: string | null
  /** The post, then the comments. */
  readonly items: ReadonlyArray<JudgedPost | CommentNode>
  /** Those among them whose texts are shown, at once or on request; others are not fetched. */
  readonly readable: ReadonlyArray<JudgedPost | CommentNode>
}

export type ListQuery = Omit<ThreadQuery, 'timeoutMs'>

const SORTS: Readonly<Record<CommentSort, true>> = { best: true, top: true, new: true, old: true, controversial: true }

export interface ThreadReader {
  /** The thread that the item belongs to. Errors: UNKNOWN_ID while its post is not known here; BAD_ID, USAGE for a query that is none. */
  list (item: ItemView, query: ListQuery): ListedThread
  /** `bodies`: one for each of `items`; null is shown as missing. */
  describe (thread: ListedThread, bodies: ReadonlyArray<FoundBody | null>): Promise<Thread>
}

export function createThreadReader (parts: NodeParts, reading: Reading, ownFacts: OwnFactsOf = ownFactsFrom(parts, { asksHeld: false })): ThreadReader {
  const { index } = parts

  function postOf (item: ItemView): PostView {
    const post = index.item(item.community, item.period, item.kind === 'post' ? item.item : item.root)
    if (post?.kind !== 'post') throw new SeedbedError('UNKNOWN_ID', `the post that ${item.contentId} belongs to is not known here yet`)
    return post
  }

  async function describe (item: JudgedPost | CommentNode, parent: ItemView | null, depth: number, found: FoundBody | null): Promise<ThreadNode> {
    const { contentId, author, createdMs, score, up, down, otherRevision, deleted, revision } = item
    const shown = deleted || item.treatment === 'hide' ? null : found
    const { vote, seeding } = await ownFacts(item, [shown?.revision.contentId ?? contentId])
    return {
      id: contentId,
      parent: parent?.contentId ?? null,
      depth,
      author,
      createdAtMs: createdMs,
      score,
      up,
      down,
      otherRevision,
      vote,
      seeding,
      deleted,
      editedAtMs: revision.editedMs,
      revision: shown?.revision.contentId ?? null,
      newest: shown?.revision.contentId === revision.contentId,
      profile: profileOf(index, item.community, author),
      mentions: item.kind === 'comment' ? item.mentions : [],
      ...reading.describe(item, item),
      available: shown !== null,
      text: shown?.body.fields.text ?? null,
      sha256: shown?.sha256 ?? null,
      servedBy: shown?.servedBy ?? null,
      magnet: magnetOf(parts, item, seeding, shown?.revision, item.kind === 'post' ? titleShown(item, shown) : undefined)
    }
  }

  return {
    list (item, { sort = 'best', limit = DEFAULT_THREAD_LIMIT, after, ...wanted }) {
      if (!Object.hasOwn(SORTS, sort)) throw new SeedbedError('USAGE', `a thread is sorted by ${Object.keys(SORTS).join(', ')}`)
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_THREAD_LIMIT) throw new SeedbedError('USAGE', `a page of a thread has 1 to ${MAX_THREAD_LIMIT} comments`)
      const options = reading.optionsOf(wanted)
      const found = postOf(item)
      const post = { ...found, ...index.judge(found, options) ?? UNJUDGED }
      const place = threadPlace(index, post, after)
      const { items: comments, next } = index.comments(place.of, { sort, limit, gaps: true, ...(place.after === undefined ? {} : { after: place.after }), ...options }) ?? NOTHING
      const items = [post, ...comments]
      return { post, place, comments, next: threadCursor(place.of.item, next), items, readable: items.filter(({ treatment }) => treatment !== 'hide') }
    },
    async describe ({ post, place, comments, next, items }, bodies) {
      const isShown = !post.deleted && post.treatment !== 'hide'
      const byItem = new Map<string, ItemView>([place.of, ...items].map(item => [item.item, item]))
      const root = await describe(post, null, 0, bodies[0] ?? null)
      const nodes = await Promise.all(comments.map(async (comment, i) => ({
        ...await describe(comment, byItem.get(comment.parent) ?? null, place.depth + comment.depth + 1, bodies[i + 1] ?? null),
        below: comment.below,
        next: threadCursor(comment.item, comment.next)
      })))
      return { community: post.community, title: isShown ? titleShown(post, bodies[0] ?? null) : '', post: root, comments: nodes, next, total: post.comments, holding: index.holding(post.community, post.period), knownAtMs: post.asOfMs }
    }
  }
}

const UNJUDGED: Judgement = { treatment: 'show', labels: [] }
const NOTHING: Page<CommentNode> = { items: [], next: null }

export function createThread (parts: NodeParts, reader: ThreadReader): SeedbedNode['thread'] {
  return async (id, { timeoutMs = DEFAULT_BODY_TIMEOUT_MS, signal, ...query } = {}) => await publicCall(signal, async (): Promise<Thread> => {
    const untilMs = performance.now() + timeoutMs
    const listings = listingsOf(parts.index, id)
    const rightful = await rightfulListing(parts, id, { timeoutMs, signal }).catch((error: unknown) => {
      if (error instanceof SeedbedError && (error.code === 'BODY_UNAVAILABLE' || error.code === 'BODY_MISMATCH')) return null
      throw error
    })
    const late = timeLimit(timeLeft(untilMs, timeoutMs) / 2) // the other half is for the texts
    await createWantedMonths(parts.index).ofItem(rightful ?? undecided(listings), signal === undefined ? late : AbortSignal.any([signal, late]))
    const thread = reader.list(rightful ?? undecided(listings), query)
    const found = await parts.library.readMany(thread.readable, { timeoutMs: timeLeft(untilMs, timeoutMs), ...(signal === undefined ? {} : { signal }) })
    const byItem = new Map(thread.readable.map(({ item }, i) => [item, found[i] ?? null]))
    const bodies = thread.items.map(({ item }) => byItem.get(item) ?? null)
    // What nobody could tell the author of is shown without a text: an edit of it could be anybody's.
    if (rightful === null) for (const [i, { contentId }] of thread.items.entries()) if (contentId === listings[0].contentId) bodies[i] = null
    return await reader.describe(thread, bodies)
  })
}

/** Which of several listings to show while nothing tells the rightful one: anybody can list and delete what is not theirs. */
export function undecided (listings: readonly [ItemView, ...ItemView[]]): ItemView {
  return listings.find(({ deleted }) => !deleted) ?? listings[0]
}

/** The title of the text that is shown: an older revision may have had another one than the newest. */
function titleShown (post: PostView, found: FoundBody | null): string {
  return found?.body.fields.kind === 'post' ? found.body.fields.title : post.title
}
