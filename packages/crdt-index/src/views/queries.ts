// What the index answers: the views of the shards that a question is about, weighed and judged as the reader wants.
import { MAX_LISTED_LABELS } from '../limits.ts'
import { META_PERIOD, type AuthorId, type Clock, type CommunityAddress, type ContentId, type ItemId, type Period } from '../model.ts'
import type { MetaView } from './meta-view.ts'
import { authored, type AuthoredOptions } from './authored.ts'
import { listComments } from './comment-page.ts'
import { NONE } from './columns.ts'
import { feed, type FeedOptions, type FeedPage } from './feed.ts'
import type { CommentNode, ItemView, JudgedItem, ThreadNode } from './item-view.ts'
import type { Label } from './labels.ts'
import { notifications, type NotificationsOptions, type NotificationsPage } from './notifications.ts'
import type { JudgedPage, Page } from './page.ts'
import { createJudges, type JudgeOf, type Judgement, type Policy } from './policy.ts'
import type { Revision } from './revisions.ts'
import { ATTACHED, RowKind } from './rows.ts'
import type { ShardView } from './shard-view.ts'
import { listThread, type CommentSort } from './thread.ts'
import type { WeightOf } from './weights.ts'

/** Where an item is listed. */
export interface ItemPlace { readonly community: CommunityAddress, readonly period: Period, readonly item: ItemId }

/** How a reader wants to see things. */
export interface ReadOptions {
  /** Default: everything is shown, nothing is labelled. */
  readonly policy?: Policy
  /**
   * What votes weigh in totals and orders; null: all alike. Default: as the index was told. Each shard keeps the totals of
   * one function, and another one costs about 0.1 µs a vote, so functions are made once and not for each query.
   */
  readonly weightOf?: WeightOf | null
}

/** The communities asked about. Default: all joined ones. Errors of what takes it: NOT_JOINED. */
export interface CommunityChoice { readonly communities?: readonly CommunityAddress[] }

export interface CommentsQuery extends ReadOptions {
  /** Default 'best'. */
  readonly sort?: CommentSort
  /** Comments on the page, all levels together; at least 1. */
  readonly limit: number
  /** Levels that are listed; default: all. */
  readonly depth?: number
  /** Whether a deleted comment is listed also where nothing below it is shown, as `thread` does; default false. */
  readonly gaps?: boolean
  /** `next` of a page of the same item's answers, or of the item as a page listed it. */
  readonly after?: string
}

export interface Queries {
  /** Every listing of a content, one an author and shard. */
  find (contentId: ContentId): ItemView[]
  /** Every item of which a content is a revision, the first or a later one. */
  findRevision (contentId: ContentId): ItemView[]
  item (community: CommunityAddress, period: Period, item: ItemId): ItemView | undefined
  /** All revisions of an item, oldest first; undefined when it is not listed. */
  revisions (item: ItemPlace): Revision[] | undefined
  /** What an author says about themselves in a community. */
  profile (community: CommunityAddress, author: AuthorId): { readonly name: string | null, readonly about: string | null }
  /** Whom the founder names, sorted. A reader may follow others. */
  moderators (community: CommunityAddress): AuthorId[]
  /** Everybody's labels on an item, newest first, at most MAX_LISTED_LABELS: for who looks behind a policy. */
  labels (item: ItemPlace): Label[]
  /** What a policy makes of one item, as a list would; undefined when it is not listed. */
  judge (item: ItemPlace, options: Pick<ReadOptions, 'policy'>): Judgement | undefined
  /** Who lists a post or comment, or says something about themselves, in what is held of a community; sorted. Errors: NOT_JOINED. */
  authors (community: CommunityAddress): AuthorId[]
  /** All comments below a post, depth first; undefined when the post is not listed. */
  thread (post: ItemPlace, sort?: CommentSort, options?: ReadOptions): ThreadNode[] | undefined
  /**
   * A part of the answers to a post or comment, depth first; undefined when it is not listed or hangs below no post. Every
   * comment that is shown is on exactly one page, if all cursors are followed: `next` of the page, and of each comment whose
   * own answers go on (ask for those with that comment as the item). What does not change meanwhile stays so.
   * Errors: BAD_ENTRY for a cursor that is none.
   */
  comments (item: ItemPlace, query: CommentsQuery): Page<CommentNode> | undefined
  /** The first posts in an order. Errors: BAD_ENTRY for a cursor that is none, NOT_JOINED. */
  feed (query: CommunityChoice & Omit<FeedOptions, 'nowMs' | 'judgeOf'> & ReadOptions): FeedPage
  /** What an author wrote. Errors: BAD_ENTRY for a cursor that is none, NOT_JOINED. */
  authored (query: CommunityChoice & Omit<AuthoredOptions, 'nowMs' | 'judgeOf'> & ReadOptions): JudgedPage<JudgedItem>
  /** Answers to an author and mentions, newest first. Errors: BAD_ENTRY for a cursor that is none, NOT_JOINED. */
  notifications (query: CommunityChoice & Omit<NotificationsOptions, 'nowMs' | 'judgeOf'> & ReadOptions): NotificationsPage
  /** Asks the weight function again: some of its answers changed. */
  reweigh (): void
}

