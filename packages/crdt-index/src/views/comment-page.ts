// A part of a thread: so many comments below a post or comment, depth first, with a cursor wherever answers go on. A
// cursor names a place among the answers to one parent, so it stays short however deep the thread is.
import type { CommentNode } from './item-view.ts'
import { createPage, type Page } from './page.ts'
import type { Judge } from './policy.ts'
import { DELETED } from './rows.ts'
import type { ShardView } from './shard-view.ts'
import { commentRank, countBelow, forEachAnswer, type CommentSort } from './thread.ts'

export interface CommentPageOptions {
  /** Row of a post or of an attached comment: its answers are listed. */
  readonly parent: number
  readonly sort: CommentSort
  /** Comments a page, all levels together; at least 1. */
  readonly limit: number
  /** Levels below the parent that are listed; at least 1. */
  readonly depth: number
  /** A cursor of this parent's answers; default: from the first one. */
  readonly after?: string | undefined
  /** Whether a deleted comment is listed as a gap also where nothing below it is shown. */
  readonly gaps?: boolean
  readonly judge: Judge
}

/** The answers to one parent that this page may list. */
interface Level {
  /** Where the cursor of what is left goes: a node, or the page. */
  readonly owner: { next: string | null }
  readonly answers: Page<{ row: number, cursor: string }>
  at: number
}

/**
 * Whatever is shown is listed by exactly one page, if every cursor is followed. A deleted or hidden comment is listed
 * as a gap while something below it is shown, and otherwise left out, but for `gaps`. Errors: BAD_ENTRY for a cursor of another order.
 */
export function listComments (shard: ShardView, { parent, sort, limit, depth, after, gaps = false, judge }: CommentPageOptions): Page<CommentNode> {
  if (!Number.isSafeInteger(depth) || depth < 1) throw new RangeError('depth is a whole number of at least 1')
  const below = countBelow(shard, parent, judge)
  const items: CommentNode[] = []
  const first = `${sort}.first`
  const top: { next: string | null } = { next: null }
  const isListed = (row: number): boolean => below.get(row) !== 0 || judge.shows(row) || (gaps && (shard.rows.flags[row]! & DELETED) !== 0)

  function answersTo (row: number, cursor: string): Level['answers'] {
    const page = createPage(sort, 0, { limit: limit - items.length, ...(cursor === first ? {} : { after: cursor }) })
    forEachAnswer(shard, row, answer => {
      if (!isListed(answer)) return
      page.offer(shard, answer, commentRank(shard, answer, sort), shard.rows.createdMs[answer]!)
    })
    return page.finish(candidate => ({ row: candidate.row, cursor: page.cursorOf(candidate) }))
  }

  const levels: Level[] = [{ owner: top, answers: answersTo(parent, after ?? first), at: 0 }]
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const { owner, answers: { items: answers, next } } = level
    const answer = answers[level.at]
    if (answer === undefined || items.length === limit) {
      owner.next = answer === undefined ? next : answers[level.at - 1]?.cursor ?? first
      levels.pop()
      continue
    }
    level.at++
    const node: CommentNode & { next: string | null } = {
      ...shard.commentOf(answer.row), ...judge.judge(answer.row), depth: levels.length - 1, below: below.get(answer.row) ?? 0, next: null
    }
    items.push(node)
    let hasAnswers = false
    forEachAnswer(shard, answer.row, row => { hasAnswers ||= isListed(row) })
    if (!hasAnswers) continue
    if (levels.length === depth || items.length === limit) node.next = first
    else levels.push({ owner: node, answers: answersTo(answer.row, first), at: 0 })
  }
  return { items, next: top.next }
}
