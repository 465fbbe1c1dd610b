// A post's comments as a flat list, depth first. Every walk keeps its own stack, so depth is no danger.
import { WEIGHT_STEPS } from '../limits.ts'
import { NONE } from './columns.ts'
import type { ThreadNode } from './item-view.ts'
import type { Judge } from './policy.ts'
import { compareCandidates, type Candidate } from './position.ts'
import { bestRank, controversialRank } from './ranking.ts'
import { ATTACHED, DELETED } from './rows.ts'
import type { ShardView } from './shard-view.ts'

/**
 * Order among the answers to one parent, equal ones in the order of position.ts. `best`: lower bound of the Wilson
 * interval; `top`: score; `controversial`: many votes, evenly split.
 */
export type CommentSort = 'best' | 'top' | 'new' | 'old' | 'controversial'

/** What a comment is sorted by: whole, highest first. */
export function commentRank (shard: ShardView, row: number, sort: CommentSort): number {
  if (sort === 'new') return shard.rows.createdMs[row]!
  if (sort === 'old') return -shard.rows.createdMs[row]!
  const up = shard.upOf(row)
  const down = shard.downOf(row)
  if (sort === 'top') return Math.round((up - down) * WEIGHT_STEPS)
  return sort === 'best' ? bestRank(up, down) : controversialRank(up, down)
}

/** Attached answers to a row, in no order. */
export function forEachAnswer (shard: ShardView, parent: number, call: (row: number) => void): void {
  const { rows } = shard
  for (let row = rows.firstChild[parent]!; row !== NONE; row = rows.nextSibling[row]!) {
    if ((rows.flags[row]! & ATTACHED) !== 0) call(row)
  }
}

/** For each comment below a post or comment, how many of those below it are shown. */
export function countBelow (shard: ShardView, parent: number, judge: Judge): Map<number, number> {
  const rows: number[] = []
  const parents: number[] = []
  let of = -1
  const push = (row: number): void => {
    rows.push(row)
    parents.push(of)
  }
  forEachAnswer(shard, parent, push)
  for (of = 0; of < rows.length; of++) forEachAnswer(shard, rows[of]!, push)
  const below = rows.map(() => 0)
  for (let n = rows.length - 1; n >= 0; n--) {
    const above = parents[n]!
    if (above >= 0) below[above]! += below[n]! + (judge.shows(rows[n]!) ? 1 : 0)
  }
  return new Map(rows.map((row, n) => [row, below[n]!]))
}

/**
 * All comments below a post. A deleted one is listed as a gap; a hidden one too while something below it is shown, and
 * otherwise left out.
 */
export function listThread (shard: ShardView, post: number, sort: CommentSort, judge: Judge): ThreadNode[] {
  const below = countBelow(shard, post, judge)
  const nodes: ThreadNode[] = []
  const stack: Array<{ row: number, depth: number }> = []
  const open = (parent: number, depth: number): void => {
    const answers: Candidate[] = []
    forEachAnswer(shard, parent, row => {
      const isListed = below.get(row) !== 0 || (shard.rows.flags[row]! & DELETED) !== 0 || judge.shows(row)
      if (isListed) answers.push({ shard, row, rank: commentRank(shard, row, sort), createdMs: shard.rows.createdMs[row]! })
    })
    answers.sort(compareCandidates)
    for (const { row } of answers.reverse()) stack.push({ row, depth })
  }
  open(post, 0)
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    nodes.push({ ...shard.commentOf(next.row), ...judge.judge(next.row), depth: next.depth, below: below.get(next.row) ?? 0 })
    open(next.row, next.depth + 1)
  }
  return nodes
}
