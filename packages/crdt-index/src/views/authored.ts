// What an author wrote, in any number of shards. Every shard chains the rows of an author, so that a query costs as
// much as that author wrote.
import { MAX_AHEAD_MS, WEIGHT_STEPS } from '../limits.ts'
import type { AuthorId } from '../model.ts'
import { NONE } from './columns.ts'
import type { JudgedItem } from './item-view.ts'
import { createPage, type JudgedPage, type PageOptions } from './page.ts'
import { createJudges, type JudgeOf } from './policy.ts'
import { ATTACHED, DELETED, RowKind, type Rows } from './rows.ts'
import type { ShardView } from './shard-view.ts'

export type AuthoredSort = 'new' | 'top'
export type AuthoredKind = 'posts' | 'comments' | 'all'

export interface AuthoredOptions extends PageOptions {
  readonly author: AuthorId
  /** Default 'new'. */
  readonly sort?: AuthoredSort
  /** Default 'all'. */
  readonly kind?: AuthoredKind
  /** Unix time in milliseconds. */
  readonly nowMs: number
  /** Default: nothing is folded or left out. */
  readonly judgeOf?: JudgeOf
}

/** Calls for each listed row of an author; comments only where they hang below a post. */
export function forEachAuthored (rows: Readonly<Rows>, author: AuthorId, call: (row: number) => void): void {
  for (let row = rows.firstOfAuthor(rows.findAuthor(author)); row !== NONE; row = rows.nextOfAuthor[row]!) {
    if (rows.kind[row] === RowKind.post || (rows.flags[row]! & ATTACHED) !== 0) call(row)
  }
}

/**
 * Posts, and comments that hang below a post, in the order of position.ts; without what was deleted, what is hidden and
 * what lies more than MAX_AHEAD_MS in the future. Errors: BAD_ENTRY for a cursor of another list.
 */
export function authored (shards: readonly ShardView[], { author, sort = 'new', kind = 'all', nowMs, judgeOf = createJudges(undefined, () => []), ...options }: AuthoredOptions): JudgedPage<JudgedItem> {
  const page = createPage(`${kind}-by-${sort}`, nowMs, options)
  const untilMs = page.atMs + MAX_AHEAD_MS
  const unwanted = kind === 'posts' ? RowKind.comment : kind === 'comments' ? RowKind.post : RowKind.undefined
  for (const shard of shards) {
    const { rows } = shard
    const judge = judgeOf(shard)
    forEachAuthored(rows, author, row => {
      const createdMs = rows.createdMs[row]!
      if (rows.kind[row] === unwanted || createdMs > untilMs) return
      const rank = sort === 'new' ? createdMs : Math.round((shard.upOf(row) - shard.downOf(row)) * WEIGHT_STEPS)
      if (rank < page.lowest || (rows.flags[row]! & DELETED) !== 0) return
      if (judge.shows(row)) page.offer(shard, row, rank, createdMs)
      else page.hide(shard, row, rank, createdMs)
    })
  }
  return page.finish(({ shard, row }) => ({ ...shard.itemAt(row), ...judgeOf(shard).judge(row) }))
}
