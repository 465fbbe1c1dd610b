// The first posts of any number of shards, by a bounded heap over their columns: nothing is sorted, copied or
// described but what is shown.
import { MAX_AHEAD_MS } from '../limits.ts'
import { compareContent } from './content-index.ts'
import { formatCursor, parseCursor, type FeedPosition } from './feed-cursor.ts'
import type { PostView } from './item-view.ts'
import { hotRank, type FeedSort } from './ranking.ts'
import { DELETED } from './rows.ts'
import type { ShardView } from './shard-view.ts'
import { createTopK } from './top-k.ts'
import { periodSpanMs, WINDOW_MS, type FeedWindow } from './window.ts'

export type { FeedSort }

export interface FeedOptions {
  readonly sort: FeedSort
  /** Applies to `top` only; default 'all'. Reaches back from `nowMs`: 24 hours, 7, 30 or 365 days. */
  readonly window?: FeedWindow
  /** Posts a page, at least 1. */
  readonly limit: number
  /** Unix time in milliseconds. */
  readonly nowMs: number
  /** `next` of the page before; default: the first page. */
  readonly after?: string | undefined
}

export type FeedItem = PostView

export interface FeedPage {
  readonly items: FeedItem[]
  /** Cursor of the next page, null at the end. On an unchanged set pages have neither gaps nor repetitions. */
  readonly next: string | null
}

interface Candidate {
  readonly shard: ShardView
  readonly row: number
  readonly rank: number
  readonly createdMs: number
}

/**
 * Live posts of the shards in order of their rank, then newest, then by content id, item id and community, so that
 * equal sets make equal pages. Deleted posts and those more than MAX_AHEAD_MS in the future are left out.
 * Throws BAD_ENTRY for a cursor of another sort.
 */
export function feed (shards: readonly ShardView[], { sort, window = 'all', limit, nowMs, after }: FeedOptions): FeedPage {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('limit is a whole number of at least 1')
  const position = after === undefined ? null : parseCursor(after, sort)
  const fromMs = sort === 'top' ? nowMs - WINDOW_MS[window] : Number.NEGATIVE_INFINITY
  const untilMs = nowMs + MAX_AHEAD_MS
  // One more than asked for tells whether there is a next page.
  const top = createTopK<Candidate>(limit + 1, compareCandidates)
  for (const shard of shards) {
    const span = periodSpanMs(shard.period)
    if (span.untilMs <= fromMs || span.fromMs > untilMs) continue
    const { postRows, postCount, createdMs: times, up, down, flags } = shard.rows
    for (let i = 0; i < postCount; i++) {
      const row = postRows[i]!
      const createdMs = times[row]!
      if (createdMs < fromMs || createdMs > untilMs || (flags[row]! & DELETED) !== 0) continue
      const score = up[row]! - down[row]!
      const rank = sort === 'top' ? score : sort === 'new' ? createdMs : hotRank(score, createdMs)
      if (position !== null && rank > position.rank) continue
      const last = top.last()
      if (last !== undefined && rank < last.rank) continue
      const candidate = { shard, row, rank, createdMs }
      if (position === null || isAfter(candidate, position)) top.offer(candidate)
    }
  }
  const found = top.drain()
  const items = found.slice(0, limit).map(({ shard, row }) => shard.postOf(row))
  return { items, next: found.length > limit ? formatCursor(sort, found[limit - 1]!.rank, items[limit - 1]!) : null }
}

function compareCandidates (a: Candidate, b: Candidate): number {
  if (a.rank !== b.rank) return b.rank - a.rank
  if (a.createdMs !== b.createdMs) return b.createdMs - a.createdMs
  return compareContent(a.shard.rows.content, a.row, b.shard.rows.content, b.row) ||
    compareText(a.shard.rows.itemOf(a.row), b.shard.rows.itemOf(b.row)) ||
    compareText(a.shard.community, b.shard.community)
}

function isAfter ({ shard, row, rank, createdMs }: Candidate, position: FeedPosition): boolean {
  if (rank !== position.rank) return rank < position.rank
  if (createdMs !== position.createdMs) return createdMs < position.createdMs
  return (compareContent(shard.rows.content, row, position.content, 0) ||
    compareText(shard.rows.itemOf(row), position.item) ||
    compareText(shard.community, position.community)) > 0
}

function compareText (a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
