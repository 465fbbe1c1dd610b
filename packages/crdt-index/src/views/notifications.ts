// What others wrote to an author: answers to what the author wrote, and comments that mention them. Answers are found
// from the author's own rows, mentions from an index, both kept up with every change; a query costs as much as was
// written by and to the author.
import { MAX_AHEAD_MS } from '../limits.ts'
import type { AuthorId, ContentId } from '../model.ts'
import { forEachAuthored } from './authored.ts'
import { NONE } from './columns.ts'
import type { JudgedComment } from './item-view.ts'
import { createPage, type Page, type PageOptions } from './page.ts'
import { createJudges, type JudgeOf } from './policy.ts'
import { ATTACHED } from './rows.ts'
import type { ShardView } from './shard-view.ts'

export interface NotificationsOptions extends PageOptions {
  /** Whom they are for. */
  readonly author: AuthorId
  /** Unix milliseconds, for all or by the post that a comment hangs below: what was written later is unread. Default 0. */
  readonly readUntilMs?: number | ((post: ContentId) => number)
  /** Unix time in milliseconds. */
  readonly nowMs: number
  /** Default: nothing is folded or left out. */
  readonly judgeOf?: JudgeOf
}

export interface NotificationItem {
  /** `reply`: it answers something of the author's, whether it mentions them or not. */
  readonly reason: 'reply' | 'mention'
  readonly comment: JudgedComment
  readonly unread: boolean
}

export interface NotificationsPage extends Page<NotificationItem> {
  /** Of all, not of this page. */
  readonly unread: number
}

/**
 * Newest first, each comment once; without the author's own, what was deleted, what is hidden and what lies more than
 * MAX_AHEAD_MS in the future. Times are those that the writers give. Errors: BAD_ENTRY for a cursor of another list.
 */
export function notifications (shards: readonly ShardView[], { author, readUntilMs = 0, nowMs, judgeOf = createJudges(undefined, () => []), ...options }: NotificationsOptions): NotificationsPage {
  const page = createPage('notifications', nowMs, options)
  const untilMs = page.atMs + MAX_AHEAD_MS
  const isUnread = (shard: ShardView, row: number): boolean =>
    shard.rows.createdMs[row]! > (typeof readUntilMs === 'number' ? readUntilMs : readUntilMs(shard.contentOf(shard.rows.root[row]!)))
  let unread = 0
  for (const shard of shards) {
    const { rows } = shard
    const own = rows.findAuthor(author)
    const judge = judgeOf(shard)
    const offer = (row: number): void => {
      const createdMs = rows.createdMs[row]!
      if ((rows.flags[row]! & ATTACHED) === 0 || rows.author[row] === own || createdMs > untilMs || !judge.shows(row)) return
      if (isUnread(shard, row)) unread++
      page.offer(shard, row, createdMs, createdMs)
    }
    forEachAuthored(rows, author, item => {
      for (let row = rows.firstChild[item]!; row !== NONE; row = rows.nextSibling[row]!) offer(row)
    })
    for (const row of shard.mentioning(author)) if (!answers(shard, row, own)) offer(row)
  }
  const { items, next } = page.finish(({ shard, row }): NotificationItem => ({
    reason: answers(shard, row, shard.rows.findAuthor(author)) ? 'reply' : 'mention',
    comment: { ...shard.commentOf(row), ...judgeOf(shard).judge(row) },
    unread: isUnread(shard, row)
  }))
  return { items, next, unread }
}

/** Whether an attached comment answers something of the author with this number. */
function answers ({ rows }: ShardView, row: number, author: number): boolean {
  return author !== NONE && rows.author[rows.parent[row]!] === author
}
