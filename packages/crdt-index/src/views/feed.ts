// The first posts of any number of shards. Blocks of posts are visited in the order of their bounds, until no block can
// hold one of the best any more: a million posts cost about what their best blocks cost.
import { MAX_AHEAD_MS, WEIGHT_STEPS } from '../limits.ts'
import type { JudgedPost } from './item-view.ts'
import { createPage, type Page, type PageBuilder, type PageOptions } from './page.ts'
import { createJudges, type Judge, type JudgeOf } from './policy.ts'
import { BLOCK_POSTS } from './post-table.ts'
import { controversialBound, controversialRank, hotRank, RISING_MS, risingRank, type FeedSort } from './ranking.ts'
import type { ShardView } from './shard-view.ts'
import { periodSpanMs, WINDOW_MS, type FeedWindow } from './window.ts'

export interface FeedOptions extends PageOptions {
  readonly sort: FeedSort
  /** Applies to `top` and `controversial`; default 'all'. Reaches back from the first page's time: 24 hours, 7, 30 or 365 days. */
  readonly window?: FeedWindow
  /** Unix time in milliseconds. */
  readonly nowMs: number
  /** Default: nothing is folded or left out. */
  readonly judgeOf?: JudgeOf
}

export type FeedItem = JudgedPost
export type FeedPage = Page<FeedItem>

/** How an order ranks a post. Scores are in steps of a vote, `scale` to the vote. */
interface Order {
  /** No post of at most this score, smaller side and time has a higher rank. */
  bound (score: number, minor: number, createdMs: number): number
  /** Null: the bound of a post is its rank. */
  readonly rank: ((score: number, votes: number, createdMs: number) => number) | null
}

interface Span { readonly fromMs: number, readonly untilMs: number }

/**
 * Live posts of the shards in the order of position.ts. Deleted and hidden posts and those more than MAX_AHEAD_MS in the
 * future are left out, `rising` lists what has a positive score. Errors: BAD_ENTRY for a cursor of another sort or window.
 */
export function feed (shards: readonly ShardView[], { sort, window = 'all', nowMs, judgeOf = createJudges(undefined, () => []), ...options }: FeedOptions): FeedPage {
  const isWindowed = sort === 'top' || sort === 'controversial'
  const page = createPage(isWindowed ? `${sort}-${window}` : sort, nowMs, options)
  const { atMs } = page
  const backMs = isWindowed ? WINDOW_MS[window] : sort === 'rising' ? RISING_MS : Number.POSITIVE_INFINITY
  collect(page, shards, { fromMs: atMs - backMs, untilMs: atMs + MAX_AHEAD_MS }, scale => orderOf(sort, scale, atMs), judgeOf)
  return page.finish(({ shard, row }) => ({ ...shard.postOf(row), ...judgeOf(shard).judge(row) }))
}

function orderOf (sort: FeedSort, scale: number, atMs: number): Order {
  if (sort === 'top') return { bound: score => score, rank: null }
  if (sort === 'new') return { bound: (_score, _minor, createdMs) => createdMs, rank: null }
  if (sort === 'hot') return { bound: (score, _minor, createdMs) => hotRank(score / scale, createdMs), rank: null }
  if (sort === 'rising') return { bound: (score, _minor, createdMs) => risingRank(score / scale, createdMs, atMs) || Number.NEGATIVE_INFINITY, rank: null }
  return {
    bound: (_score, minor) => controversialBound(minor / scale),
    rank: (score, votes) => controversialRank((votes + score) / 2 / scale, (votes - score) / 2 / scale)
  }
}

/** A block of a shard that may hold what is wanted. */
interface Blocks {
  readonly shard: number[]
  readonly block: number[]
  readonly bound: number[]
}

function collect (page: PageBuilder, shards: readonly ShardView[], span: Span, orderFor: (scale: number) => Order, judgeOf: JudgeOf): void {
  const blocks: Blocks = { shard: [], block: [], bound: [] }
  const judges: Array<Judge | undefined> = []
  const orders = shards.map((shard, n) => {
    const order = orderFor(shard.rows.posts.weights === null ? 1 : WEIGHT_STEPS)
    listBlocks(blocks, shard, n, span, order)
    return order
  })
  const bestFirst = Uint32Array.from(blocks.bound.keys()).sort((a, b) => blocks.bound[b]! - blocks.bound[a]!)
  for (const at of bestFirst) {
    if (blocks.bound[at]! < page.lowest) break
    const n = blocks.shard[at]!
    const shard = shards[n]!
    visit(page, shard, blocks.block[at]!, span, orders[n]!, judges[n] ??= judgeOf(shard))
  }
}

function listBlocks (blocks: Blocks, { period, rows }: ShardView, shard: number, { fromMs, untilMs }: Span, { bound }: Order): void {
  const month = periodSpanMs(period)
  if (month.untilMs <= fromMs || month.fromMs > untilMs) return
  const { posts } = rows
  const { maxScore, maxMinor } = posts.weights ?? posts.keys
  for (let block = 0; block < posts.blocks; block++) {
    const newestMs = posts.fromMs + posts.newest[block]!
    if (newestMs < fromMs) continue
    // What is too far ahead may not lift the bound: it is not listed.
    const highest = bound(maxScore[block]!, maxMinor[block]!, Math.min(newestMs, untilMs))
    if (highest === Number.NEGATIVE_INFINITY) continue
    blocks.shard.push(shard)
    blocks.block.push(block)
    blocks.bound.push(highest)
  }
}

function visit (page: PageBuilder, shard: ShardView, block: number, { fromMs, untilMs }: Span, { bound, rank }: Order, judge: Judge): void {
  const { posts } = shard.rows
  const { score: scores, votes: sums } = posts.weights ?? posts.keys
  const { time, row: rowAt, fromMs: startMs } = posts
  const end = Math.min(posts.count, (block + 1) * BLOCK_POSTS)
  const from = fromMs - startMs
  const until = untilMs - startMs
  for (let place = block * BLOCK_POSTS; place < end; place++) {
    const after = time[place]!
    if (after < from || after > until) continue
    const score = scores[place]!
    const votes = sums[place]!
    const createdMs = startMs + after
    const highest = bound(score, (votes - Math.abs(score)) / 2, createdMs)
    if (highest < page.lowest || highest === Number.NEGATIVE_INFINITY) continue
    const exact = rank === null ? highest : rank(score, votes, createdMs)
    if (exact < page.lowest || exact > page.highest) continue
    const row = rowAt[place]!
    if (judge.treatment(row) !== 'hide') page.offer(shard, row, exact, createdMs)
  }
}
