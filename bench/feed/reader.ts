// A million posts of twenty communities over twelve months, as the index's views hold them and as plain objects.
import { bytesToBase64url, hexToBytes, itemIdOf, periodOf, type AuthorId, type CommunityAddress, type ContentId, type EntryChange, type FeedSort, type FeedWindow } from '@seedbed/crdt-index'
import { createHash } from 'node:crypto'
import { feed } from '../../packages/crdt-index/src/views/feed.ts'
import { createShardView, type ShardView } from '../../packages/crdt-index/src/views/shard-view.ts'
import { answer } from '../support/child.ts'
import { quantile } from '../support/suite.ts'

export interface Timed { readonly name: string, readonly feedMs: number, readonly naiveMs: number }
export interface Measured { readonly timed: readonly Timed[], readonly bytesAPost: { readonly columns: number, readonly objects: number }, readonly weighing: { readonly votes: number, readonly ms: number } }

interface Post { readonly contentId: ContentId, readonly community: CommunityAddress, readonly createdMs: number, readonly title: string, readonly author: AuthorId, up: number, down: number }
interface Query { readonly name: string, readonly sort: FeedSort, readonly window?: FeedWindow, readonly community?: CommunityAddress, readonly isWeighed?: boolean, readonly page?: number }

const WINDOW_MS: Readonly<Record<FeedWindow, number>> = { day: 86_400_000, week: 7 * 86_400_000, month: 30 * 86_400_000, year: 365 * 86_400_000, all: Number.POSITIVE_INFINITY }
const POSTS = 1_000_000
const COMMUNITIES = 20
const AUTHORS = 1000
const SPAN_MS = 365 * 86_400_000
const NOW_MS = Date.UTC(2026, 5, 16)
const PAGE = 50
const RUNS = 30
const NAIVE_RUNS = 3
const communities = Array.from({ length: COMMUNITIES }, (_, n) => hex('sha256', `community ${n}`) as CommunityAddress)
const authors = Array.from({ length: AUTHORS }, (_, n) => hex('sha256', `author ${n}`) as AuthorId)

const QUERIES: readonly Query[] = [
  ...(['day', 'week', 'month', 'year', 'all'] as const).map(window => ({ name: `top, ${window}`, sort: 'top' as const, window })),
  { name: 'hot', sort: 'hot' }, { name: 'new', sort: 'new' }, { name: 'rising', sort: 'rising' }, { name: 'controversial, all', sort: 'controversial' },
  { name: 'top, all, of one of 20 communities', sort: 'top', ...(communities[0] === undefined ? {} : { community: communities[0] }) },
  { name: 'top, all, page 21', sort: 'top', page: 20 },
  { name: 'top, all, weighed', sort: 'top', isWeighed: true }, { name: 'hot, weighed', sort: 'hot', isWeighed: true }
]

answer({
  measure (): Measured {
    const random = lehmer(7)
    const before = usedBytes()
    const views = build()
    const filled = usedBytes()
    const posts = plainPosts()
    const bytesAPost = { columns: (filled - before) / POSTS, objects: (usedBytes() - filled) / POSTS }
    const votes = vote(posts, views, random)
    const weighing = { votes, ms: 0 }
    const timed = QUERIES.map((query): Timed => {
      const shards = [...views.values()].filter(({ community }) => query.community === undefined || community === query.community)
      const began = performance.now()
      for (const shard of shards) shard.weigh(query.isWeighed === true ? weightOf : null, 0)
      if (query.isWeighed === true && weighing.ms === 0) weighing.ms = performance.now() - began
      let after: string | undefined
      const ours = (): { ids: ContentId[], next: string | null } => {
        const { items, next } = feed(shards, { sort: query.sort, ...(query.window === undefined ? {} : { window: query.window }), limit: PAGE, nowMs: NOW_MS, after })
        return { ids: items.map(({ contentId }) => contentId), next }
      }
      for (let page = 0; page < (query.page ?? 0); page++) after = ours().next ?? undefined
      const naive = (): ContentId[] => naiveFeed(posts, query)
      if (ours().ids.join() !== naive().join()) throw new Error(`${query.name}: the two pages differ`)
      const feedMs: number[] = []
      const naiveMs: number[] = []
      for (let run = 0; run < RUNS; run++) { // by turns, so that whatever else the machine does meets both alike
        feedMs.push(durationMs(ours))
        if (run < NAIVE_RUNS) naiveMs.push(durationMs(naive))
      }
      return { name: query.name, feedMs: quantile(feedMs, 0.5), naiveMs: quantile(naiveMs, 0.5) }
    })
    return { timed, bytesAPost, weighing }
  }
})

