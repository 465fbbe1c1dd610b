// Which comments of a thread are drawn, and how far each is indented: one pass over the depth-first list, without
// recursion, so that a thread of any depth costs what its length costs.
import { MAX_THREAD_LEVELS } from '../limits.ts'

/** What of a comment its place needs. */
export interface Placed {
  readonly id: string
  /** 1 for a direct answer to the post. */
  readonly depth: number
}

export type ThreadRow<Comment extends Placed> =
  /** `level`: 0 for the outermost on this page. `hidden`: answers that are folded away under it. */
  | { readonly kind: 'comment', readonly comment: Comment, readonly level: number, readonly folded: boolean, readonly hidden: number }
  /** Stands for all answers to `under`, which is as deep as a page goes. */
  | { readonly kind: 'continue', readonly under: Comment, readonly level: number, readonly hidden: number }

export interface ThreadLayoutOptions {
  readonly folded: ReadonlySet<string>
  /** Only this comment and what is below it; the whole thread when null or unknown. */
  readonly focus: string | null
  readonly maxLevels?: number
}

/** `comments` depth first, as the thread lists them. */
export function layoutThread<Comment extends Placed> (comments: readonly Comment[], { folded, focus, maxLevels = MAX_THREAD_LEVELS }: ThreadLayoutOptions): Array<ThreadRow<Comment>> {
  const rows: Array<ThreadRow<Comment>> = []
  const [from, to] = rangeOf(comments, focus)
  const base = comments[from]?.depth ?? 1
  for (let i = from; i < to;) {
    const comment = comments[i] as Comment
    const level = comment.depth - base
    const isFolded = folded.has(comment.id)
    const isDeepest = level >= maxLevels - 1
    // Looking ahead at every comment would cost the square of a chain's length; these skip what they looked at.
    const end = isFolded || isDeepest ? endOfAnswers(comments, i, to) : i + 1
    const hidden = end - i - 1
    rows.push({ kind: 'comment', comment, level, folded: isFolded, hidden: isFolded ? hidden : 0 })
    if (isDeepest && !isFolded && hidden > 0) rows.push({ kind: 'continue', under: comment, level: level + 1, hidden })
    i = end
  }
  return rows
}

function rangeOf (comments: readonly Placed[], focus: string | null): readonly [number, number] {
  const at = focus === null ? -1 : comments.findIndex(({ id }) => id === focus)
  return at === -1 ? [0, comments.length] : [at, endOfAnswers(comments, at, comments.length)]
}

function endOfAnswers (comments: readonly Placed[], at: number, to: number): number {
  const { depth } = comments[at] as Placed
  let end = at + 1
  while (end < to && (comments[end] as Placed).depth > depth) end++
  return end
}
