// A month in columns (rows.ts), kept up with every change. Every change is exactly reversible, because documents are rebuilt
// when an author equivocates.
import { SAVED_TOGETHER, type Columns, type Restoring, type Saving } from '../checkpoint/columns.ts'
import { parseComment, parseDeletion, parseEdit, parseLabel, parsePost, parseVote, type CommentEntry, type PostEntry, type VoteEntry } from '../documents/schema.ts'
import { decodeBase64url, hexToBytes } from '../identity/encoding.ts'
import { contentIdOfBytes, itemIdOf } from '../identity/ids.ts'
import type { AuthorId, CommunityAddress, ContentId, EntryChange, ItemId, Period } from '../model.ts'
import { addPost, attachAnswers, detachAnswers, linkComment, setDeleted, unlinkComment } from './attachment.ts'
import { NONE } from './columns.ts'
import { ContentIndex } from './content-index.ts'
import { createDescriber, type Describer } from './describe.ts'
import type { CommentView, ItemView, PostView } from './item-view.ts'
import { Labels, type Label } from './labels.ts'
import { Mentions } from './mentions.ts'
import { Edits, type Revision } from './revisions.ts'
import { CONTENT_BYTES, DELETED, RowKind, Rows } from './rows.ts'
import type { WeightOf } from './weights.ts'
import { Tally } from './tally.ts'
import type { CurrentEntry, ShardCounts, ShardView, ShardViewOptions } from './shard-view.ts'
import { periodSpanMs } from './window.ts'

type Listing = { readonly kind: 'post' } & PostEntry | { readonly kind: 'comment' } & CommentEntry

export class ColumnarShard implements ShardView {
  readonly community: CommunityAddress
  readonly period: Period
  readonly rows: Rows
  readonly asOfMs: number | null = null
  version = 0
  readonly #contents = new ContentIndex()
  readonly #edits = new Edits()
  readonly #tally: Tally
  readonly #labels = new Labels()
  readonly #mentions = new Mentions()
  readonly #describe: Describer
  readonly #fromMs: number
  readonly #untilMs: number

  constructor ({ community, period }: ShardViewOptions) {
    this.community = community
    this.period = period
    const { fromMs, untilMs } = periodSpanMs(period)
    this.rows = new Rows(fromMs)
    this.#tally = new Tally(this.rows)
    this.#describe = createDescriber({ view: this, edits: this.#edits, votes: this.#tally, mentions: this.#mentions })
    this.#fromMs = fromMs
    this.#untilMs = untilMs
  }

  apply (author: AuthorId, changes: readonly EntryChange[], current: CurrentEntry): void {
    if (changes.length > 0) this.version++
    // Votes and the rest come before definitions: whoever defines or drops a row then finds the author's own vote
    // counted exactly as `current` has it.
    let number = NONE
    for (const change of changes) {
      if (change.root === 'votes') this.#applyVote(number === NONE ? number = this.rows.internAuthor(author) : number, change)
      else if (change.root === 'labels') this.#applyLabel(author, change)
      else if (change.root === 'edits') this.#applyEdit(author, change)
      else if (change.root === 'deletions') this.#applyDeletion(author, change)
    }
    for (const change of changes) {
      if (change.root === 'posts' || change.root === 'comments') this.#applyListing(author, change.key, current)
    }
  }

  * save (columns: Map<string, Uint8Array>): Saving {
    yield * this.rows.save(columns)
    yield * this.#tally.save(columns)
    yield * this.#edits.save(columns)
    yield * this.#labels.save(columns)
    yield * this.#mentions.save(columns)
  }

  * restore (columns: Columns): Restoring {
    const { rows } = this
    yield * rows.restore(columns)
    yield * this.#tally.restore(columns)
    yield * this.#edits.restore(columns)
    yield * this.#labels.restore(columns)
    yield * this.#mentions.restore(columns)
    for (let row = 0; row < rows.end; row++) {
      if (row % SAVED_TOGETHER === 0) yield
      if (rows.kind[row] === RowKind.undefined) continue
      this.#contents.add(rows.content, row)
      if (rows.kind[row] === RowKind.post && rows.flags[row] === 0) addPost(rows, row)
    }
    this.version++
  }

  rowOf (item: ItemId): number {
    const row = this.rows.find(item)
    return row === NONE || this.rows.kind[row] === RowKind.undefined ? NONE : row
  }

  item (item: ItemId): ItemView | undefined {
    const row = this.rowOf(item)
    return row === NONE ? undefined : this.itemAt(row)
  }

  find (contentId: ContentId): ItemId[] {
    return this.#contents.find(this.rows.content, hexToBytes(contentId)).map(row => this.rows.itemOf(row)).sort()
  }

