// A post's comments as a flat list, depth first. The walk keeps its own stack, so depth is no danger.
import { compareContent } from './content-index.ts'
import type { CommentView, ThreadNode } from './item-view.ts'
import { wilsonLowerBound } from './ranking.ts'
import { ATTACHED, NONE, type Rows } from './rows.ts'

/**
 * Order among the answers to one parent. `best`: lower bound of the Wilson interval, then newest. Ties end at the
 * content id and then at the item id, so that every peer lists alike.
 */
export type CommentSort = 'best' | 'new' | 'old'

interface Answer { readonly row: number, readonly depth: number, readonly rank: number }

/** `describe` turns the row of a comment into what callers see. */
export function listThread (rows: Rows, post: number, sort: CommentSort, describe: (row: number) => CommentView): ThreadNode[] {
  const nodes: ThreadNode[] = []
  const stack = answersLastFirst(rows, post, 0, sort)
  for (let answer = stack.pop(); answer !== undefined; answer = stack.pop()) {
    nodes.push({ ...describe(answer.row), depth: answer.depth })
    for (const next of answersLastFirst(rows, answer.row, answer.depth + 1, sort)) stack.push(next)
  }
  return nodes
}

function answersLastFirst (rows: Rows, parent: number, depth: number, sort: CommentSort): Answer[] {
  const answers: Answer[] = []
  for (let row = rows.firstChild[parent]!; row !== NONE; row = rows.nextSibling[row]!) {
    if ((rows.flags[row]! & ATTACHED) === 0) continue
    answers.push({ row, depth, rank: sort === 'best' ? wilsonLowerBound(rows.up[row]!, rows.down[row]!) : 0 })
  }
  return answers.sort((a, b) => -compareAnswers(rows, a, b, sort))
}

/** Negative: `a` is listed first. */
function compareAnswers (rows: Rows, a: Answer, b: Answer, sort: CommentSort): number {
  const newer = rows.createdMs[b.row]! - rows.createdMs[a.row]!
  return b.rank - a.rank ||
    (sort === 'old' ? -newer : newer) ||
    compareContent(rows.content, a.row, rows.content, b.row) ||
    (rows.itemOf(a.row) < rows.itemOf(b.row) ? -1 : 1)
}
