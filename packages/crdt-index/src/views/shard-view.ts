// One month of one community, as a function of its authors' entries: who listed what, what hangs below what, how many
// keys voted. What it is to its readers; columnar-shard.ts does the work.
import type { Columns, Restoring, Saving } from '../checkpoint/columns.ts'
import type { AuthorId, CommunityAddress, ContentId, EntryChange, EntryValue, ItemId, Period, RootName } from '../model.ts'
import { ColumnarShard } from './columnar-shard.ts'
import type { CommentView, ItemView, PostView } from './item-view.ts'
import type { Label } from './labels.ts'
import type { Revision } from './revisions.ts'
import type { Rows } from './rows.ts'
import type { WeightOf } from './weights.ts'

/** An author's effective entry, all parts merged, after a change. */
export type CurrentEntry = (root: RootName, key: string) => EntryValue | undefined

export interface ShardViewOptions {
  readonly community: CommunityAddress
  readonly period: Period
}

export interface ShardCounts {
  /** What is listed and what is merely named by votes, answers or edits. */
  readonly rows: number
  /** Listed ones, without those that their authors deleted. */
  readonly posts: number
  /** Attached ones, without those that their authors deleted. */
  readonly comments: number
}

export interface ShardView {
  readonly community: CommunityAddress
  readonly period: Period
  /** Null: what is held says it all. Otherwise the totals are those that were last known, as of this Unix time in milliseconds. */
  readonly asOfMs: number | null
  /** Grows with every `apply` that brought a change: equal numbers, equal answers. */
  readonly version: number
  /**
   * Takes the differences of one author's effective entries. A value that does not fit the schema counts as absent,
   * and so does a post that was created in another month. Costs a few look-ups a vote; a post that appears or
   * vanishes costs as much as the thread below it.
   */
  apply (author: AuthorId, changes: readonly EntryChange[], current: CurrentEntry): void
  /** A listed post or comment, attached or not; undefined if its author does not list it here. */
  item (item: ItemId): ItemView | undefined
  /** The items whose first revision has this content, one an author, by item id. */
  find (contentId: ContentId): ItemId[]
  /** The items of which the content is a revision, the first or a later one. */
  findRevision (contentId: ContentId): ItemId[]
  /** Everybody's labels on an item, newest first. */
  labels (item: ItemId): Label[]
  /** All revisions of an item, oldest first; undefined if it is not listed here. */
  revisions (item: ItemId): Revision[] | undefined
  counts (): ShardCounts
  /**
   * Weighs all votes by this function from now on, or all alike; another function, or another value of `generation`,
   * counts all of them anew: about 0.1 µs a vote.
   */
  weigh (weightOf: WeightOf | null, generation: number): void

  /** What a checkpoint keeps; `restore`, of a view to which nothing was applied, throws where that does not fit together. */
  save (columns: Map<string, Uint8Array>): Saving
  restore (columns: Columns): Restoring

  // ---- By row, for lists: valid until the next `apply`. ----

  /** The columns. */
  readonly rows: Readonly<Rows>
  /** The row of a listed post or comment; NONE if it is not listed here. */
  rowOf (item: ItemId): number
  /** Votes as they are weighed. */
  upOf (row: number): number
  downOf (row: number): number
  contentOf (row: number): ContentId
  postOf (row: number): PostView
  commentOf (row: number): CommentView
  itemAt (row: number): ItemView
  /** Whether anybody labelled it. */
  isLabelled (row: number): boolean
  labelBy (row: number, author: AuthorId): Label | undefined
  /** Listed comments that mention the author, in no order. */
  mentioning (author: AuthorId): Iterable<number>
}

export function createShardView (options: ShardViewOptions): ShardView {
  return new ColumnarShard(options)
}
