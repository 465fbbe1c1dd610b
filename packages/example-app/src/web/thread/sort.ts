// Another order of a thread's comments than the peer's own, without recursion, so that depth costs nothing.
import type { Placed } from './layout.ts'

export interface Dated extends Placed {
  readonly parent: string | null
  readonly createdAtMs: number
}

/** `best`: as the peer lists them, by what voters agree on. */
export const COMMENT_ORDERS = ['best', 'new', 'old'] as const
export type CommentOrder = typeof COMMENT_ORDERS[number]

/** `comments` depth first; answers stay below what they answer. */
export function sortThread<Comment extends Dated> (comments: readonly Comment[], order: CommentOrder): readonly Comment[] {
  if (order === 'best') return comments
  const answers = Map.groupBy(comments, ({ parent }) => parent)
  // Last ones first: what is taken from the end of the stack comes first.
  const lastFirst = (list: readonly Comment[]): Comment[] => list.toSorted((a, b) => order === 'new' ? a.createdAtMs - b.createdAtMs : b.createdAtMs - a.createdAtMs)
  const stack = lastFirst(comments.filter(({ depth }) => depth === 1))
  const sorted: Comment[] = []
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    sorted.push(next)
    for (const answer of lastFirst(answers.get(next.id) ?? [])) stack.push(answer)
  }
  return sorted
}