/** Whole steps, like those of the index. */
function weightOf (author: AuthorId): number {
  return Number.parseInt(author.slice(0, 2), 16)
}

/** Ranks all that lie in the window, sorts them by rank, then newest, then by content id. */
function naiveFeed (posts: readonly Post[], { sort, window = 'all', community, isWeighed = false, page = 0 }: Query): ContentId[] {
  const fromMs = NOW_MS - (sort === 'rising' ? WINDOW_MS.day : WINDOW_MS[window])
  const rankOf = (post: Post): number => {
    const { up, down } = isWeighed ? weights.get(post.contentId) ?? { up: 0, down: 0 } : post
    const score = up - down
    if (sort === 'top') return score
    if (sort === 'new') return post.createdMs
    if (sort === 'hot') return Math.round(1e6 * (Math.sign(score) * Math.log10(Math.max(Math.abs(score), 1)) + post.createdMs / 45_000_000))
    if (sort === 'rising') return Math.round(1e6 * score * 3_600_000 / (NOW_MS - post.createdMs + 7_200_000))
    return up > 0 && down > 0 ? Math.round(1e6 * (up + down) ** (Math.min(up, down) / Math.max(up, down))) : 0
  }
  return posts.filter(post => post.createdMs >= fromMs && (community === undefined || post.community === community))
    .map(post => ({ post, rank: rankOf(post) })).filter(({ rank }) => sort !== 'rising' || rank > 0)
    .sort((a, b) => b.rank - a.rank || b.post.createdMs - a.post.createdMs || (a.post.contentId < b.post.contentId ? -1 : 1))
    .slice(page * PAGE, (page + 1) * PAGE).map(({ post }) => post.contentId)
}

function durationMs (work: () => unknown): number {
  const beganMs = performance.now()
  work()
  return performance.now() - beganMs
}

function usedBytes (): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Post n; its time comes from a generator of its own, so that views and objects agree. */
function postAt (n: number, random: () => number): Post {
  return {
    contentId: hex('sha1', `post ${n}`) as ContentId,
    community: communities[n % COMMUNITIES]!,
    createdMs: Math.floor(NOW_MS - random() * SPAN_MS),
    title: `Post ${n}`,
    author: authors[n % AUTHORS]!,
    up: 0,
    down: 0
  }
}

function plainPosts (): Post[] {
  const times = lehmer(11)
  return Array.from({ length: POSTS }, (_, n) => postAt(n, times))
}

function build (): Map<string, ShardView> {
  const views = new Map<string, ShardView>()
  const times = lehmer(11)
  for (let n = 0; n < POSTS; n++) {
    const { contentId, community, createdMs, title, author } = postAt(n, times)
    const period = periodOf(createdMs)
    const view = views.get(`${community} ${period}`) ?? createShardView({ community, period })
    views.set(`${community} ${period}`, view)
    const key = bytesToBase64url(hexToBytes(contentId))
    const value = [500, createdMs, title]
    view.apply(author, [{ root: 'posts', key, before: undefined, after: value }], (root, name) => root === 'posts' && name === key ? value : undefined)
  }
  return views
}

const weights = new Map<ContentId, { up: number, down: number }>()

/** Votes by a power law: most posts get none or a few, some get hundreds. Returns how many there are. */
function vote (posts: readonly Post[], views: ReadonlyMap<string, ShardView>, random: () => number): number {
  let cast = 0
  for (const post of posts) {
    const view = views.get(`${post.community} ${periodOf(post.createdMs)}`)
    const item = itemIdOf(post.author, post.contentId)
    const votes = Math.min(AUTHORS - 1, Math.floor(random() ** -0.7) - 1)
    const first = Math.floor(random() * AUTHORS)
    const weighed = { up: 0, down: 0 }
    for (let n = 0; n < votes; n++) {
      const voter = authors[(first + n) % AUTHORS]!
      if (voter === post.author) continue
      const value = random() < 0.8 ? 1 : -1
      const side = value === 1 ? 'up' : 'down'
      post[side]++
      weighed[side] += weightOf(voter)
      cast++
      const change: EntryChange = { root: 'votes', key: item, before: undefined, after: [value, Math.floor(NOW_MS / 1000)] }
      view?.apply(voter, [change], () => undefined)
    }
    if (votes > 0) weights.set(post.contentId, weighed)
  }
  return cast
}

function hex (algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest('hex')
}

/** Lehmer's generator modulo 2^31 - 1: the same posts in every run. */
function lehmer (seed: number): () => number {
  let state = seed
  return () => {
    state = state * 48_271 % 2_147_483_647
    return state / 2_147_483_647
  }
}
