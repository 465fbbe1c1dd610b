// A page of any list over shards: the first of many candidates after a position, by a bounded heap. Nothing is sorted,
// copied or described but what is shown.
import { MAX_COUNTED_HIDDEN } from '../limits.ts'
import { compareCandidates, formatCursor, isAfter, parseCursor, type Candidate, type Position } from './position.ts'
import { createTopK, type TopK } from './top-k.ts'
import type { ShardView } from './shard-view.ts'

export interface PageOptions {
  /** Items a page, at least 1. */
  readonly limit: number
  /** `next` of the page before; default: the first page. */
  readonly after?: string | undefined
}

export interface Page<T> {
  readonly items: T[]
  /** Cursor of the next page, null at the end. What does not change meanwhile is neither repeated nor lost. */
  readonly next: string | null
}

/** A page of a list that a policy leaves something out of. */
export interface JudgedPage<T> extends Page<T> {
  /**
   * What the policy leaves out where this page lists: behind the page before, and before the last item or, on the last page, to
   * the end. All pages together count each once. Counting stops at MAX_COUNTED_HIDDEN: then it is so many or more.
   */
  readonly hidden: number
}

export interface PageBuilder {
  /** The clock that the list is of: that of its first page, whole milliseconds. */
  readonly atMs: number
  /** A candidate of a lower rank need not be offered; nor one of a higher rank than `highest`. */
  lowest: number
  readonly highest: number
  /** What comes before the cursor is passed over. */
  offer (shard: ShardView, row: number, rank: number, createdMs: number): void
  /** A candidate that is not shown, but counted. */
  hide (shard: ShardView, row: number, rank: number, createdMs: number): void
  /** The cursor of a page that begins behind the candidate. */
  cursorOf (candidate: Candidate): string
  /** The first `limit` of them, in order. */
  finish<T> (describe: (candidate: Candidate) => T): JudgedPage<T>
}

/** Errors: BAD_ENTRY for a cursor of another kind, RangeError for a limit that is none. */
export function createPage (kind: string, nowMs: number, { limit, after }: PageOptions): PageBuilder {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('limit is a whole number of at least 1')
  const position: Position | null = after === undefined ? null : parseCursor(after, kind)
  // One more than asked for tells whether there is a next page.
  const top = createTopK<Candidate>(limit + 1, compareCandidates)
  let hidden: TopK<Candidate> | null = null // few lists hide anything

  function candidateOf (shard: ShardView, row: number, rank: number, createdMs: number): Candidate | null {
    if (rank < page.lowest || rank > page.highest) return null
    const candidate = { shard, row, rank, createdMs }
    return position !== null && !isAfter(candidate, position) ? null : candidate
  }

  const page: PageBuilder = {
    atMs: position?.atMs ?? Math.max(0, Math.floor(nowMs)),
    lowest: Number.NEGATIVE_INFINITY,
    highest: position?.rank ?? Number.POSITIVE_INFINITY,
    offer (shard, row, rank, createdMs) {
      const candidate = candidateOf(shard, row, rank, createdMs)
      if (candidate === null) return
      top.offer(candidate)
      page.lowest = top.last()?.rank ?? page.lowest
    },
    hide (shard, row, rank, createdMs) {
      hidden ??= createTopK<Candidate>(MAX_COUNTED_HIDDEN, compareCandidates)
      const candidate = rank < (hidden.last()?.rank ?? rank) ? null : candidateOf(shard, row, rank, createdMs)
      if (candidate !== null) hidden.offer(candidate)
    },
    cursorOf: candidate => formatCursor(kind, page.atMs, candidate),
    finish (describe) {
      const found = top.drain()
      const shown = found.slice(0, limit)
      const last = found.length > limit ? shown.at(-1) : undefined
      const passed = hidden?.drain().filter(candidate => last === undefined || compareCandidates(candidate, last) < 0) ?? []
      return { items: shown.map(describe), next: last === undefined ? null : page.cursorOf(last), hidden: passed.length }
    }
  }
  return page
}
