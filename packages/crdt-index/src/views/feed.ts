// The first posts of any number of shards. Blocks of posts are visited in the order of their bounds, until no block can
// hold one of the best any more: a million posts cost about what their best blocks cost.
import { MAX_AHEAD_MS, WEIGHT_STEPS } from '../limits.ts'
import type { JudgedPost } from './item-view.ts'
import { createPage, type JudgedPage, type PageBuilder, type PageOptions } from './page.ts'
import { createJudges, type Judge, type JudgeOf } from './policy.ts'
import { BLOCK_POSTS } from './post-table.ts'
import { orderOf, type BlockBounds, type Needs, type Order } from './feed-order.ts'
import type { FeedSort } from './ranking.ts'
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
export type FeedPage = JudgedPage<FeedItem>

interface Span { readonly fromMs: number, readonly untilMs: number }

/**
 * Live posts of the shards in the order of position.ts. Deleted and hidden posts and those more than MAX_AHEAD_MS in the
 * future are left out, `rising` lists what has a positive score. Errors: BAD_ENTRY for a cursor of another sort or window.
 */
export function feed (shards: readonly ShardView[], { sort, window = 'all', nowMs, judgeOf = createJudges(undefined, () => []), ...options }: FeedOptions): FeedPage {
  const kind = sort === 'top' || sort === 'controversial' ? `${sort}-${window}` : sort
  const page = createPage(kind, nowMs, options)
  const scan: Scan = { page, orderFor: scale => orderOf(sort, WINDOW_MS[window], page.atMs, scale), judgeOf }
  collect(shards, scan)
  return page.finish(({ shard, row }) => ({ ...shard.postOf(row), ...judgeOf(shard).judge(row) }))
}

interface Scan {
  readonly page: PageBuilder
  readonly orderFor: (scale: number) => Order
  readonly judgeOf: JudgeOf
}

/** A shard that may hold what is wanted. */
interface Scanned {
  readonly shard: ShardView
  readonly order: Order
  readonly span: Span
  readonly judge: Judge
}

/** Blocks that may, by their shard in `Scanned` and their number in it. */
interface Blocks {
  readonly shard: number[]
  readonly block: number[]
  readonly bound: number[]
}

function collect (shards: readonly ShardView[], { page, orderFor, judgeOf }: Scan): void {
  const blocks: Blocks = { shard: [], block: [], bound: [] }
  const scanned: Scanned[] = []
  for (const shard of shards) {
    const order = orderFor(shard.rows.posts.weights === null ? 1 : WEIGHT_STEPS)
    const span: Span = { fromMs: page.atMs - order.backMs, untilMs: page.atMs + MAX_AHEAD_MS }
    const month = periodSpanMs(shard.period)
    if (month.untilMs <= span.fromMs || month.fromMs > span.untilMs) continue
    const wanted: Scanned = { shard, order, span, judge: judgeOf(shard) }
    listBlocks(blocks, wanted, scanned.length)
    scanned.push(wanted)
  }
  const bestFirst = Uint32Array.from(blocks.bound.keys()).sort((a, b) => blocks.bound[b]! - blocks.bound[a]!)
  for (const at of bestFirst) {
    if (blocks.bound[at]! < page.lowest) break
    visit(page, scanned[blocks.shard[at]!]!, blocks.block[at]!)
  }
}

function listBlocks (blocks: Blocks, scanned: Scanned, shard: number): void {
  const { shard: { rows: { posts } }, order, span } = scanned
  for (let block = 0; block < posts.blocks; block++) {
    const bounds = boundsOf(scanned, block)
    const bound = posts.fromMs + posts.newest[block]! < span.fromMs ? null : order.bound(bounds)
    if (bound === null) continue
    blocks.shard.push(shard)
    blocks.block.push(block)
    blocks.bound.push(bound)
  }
}

function boundsOf ({ shard: { rows: { posts } }, span }: Scanned, block: number): BlockBounds {
  const { maxScore, maxMinor } = posts.weights ?? posts.keys
  // What is too far ahead may not lift the bound: it is not listed.
  return { maxScore: maxScore[block]!, maxMinor: maxMinor[block]!, newestMs: Math.min(posts.fromMs + posts.newest[block]!, span.untilMs) }
}

function visit (page: PageBuilder, scanned: Scanned, block: number): void {
  const { shard, order, span, judge } = scanned
  const { posts } = shard.rows
  const needs: Needs = { fromMs: span.fromMs, score: Number.NEGATIVE_INFINITY, split: 0 }
  order.require(needs, boundsOf(scanned, block), page.lowest)
  const { score: scores, votes: sums } = posts.weights ?? posts.keys
  const { time, row: rowAt, fromMs: startMs } = posts
  const end = Math.min(posts.count, (block + 1) * BLOCK_POSTS)
  const from = needs.fromMs - startMs
  const until = span.untilMs - startMs
  const { score: leastScore, split: leastSplit } = needs
  for (let place = block * BLOCK_POSTS; place < end; place++) {
    const after = time[place]!
    if (after < from || after > until) continue
    const score = scores[place]!
    if (score < leastScore) continue
    const votes = sums[place]!
    if (votes - Math.abs(score) < leastSplit) continue
    const createdMs = startMs + after
    const rank = order.rank(score, votes, createdMs)
    if (rank < page.lowest || rank > page.highest) continue
    const row = rowAt[place]!
    if (judge.treatment(row) === 'hide') page.hide(shard, row, rank, createdMs)
    else page.offer(shard, row, rank, createdMs)
  }
}
