// What the queries answer.
import type { AuthorId, CommunityAddress, ContentId, ItemId, Period } from '../model.ts'
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
  /** How many of the counted votes were cast for another revision than the current one. */
  readonly otherRevision: number
  /** The current one: the author's newest edit, or the item as it was listed. */
  readonly revision: Revision
  /** The author deleted it: show it as a gap in its thread, without title and text. */
  readonly deleted: boolean
}

export interface PostView extends ListedItem {
  readonly kind: 'post'
  /** Of the current revision. */
  readonly title: string
  /** Comments that hang below it, deleted ones with them. */
  readonly comments: number
}

export interface CommentView extends ListedItem {
  readonly kind: 'comment'
  readonly root: ItemId
  readonly parent: ItemId
  /** Whether it hangs below a post of this shard; otherwise no thread shows it and nothing counts it. */
  readonly attached: boolean
}

export type ItemView = PostView | CommentView

export interface ThreadNode extends CommentView {
  /** 0 answers the post, 1 answers such a comment, and so on. */
  readonly depth: number
}
