// One month of one community, as a function of its authors' entries: who listed what, what hangs below what, how many
// keys voted. Every change is exactly reversible, because documents are rebuilt when an author equivocates.
import { parseComment, parseDeletion, parseEdit, parsePost, parseVote, type CommentEntry, type PostEntry, type VoteEntry } from '../documents/schema.ts'
import { decodeBase64url, hexToBytes } from '../identity/encoding.ts'
import { contentIdOfBytes, itemIdOf } from '../identity/ids.ts'
import type { AuthorId, CommunityAddress, ContentId, EntryChange, EntryValue, ItemId, Period, RootName } from '../model.ts'
import { attachAnswers, detachAnswers, linkComment, unlinkComment } from './attachment.ts'
import { ContentIndex } from './content-index.ts'
import { createDescriber, type Describer } from './describe.ts'
import type { ItemView, PostView, ThreadNode } from './item-view.ts'
import { Edits, RevisionVotes, type Revision } from './revisions.ts'
import { ATTACHED, CONTENT_BYTES, NONE, RowKind, Rows } from './rows.ts'
import { listThread, type CommentSort } from './thread.ts'
import { periodSpanMs } from './window.ts'

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
  /** The comments below a post, depth first; undefined if the post is not listed here. */
  thread (root: ItemId, sort?: CommentSort): ThreadNode[] | undefined
  /** All revisions of an item, oldest first; undefined if it is not listed here. */
  revisions (item: ItemId): Revision[] | undefined
  counts (): ShardCounts
  /** The columns, for feeds: valid until the next `apply`. */
  readonly rows: Readonly<Rows>
  /** The post of a row. */
  postOf (row: number): PostView
}

export function createShardView (options: ShardViewOptions): ShardView {
  return new ColumnarShardView(options)
}

type Listing = { readonly kind: 'post' } & PostEntry | { readonly kind: 'comment' } & CommentEntry

class ColumnarShardView implements ShardView {
  readonly community: CommunityAddress
  readonly period: Period
  readonly rows: Rows = new Rows()
  version = 0
  readonly #contents = new ContentIndex()
  readonly #edits = new Edits()
  readonly #revisionVotes = new RevisionVotes()
  readonly #describe: Describer
  readonly #fromMs: number
  readonly #untilMs: number

  constructor ({ community, period }: ShardViewOptions) {
    this.community = community
    this.period = period
    this.#describe = createDescriber({ community, period, rows: this.rows, edits: this.#edits, revisionVotes: this.#revisionVotes })
    const { fromMs, untilMs } = periodSpanMs(period)
    this.#fromMs = fromMs
    this.#untilMs = untilMs
  }

  apply (author: AuthorId, changes: readonly EntryChange[], current: CurrentEntry): void {
    if (changes.length > 0) this.version++
    // Votes and the rest come before definitions: whoever defines or drops a row then finds the author's own vote
    // counted exactly as `current` has it.
    for (const change of changes) {
      if (change.root === 'votes') this.#applyVote(author, change)
      else if (change.root === 'edits') this.#applyEdit(author, change)
      else if (change.root === 'deletions') this.#applyDeletion(author, change)
    }
    for (const change of changes) {
      if (change.root === 'posts' || change.root === 'comments') this.#applyListing(author, change.key, current)
    }
  }

  item (item: ItemId): ItemView | undefined {
    const row = this.rows.find(item)
    if (row === NONE || this.rows.kind[row] === RowKind.undefined) return undefined
    return this.rows.kind[row] === RowKind.post ? this.#describe.post(row) : this.#describe.comment(row)
  }

  find (contentId: ContentId): ItemId[] {
    return this.#contents.find(this.rows.content, hexToBytes(contentId)).map(row => this.rows.itemOf(row)).sort()
  }

  findRevision (contentId: ContentId): ItemId[] {
    const { rows } = this
    const edited = this.#edits.find(contentId, row => rows.kind[row] === RowKind.undefined ? NONE : rows.author[row]!).map(row => rows.itemOf(row))
    return [...new Set([...this.find(contentId), ...edited])].sort()
  }

  thread (root: ItemId, sort: CommentSort = 'best'): ThreadNode[] | undefined {
    const row = this.rows.find(root)
    if (row === NONE || this.rows.kind[row] !== RowKind.post) return undefined
    return listThread(this.rows, row, sort, comment => this.#describe.comment(comment))
  }

  revisions (item: ItemId): Revision[] | undefined {
    const row = this.rows.find(item)
    if (row === NONE || this.rows.kind[row] === RowKind.undefined) return undefined
    return [this.#describe.firstRevision(row), ...this.#edits.history(this.rows.author[row]!, row)]
  }

  counts (): ShardCounts {
    const { count, postCount, attachedCount, deletedRows, kind, flags } = this.rows
    let posts = postCount
    let comments = attachedCount
    for (const row of deletedRows) {
      if (kind[row] === RowKind.post) posts--
      else if (kind[row] === RowKind.comment && (flags[row]! & ATTACHED) !== 0) comments--
    }
    return { rows: count, posts, comments }
  }

  postOf (row: number): PostView {
    return this.#describe.post(row)
  }

  #isOwn (row: number, author: AuthorId): boolean {
    return this.rows.kind[row] !== RowKind.undefined && this.rows.authorOf(row) === author
  }

  #applyVote (author: AuthorId, { key, before, after }: EntryChange): void {
    const old = before && parseVote(key, before)
    const next = after && parseVote(key, after)
    const item = next?.item ?? old?.item
    if (item === undefined) return
    const row = this.rows.ensure(item)
    if (this.#isOwn(row, author)) return
    this.#tally(row, old, -1)
    this.#tally(row, next, 1)
    this.rows.releaseIfUnused(row)
  }

  #tally (row: number, vote: VoteEntry | null | undefined, difference: 1 | -1): void {
    if (!vote || vote.value === 0) return
    const column = vote.value === 1 ? this.rows.up : this.rows.down
    column[row]! += difference
    if (vote.revision !== null) this.#revisionVotes.add(row, vote.revision, difference)
  }

