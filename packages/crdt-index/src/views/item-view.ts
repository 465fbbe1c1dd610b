// What the queries answer.
import type { AuthorId, CommunityAddress, ContentId, ItemId, Period } from '../model.ts'
import type { Judgement } from './policy.ts'
import type { Revision } from './revisions.ts'

/** What posts and comments have in common. */
export interface ListedItem {
  readonly item: ItemId
  /** Of the first revision: an edit keeps it. */
  readonly contentId: ContentId
  /** Of the first revision, in bytes. */
  readonly length: number
  readonly author: AuthorId
  readonly community: CommunityAddress
  readonly period: Period
  readonly createdMs: number
  /** Keys that voted for it, its author's left out. */
  readonly up: number
  readonly down: number
  /** up - down */
  readonly score: number
  /** Keys that voted, whatever their votes weigh: up + down. Keys are free, so they are no count of people. */
  readonly voters: number
  /** The votes as the reader weighs them: up and down where all keys weigh the same. */
  readonly weightedUp: number
  readonly weightedDown: number
  /** How many of the counted votes were cast for another revision than the current one. */
  readonly otherRevision: number
  /** The current one: the author's newest edit, or the item as it was listed. */
  readonly revision: Revision
  /** Null: as of now. Otherwise the month is not held here, and these are the totals that were last known, as of this Unix time in milliseconds. */
  readonly asOfMs: number | null
  /** The author deleted it: show it as a gap in its thread, without title and text. */
  readonly deleted: boolean
}

export interface PostView extends ListedItem {
  readonly kind: 'post'
  /** Of the current revision. */
  readonly title: string
  /** Comments that hang below it and were not deleted. */
  readonly comments: number
}

export interface CommentView extends ListedItem {
  readonly kind: 'comment'
  readonly root: ItemId
  readonly parent: ItemId
  readonly mentions: readonly AuthorId[]
  /** Whether it hangs below a post of this shard; otherwise no thread shows it and nothing counts it. */
  readonly attached: boolean
}

export type ItemView = PostView | CommentView

export type JudgedPost = PostView & Judgement
export type JudgedComment = CommentView & Judgement
export type JudgedItem = JudgedPost | JudgedComment

/** A hidden or deleted one is a gap: something below it is shown. */
export interface ThreadNode extends CommentView, Judgement {
  /** 0 answers what the list is of, 1 answers such a comment, and so on. */
  readonly depth: number
  /** Comments below it that are neither deleted nor hidden, listed or not. */
  readonly below: number
}

export interface CommentNode extends ThreadNode {
  /** Cursor of the answers to it that this page does not list; null when it lists them all. */
  readonly next: string | null
}