/** The shards of a joined community. */
export interface QueriedCommunity {
  readonly genesis: { readonly founder: AuthorId | null } | null
  readonly shards: ReadonlyMap<Period, { readonly month: ShardView | null, readonly recalled?: { readonly view: ShardView } | null, readonly meta: MetaView | null }>
}

export interface QueriesOptions {
  readonly communities: ReadonlyMap<CommunityAddress, QueriedCommunity>
  /** Errors: NOT_JOINED. */
  readonly joined: (address: CommunityAddress) => QueriedCommunity
  readonly clock: Clock
  readonly weightOf: WeightOf | null
}

export function createQueries ({ communities, joined, clock, weightOf: usual }: QueriesOptions): Queries {
  let generation = 0

  function weighed (view: ShardView, weightOf: WeightOf | null = usual): ShardView {
    view.weigh(weightOf, generation)
    return view
  }

  function monthOf ({ community, period }: Pick<ItemPlace, 'community' | 'period'>, { weightOf }: ReadOptions = {}): ShardView | undefined {
    const shard = communities.get(community)?.shards.get(period)
    const view = shard?.recalled?.view ?? shard?.month
    return view ? weighed(view, weightOf) : undefined
  }

  function monthsOf ({ communities: wanted = [...communities.keys()] }: CommunityChoice, { weightOf }: ReadOptions): ShardView[] {
    return [...new Set(wanted)].flatMap(address => [...joined(address).shards.values()].flatMap(({ month, recalled }) => month === null ? [] : weighed(recalled?.view ?? month, weightOf)))
  }

  function everywhere (ask: (view: ShardView) => ItemId[]): ItemView[] {
    return monthsOf({}, {}).flatMap(view => ask(view).flatMap(item => view.item(item) ?? []))
  }

  function moderators (address: CommunityAddress): AuthorId[] {
    return communities.get(address)?.shards.get(META_PERIOD)?.meta?.moderators() ?? []
  }

  function appointed (address: CommunityAddress): AuthorId[] {
    const founder = communities.get(address)?.genesis?.founder ?? null
    return [...founder === null ? [] : [founder], ...moderators(address)]
  }

  const judges = ({ policy }: ReadOptions): JudgeOf => createJudges(policy, appointed)

  return {
    find: contentId => everywhere(view => view.find(contentId)),
    findRevision: contentId => everywhere(view => view.findRevision(contentId)),
    item: (community, period, item) => monthOf({ community, period })?.item(item),
    revisions: place => monthOf(place)?.revisions(place.item),
    profile: (community, author) => communities.get(community)?.shards.get(META_PERIOD)?.meta?.profile(author) ?? { name: null, about: null },
    moderators,
    labels: place => monthOf(place)?.labels(place.item).slice(0, MAX_LISTED_LABELS) ?? [],
    judge (place, options) {
      const view = monthOf(place)
      const row = view?.rowOf(place.item) ?? NONE
      return view === undefined || row === NONE ? undefined : judges(options)(view).judge(row)
    },
    authors (address) {
      const found = new Set<AuthorId>()
      for (const { month, meta } of joined(address).shards.values()) {
        for (const author of meta?.authors() ?? []) found.add(author)
        if (month === null) continue
        const { rows } = month
        for (let number = 0; number < rows.authorCount; number++) if (rows.firstOfAuthor(number) !== NONE) found.add(rows.authorNumbered(number))
      }
      return [...found].sort()
    },
    thread (place, sort = 'best', options = {}) {
      const view = monthOf(place, options)
      const row = view?.rowOf(place.item) ?? NONE
      if (view === undefined || row === NONE || view.rows.kind[row] !== RowKind.post) return undefined
      return listThread(view, row, sort, judges(options)(view))
    },
    comments (place, { sort = 'best', limit, depth = Number.MAX_SAFE_INTEGER, gaps = false, after, ...options }) {
      const view = monthOf(place, options)
      const parent = view?.rowOf(place.item) ?? NONE
      if (view === undefined || parent === NONE) return undefined
      if (view.rows.kind[parent] === RowKind.comment && (view.rows.flags[parent]! & ATTACHED) === 0) return undefined
      return listComments(view, { parent, sort, limit, depth, after, gaps, judge: judges(options)(view) })
    },
    feed: query => feed(monthsOf(query, query), { ...query, nowMs: clock(), judgeOf: judges(query) }),
    authored: query => authored(monthsOf(query, query), { ...query, nowMs: clock(), judgeOf: judges(query) }),
    notifications: query => notifications(monthsOf(query, query), { ...query, nowMs: clock(), judgeOf: judges(query) }),
    reweigh () { generation++ }
  }
}