  #applyEdit (author: AuthorId, { key, before, after }: EntryChange): void {
    const { rows } = this
    const old = before && parseEdit(key, before)
    const next = after && parseEdit(key, after)
    if (next) {
      const row = rows.ensure(next.item)
      rows.references[row]!++
    }
    if (old) {
      const row = rows.find(old.item)
      this.#edits.delete(rows.internAuthor(author), row, old.contentId)
      rows.references[row]!--
      rows.releaseIfUnused(row)
    }
    if (next) {
      const { contentId, length, editedMs, title } = next
      this.#edits.set(rows.internAuthor(author), rows.find(next.item), { contentId, length, editedMs, title })
    }
  }

  /** Before a listing exists a deletion leaves no trace: the listing looks for it when it comes. */
  #applyDeletion (author: AuthorId, { key, after }: EntryChange): void {
    const row = this.rows.find(key as ItemId)
    if (row === NONE || !this.#isOwn(row, author)) return
    this.rows.setDeleted(row, after !== undefined && parseDeletion(key, after) !== null)
  }

  #applyListing (author: AuthorId, key: string, current: CurrentEntry): void {
    const bytes = decodeBase64url(key)
    if (bytes?.length !== CONTENT_BYTES) return
    const item = itemIdOf(author, contentIdOfBytes(bytes))
    const listing = this.#listingOf(key, current)
    const row = listing === null ? this.rows.find(item) : this.rows.ensure(item)
    if (row === NONE) return
    if (listing !== null && this.#hangsAlike(row, listing)) {
      this.#setColumns(row, listing)
      return
    }
    if (this.rows.kind[row] !== RowKind.undefined) this.#undefine(row, current)
    if (listing === null) this.rows.releaseIfUnused(row)
    else this.#define(row, author, bytes, listing, current)
  }

  /** What an author lists under a content id: a post goes before a comment. */
  #listingOf (key: string, current: CurrentEntry): Listing | null {
    const postEntry = current('posts', key)
    const post = postEntry && parsePost(key, postEntry)
    if (post && post.createdMs >= this.#fromMs && post.createdMs < this.#untilMs) return { kind: 'post', ...post }
    const commentEntry = current('comments', key)
    const comment = commentEntry && parseComment(key, commentEntry)
    return comment ? { kind: 'comment', ...comment } : null
  }

  #hangsAlike (row: number, listing: Listing): boolean {
    const { rows } = this
    if (listing.kind === 'post') return rows.kind[row] === RowKind.post
    return rows.kind[row] === RowKind.comment &&
      rows.itemOf(rows.root[row]!) === listing.root && rows.itemOf(rows.parent[row]!) === listing.parent
  }

  #setColumns (row: number, listing: Listing): void {
    this.rows.createdMs[row] = listing.createdMs
    this.rows.length[row] = listing.length
    this.rows.titles[row] = listing.kind === 'post' ? listing.title : undefined
  }

  #define (row: number, author: AuthorId, contentId: Uint8Array, listing: Listing, current: CurrentEntry): void {
    const { rows } = this
    const item = rows.itemOf(row)
    rows.author[row] = rows.internAuthor(author)
    rows.content.set(contentId, row * CONTENT_BYTES)
    this.#contents.add(rows.content, row)
    this.#setColumns(row, listing)
    const deletion = current('deletions', item)
    rows.flags[row] = 0
    rows.setDeleted(row, deletion !== undefined && parseDeletion(item, deletion) !== null)
    this.#tally(row, this.#ownVote(item, current), -1)
    if (listing.kind === 'post') {
      rows.kind[row] = RowKind.post
      rows.addPost(row)
      attachAnswers(rows, row)
    } else {
      const root = rows.ensure(listing.root)
      const parent = rows.ensure(listing.parent)
      rows.kind[row] = RowKind.comment
      rows.root[row] = root
      rows.parent[row] = parent
      linkComment(rows, row)
    }
  }

  #undefine (row: number, current: CurrentEntry): void {
    const { rows } = this
    this.#contents.remove(rows.content, row)
    this.#tally(row, this.#ownVote(rows.itemOf(row), current), 1)
    if (rows.kind[row] === RowKind.post) {
      detachAnswers(rows, row)
      rows.removePost(row)
    } else {
      unlinkComment(rows, row)
    }
    rows.kind[row] = RowKind.undefined
    rows.titles[row] = undefined
  }

  #ownVote (item: ItemId, current: CurrentEntry): VoteEntry | null {
    const entry = current('votes', item)
    return entry ? parseVote(item, entry) : null
  }
}