  findRevision (contentId: ContentId): ItemId[] {
    const { rows } = this
    const edited = this.#edits.find(contentId, row => rows.kind[row] === RowKind.undefined ? NONE : rows.author[row]!).map(row => rows.itemOf(row))
    return [...new Set([...this.find(contentId), ...edited])].sort()
  }

  revisions (item: ItemId): Revision[] | undefined {
    const row = this.rowOf(item)
    return row === NONE ? undefined : [this.#describe.firstRevision(row), ...this.#edits.history(this.rows.author[row]!, row)]
  }

  labels (item: ItemId): Label[] {
    const row = this.rows.find(item)
    return row === NONE ? [] : this.#labels.of(row)
  }

  counts (): ShardCounts {
    const { count, posts, commentCount } = this.rows
    return { rows: count, posts: posts.count, comments: commentCount }
  }

  weigh (weightOf: WeightOf | null, generation: number): void { this.#tally.weigh(weightOf, generation) }

  upOf (row: number): number { return this.#tally.upOf(row) }

  downOf (row: number): number { return this.#tally.downOf(row) }

  contentOf (row: number): ContentId { return contentIdOfBytes(this.rows.content.subarray(row * CONTENT_BYTES, (row + 1) * CONTENT_BYTES)) }

  postOf (row: number): PostView { return this.#describe.post(row) }

  commentOf (row: number): CommentView { return this.#describe.comment(row) }

  itemAt (row: number): ItemView { return this.rows.kind[row] === RowKind.post ? this.postOf(row) : this.commentOf(row) }

  isLabelled (row: number): boolean { return this.#labels.has(row) }

  labelBy (row: number, author: AuthorId): Label | undefined { return this.#labels.by(row, author) }

  mentioning (author: AuthorId): Iterable<number> { return this.#mentions.of(author) }

  #isOwn (row: number, author: AuthorId): boolean {
    return this.rows.kind[row] !== RowKind.undefined && this.rows.authorOf(row) === author
  }

  #applyVote (author: number, { key, before, after }: EntryChange): void {
    const { rows } = this
    const known = rows.find(key as ItemId)
    const isItem = known !== NONE
    const old = before && parseVote(key, before, isItem)
    const next = after && parseVote(key, after, isItem)
    if (!old && !next) return
    const row = isItem ? known : rows.ensure(key as ItemId)
    this.#tally.vote(author, row, old, next)
    rows.releaseIfUnused(row)
  }

  #applyLabel (author: AuthorId, { key, before, after }: EntryChange): void {
    const { rows } = this
    const old = before && parseLabel(key, before)
    const next = after && parseLabel(key, after)
    if (!old && !next) return
    const row = rows.ensure(key as ItemId)
    rows.references[row]! += (next ? 1 : 0) - (old ? 1 : 0)
    if (next) this.#labels.set(row, { author, label: next.label, reason: next.reason, labelledMs: next.seconds * 1000 })
    else this.#labels.delete(row, author)
    rows.releaseIfUnused(row)
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
    setDeleted(this.rows, row, after !== undefined && parseDeletion(key, after) !== null)
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
    this.rows.posts.setTime(row, listing.createdMs)
    this.#mentions.set(row, listing.kind === 'comment' ? listing.mentions : [])
    this.rows.length[row] = listing.length
    this.rows.titles[row] = listing.kind === 'post' ? listing.title : undefined
  }

  #define (row: number, author: AuthorId, contentId: Uint8Array, listing: Listing, current: CurrentEntry): void {
    const { rows } = this
    const item = rows.itemOf(row)
    const number = rows.author[row] = rows.internAuthor(author)
    rows.addToAuthor(row)
    rows.content.set(contentId, row * CONTENT_BYTES)
    this.#contents.add(rows.content, row)
    this.#setColumns(row, listing)
    const deletion = current('deletions', item)
    rows.flags[row] = deletion !== undefined && parseDeletion(item, deletion) !== null ? DELETED : 0
    this.#tally.count(number, row, this.#ownVote(item, current), -1)
    if (listing.kind === 'post') {
      rows.kind[row] = RowKind.post
      if (rows.flags[row] === 0) addPost(rows, row)
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
    rows.removeFromAuthor(row)
    this.#mentions.set(row, [])
    if (rows.kind[row] === RowKind.post) {
      detachAnswers(rows, row)
      if (rows.posts.placeOf(row) !== NONE) rows.posts.remove(row)
    } else {
      unlinkComment(rows, row)
    }
    this.#tally.count(rows.author[row]!, row, this.#ownVote(rows.itemOf(row), current), 1)
    rows.kind[row] = RowKind.undefined
    rows.titles[row] = undefined
  }

  #ownVote (item: ItemId, current: CurrentEntry): VoteEntry | null {
    const entry = current('votes', item)
    return entry ? parseVote(item, entry) : null
  }
}
