// The one order of all lists: by rank, then newest, then by content id, item id, community and month, so that equal sets make
// equal pages; an author may list one content in two months. And where a page of a list ended, as text: the sort key of its last item. It names no place in the list, so the
// next page starts right whatever came, moved or went meanwhile.
import { CrdtIndexError } from '../errors.ts'
import { hexToBytes } from '../identity/encoding.ts'
import { MAX_CURSOR_CHARACTERS } from '../limits.ts'
import { compareContent } from './content-index.ts'
import type { ShardView } from './shard-view.ts'

export interface Candidate {
  readonly shard: ShardView
  readonly row: number
  /** Highest first. */
  readonly rank: number
  readonly createdMs: number
}

export interface Position {
  /** The clock of the list's first page, Unix milliseconds: all its pages are of that moment. */
  readonly atMs: number
  readonly rank: number
  readonly createdMs: number
  /** 20 bytes. */
  readonly content: Uint8Array
  /** Texts to compare with, not ids: nothing is looked up by them. */
  readonly item: string
  readonly community: string
  readonly period: number
}

/** kind . atMs . rank . createdMs . contentId . item . community . period */
const CURSOR = /^([a-z-]{1,24})\.(\d{1,16})\.(-?\d{1,20})\.(\d{1,16})\.([0-9a-f]{40})\.([\w-]{27})\.([0-9a-f]{64})\.(\d{1,6})$/

/** Negative: `a` is listed first. */
export function compareCandidates (a: Candidate, b: Candidate): number {
  if (a.rank !== b.rank) return b.rank - a.rank
  if (a.createdMs !== b.createdMs) return b.createdMs - a.createdMs
  return compareContent(a.shard.rows.content, a.row, b.shard.rows.content, b.row) ||
    compareText(a.shard.rows.itemOf(a.row), b.shard.rows.itemOf(b.row)) ||
    compareText(a.shard.community, b.shard.community) ||
    a.shard.period - b.shard.period
}

export function isAfter ({ shard, row, rank, createdMs }: Candidate, position: Position): boolean {
  if (rank !== position.rank) return rank < position.rank
  if (createdMs !== position.createdMs) return createdMs < position.createdMs
  return (compareContent(shard.rows.content, row, position.content, 0) ||
    compareText(shard.rows.itemOf(row), position.item) ||
    compareText(shard.community, position.community) ||
    shard.period - position.period) > 0
}

/** `kind` names the list and its order: a cursor fits no other. */
export function formatCursor (kind: string, atMs: number, { shard, row, rank, createdMs }: Candidate): string {
  return [kind, atMs, rank, createdMs, shard.contentOf(row), shard.rows.itemOf(row), shard.community, shard.period].join('.')
}

/** Errors: BAD_ENTRY for what is no cursor of this kind. */
export function parseCursor (text: string, kind: string): Position {
  const parts = text.length > MAX_CURSOR_CHARACTERS ? null : CURSOR.exec(text)
  const [, cursorKind, atMs, rank, createdMs, contentId, item, community, period] = parts ?? []
  if (cursorKind !== kind || contentId === undefined || item === undefined || community === undefined) {
    throw new CrdtIndexError('BAD_ENTRY', `this is no cursor of '${kind}': pass the \`next\` of the page before it`)
  }
  return { atMs: Number(atMs), rank: Number(rank), createdMs: Number(createdMs), content: hexToBytes(contentId), item, community, period: Number(period) }
}

function compareText (a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
