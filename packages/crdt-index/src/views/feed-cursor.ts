// Where a page of a feed ended: the sort key of its last item as text. It names no position, so the next page starts
// right even if that item is gone by then.
import { CrdtIndexError } from '../errors.ts'
import { hexToBytes } from '../identity/encoding.ts'
import type { PostView } from './item-view.ts'
import type { FeedSort } from './ranking.ts'

export interface FeedPosition {
  /** What the feed sorts by first: the score, the time or the hot rank. */
  readonly rank: number
  readonly createdMs: number
  /** 20 bytes. */
  readonly content: Uint8Array
  /** Texts to compare with, not ids: nothing is looked up by them. */
  readonly item: string
  readonly community: string
}

/** sort . rank . createdMs . contentId . item . community */
const CURSOR = /^(\w{1,8})\.(-?\d{1,16})\.(\d{1,16})\.([0-9a-f]{40})\.([\w-]{27})\.([0-9a-f]{64})$/

export function formatCursor (sort: FeedSort, rank: number, { createdMs, contentId, item, community }: PostView): string {
  return [sort, rank, createdMs, contentId, item, community].join('.')
}

/** Throws BAD_ENTRY for what is no cursor of a feed with this sort. */
export function parseCursor (text: string, sort: FeedSort): FeedPosition {
  const [, cursorSort, rank, createdMs, contentId, item, community] = CURSOR.exec(text) ?? []
  if (cursorSort !== sort || rank === undefined || createdMs === undefined || contentId === undefined || item === undefined || community === undefined) {
    throw new CrdtIndexError('BAD_ENTRY', `this is no cursor of a feed sorted by '${sort}': pass the \`next\` of the page before it`)
  }
  return {
    rank: Number(rank),
    createdMs: Number(createdMs),
    content: hexToBytes(contentId),
    item,
    community
  }
}
