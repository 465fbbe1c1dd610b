// 100,000 posts of one community over twelve months, as the index's views hold them and as plain objects.
import { bytesToBase64url, hexToBytes, itemIdOf, periodOf, type AuthorId, type CommunityAddress, type ContentId, type EntryChange, type FeedWindow, type Period } from '@seedbed/crdt-index'
import { createHash } from 'node:crypto'
import { feed } from '../../packages/crdt-index/src/views/feed.ts'
import { createShardView, type ShardView } from '../../packages/crdt-index/src/views/shard-view.ts'
import { answer } from '../support/child.ts'
import { quantile } from '../support/suite.ts'

export interface WindowTimes { readonly window: FeedWindow, readonly feedMs: number, readonly naiveMs: number }

interface Post { readonly contentId: ContentId, readonly createdMs: number, readonly title: string, readonly author: AuthorId, up: number, down: number }

const WINDOWS: readonly FeedWindow[] = ['day', 'week', 'month', 'all']
const WINDOW_MS: Readonly<Partial<Record<FeedWindow, number>>> = { day: 86_400_000, week: 7 * 86_400_000, month: 30 * 86_400_000 }
const POSTS = 100_000
const AUTHORS = 1000
const SPAN_MS = 365 * 86_400_000
const NOW_MS = Date.UTC(2026, 5, 16)
const PAGE = 50
const RUNS = 30
const community = 'c0'.repeat(32) as CommunityAddress

answer({
  measure (): WindowTimes[] {
    const { shards, posts } = build()
    return WINDOWS.map(window => {
      const ours = (): ContentId[] => feed(shards, { sort: 'top', window, limit: PAGE, nowMs: NOW_MS }).items.map(({ contentId }) => contentId)
      const naive = (): ContentId[] => naiveTop(posts, window).map(({ contentId }) => contentId)
      if (ours().join() !== naive().join()) throw new Error(`${window}: the two pages differ`)
      const feedMs: number[] = []
      const naiveMs: number[] = []
      for (let run = 0; run < RUNS; run++) { // by turns, so that whatever else the machine does meets both alike
        feedMs.push(durationMs(ours))
        naiveMs.push(durationMs(naive))
      }
      return { window, feedMs: quantile(feedMs, 0.5), naiveMs: quantile(naiveMs, 0.5) }
    })
  }
})

/** Sorts all that lie in the window by score, then newest, then by content id. */
function naiveTop (posts: readonly Post[], window: FeedWindow): Post[] {
  const fromMs = NOW_MS - (WINDOW_MS[window] ?? Number.POSITIVE_INFINITY)
  return posts.filter(({ createdMs }) => createdMs >= fromMs)
    .sort((a, b) => (b.up - b.down) - (a.up - a.down) || b.createdMs - a.createdMs || (a.contentId < b.contentId ? -1 : 1))
    .slice(0, PAGE)
}

function durationMs (work: () => unknown): number {
  const beganMs = performance.now()
  work()
  return performance.now() - beganMs
}

function build (): { shards: ShardView[], posts: Post[] } {
  const views = new Map<Period, ShardView>()
  const posts: Post[] = []
  const random = lehmer(7)
  const authors = Array.from({ length: AUTHORS }, (_, n) => hex('sha256', `author ${n}`) as AuthorId)
  for (let n = 0; n < POSTS; n++) {
    const author = authors[n % AUTHORS]!
    const contentId = hex('sha1', `post ${n}`) as ContentId
    const createdMs = Math.floor(NOW_MS - random() * SPAN_MS)
    const period = periodOf(createdMs)
    let view = views.get(period)
    if (view === undefined) views.set(period, view = createShardView({ community, period }))
    const post: Post = { contentId, createdMs, title: `Post ${n}`, author, up: 0, down: 0 }
    const key = bytesToBase64url(hexToBytes(contentId))
    const value = [500, createdMs, post.title]
    view.apply(author, [{ root: 'posts', key, before: undefined, after: value }], (root, name) => root === 'posts' && name === key ? value : undefined)
    posts.push(post)
  }
  vote(posts, views, authors, random)
  return { shards: [...views.values()], posts }
}

/** Votes by a power law: most posts get none or a few, some get hundreds. */
function vote (posts: readonly Post[], views: ReadonlyMap<Period, ShardView>, authors: readonly AuthorId[], random: () => number): void {
  const ballots = new Map<AuthorId, Map<Period, EntryChange[]>>()
  for (const post of posts) {
    const period = periodOf(post.createdMs)
    const item = itemIdOf(post.author, post.contentId)
    const votes = Math.min(AUTHORS - 1, Math.floor(random() ** -0.7) - 1)
    const first = Math.floor(random() * AUTHORS)
    for (let n = 0; n < votes; n++) {
      const voter = authors[(first + n) % AUTHORS]!
      if (voter === post.author) continue
      const value = random() < 0.8 ? 1 : -1
      if (value === 1) post.up++
      else post.down++
      let ofVoter = ballots.get(voter)
      if (ofVoter === undefined) ballots.set(voter, ofVoter = new Map())
      const changes = ofVoter.get(period) ?? []
      ofVoter.set(period, changes)
      changes.push({ root: 'votes', key: item, before: undefined, after: [value, Math.floor(NOW_MS / 1000)] })
    }
  }
  for (const [author, byPeriod] of ballots) for (const [period, changes] of byPeriod) views.get(period)?.apply(author, changes, () => undefined)
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
