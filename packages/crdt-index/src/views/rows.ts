// Columns of one shard: a row is a number, its fields lie in typed arrays that grow together. A row exists as long
// as anything names it: an entry that defines it, a vote, a comment below it, an edit of it.
import { bytesOfNumbers, ByteReader, ByteWriter, numbersOfBytes } from '../checkpoint/bytes.ts'
import { columnOf, SAVED_TOGETHER, type Columns, type Restoring, type Saving } from '../checkpoint/columns.ts'
import { hexToBytes } from '../identity/encoding.ts'
import { authorIdOfBytes, bytesOfItemId, ITEM_BYTES, itemIdOfBytes, KEY_BYTES } from '../identity/ids.ts'
import type { AuthorId, ItemId } from '../model.ts'
import { PostTable } from './post-table.ts'
import { GROWTH, grown, NONE, type Floats, type Ints } from './columns.ts'

export { NONE } from './columns.ts'

export const CONTENT_BYTES = 20

export const RowKind = { undefined: 0, post: 1, comment: 2 } as const
export type RowKind = typeof RowKind[keyof typeof RowKind]

/** Flag: the item's author deleted it. */
export const DELETED = 1
/** Flag: the comment hangs below a defined post of this shard. */
export const ATTACHED = 2

const FIRST_CAPACITY = 64
/** Columns of 32-bit numbers that a checkpoint has as they are. */
const SAVED_INTS = ['up', 'down', 'comments', 'author', 'length', 'root', 'parent', 'firstChild', 'nextSibling', 'previousSibling', 'references', 'nextOfAuthor', 'previousOfAuthor'] as const
const ints = (): Ints => new Int32Array(FIRST_CAPACITY)

/** Storage only: it knows no rule of the views. Arrays are replaced as they grow, so nobody keeps one across a change. */
export class Rows {
  createdMs: Float64Array<ArrayBuffer> = new Float64Array(FIRST_CAPACITY)
  up: Ints = ints()
  down: Ints = ints()
  /** Attached comments of a post that their authors did not delete. */
  comments: Ints = ints()
  author: Ints = ints()
  length: Ints = ints()
  content: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_CAPACITY * CONTENT_BYTES)
  kind: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_CAPACITY)
  flags: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_CAPACITY)
  /** Comments: the rows that the entry names. */
  root: Ints = ints()
  parent: Ints = ints()
  /** Comments that name this row as their parent, attached or not: a doubly linked list. */
  firstChild: Ints = ints()
  nextSibling: Ints = ints()
  previousSibling: Ints = ints()
  /** How many comments (as parent, as root) and edits name this row. */
  references: Ints = ints()
  /** Listed rows of one author: a doubly linked list from `firstOfAuthor`. */
  nextOfAuthor: Ints = ints()
  previousOfAuthor: Ints = ints()
  /** Weighted votes, in steps of a weight; empty unless the view is weighed. */
  upWeight: Floats = new Float64Array(0)
  downWeight: Floats = new Float64Array(0)
  readonly titles: Array<string | undefined> = []
  readonly #items: Array<ItemId | undefined> = []

  /** Listed posts that their authors did not delete. */
  readonly posts: PostTable
  /** Attached comments that their authors did not delete. */
  commentCount = 0

  readonly #rowOf = new Map<ItemId, number>()
  readonly #authors: AuthorId[] = []
  readonly #authorIndex = new Map<AuthorId, number>()
  readonly #firstOfAuthor: number[] = []
  #end = 0
  #free = NONE

  /** `fromMs`: no post is older. */
  constructor (fromMs: number) { this.posts = new PostTable(fromMs) }

  /** Rows in use, defined or only named. */
  get count (): number { return this.#rowOf.size }

  /** All rows, in use or not, have lower numbers. */
  get end (): number { return this.#end }

  find (item: ItemId): number { return this.#rowOf.get(item) ?? NONE }

  /** The row of an item; a new undefined one if nothing has named it yet. */
  ensure (item: ItemId): number {
    const known = this.#rowOf.get(item)
    if (known !== undefined) return known
    let row = this.#free
    if (row === NONE) {
      row = this.#end++
      if (row === this.kind.length) this.#grow()
    } else {
      this.#free = this.nextSibling[row]!
    }
    this.#rowOf.set(item, row)
    this.#items[row] = item
    this.titles[row] = undefined
    this.kind[row] = RowKind.undefined
    this.flags[row] = 0
    this.up[row] = this.down[row] = this.comments[row] = this.references[row] = 0
    this.author[row] = this.root[row] = this.parent[row] = NONE
    this.firstChild[row] = this.nextSibling[row] = this.previousSibling[row] = NONE
    this.nextOfAuthor[row] = this.previousOfAuthor[row] = NONE
    if (this.upWeight.length > 0) this.upWeight[row] = this.downWeight[row] = 0
    return row
  }

  /** Gives the row back if nothing names it any more; it must not be used after that. */
  releaseIfUnused (row: number): void {
    const item = this.#items[row]
    if (item === undefined || this.kind[row] !== RowKind.undefined) return
    if (this.up[row] !== 0 || this.down[row] !== 0 || this.references[row] !== 0) return
    this.#rowOf.delete(item)
    this.#items[row] = undefined
    this.nextSibling[row] = this.#free
    this.#free = row
  }

  itemOf (row: number): ItemId { return this.#items[row]! }

  authorOf (row: number): AuthorId { return this.#authors[this.author[row]!]! }

  /** A number for an author. Numbers are not given back: there are as many as authors who ever wrote something here. */
  internAuthor (author: AuthorId): number {
    const known = this.#authorIndex.get(author)
    if (known !== undefined) return known
    this.#authorIndex.set(author, this.#authors.length)
    this.#firstOfAuthor.push(NONE)
    return this.#authors.push(author) - 1
  }

  /** NONE for an author without a number. */
  findAuthor (author: AuthorId): number { return this.#authorIndex.get(author) ?? NONE }

  authorNumbered (number: number): AuthorId { return this.#authors[number]! }

  get authorCount (): number { return this.#authors.length }

  /** The first listed row of an author number, NONE without one. */
  firstOfAuthor (number: number): number { return this.#firstOfAuthor[number] ?? NONE }

  addToAuthor (row: number): void {
    const number = this.author[row]!
    const first = this.#firstOfAuthor[number]!
    this.nextOfAuthor[row] = first
    this.previousOfAuthor[row] = NONE
    if (first !== NONE) this.previousOfAuthor[first] = row
    this.#firstOfAuthor[number] = row
  }

  removeFromAuthor (row: number): void {
    const next = this.nextOfAuthor[row]!
    const previous = this.previousOfAuthor[row]!
    if (previous === NONE) this.#firstOfAuthor[this.author[row]!] = next
    else this.nextOfAuthor[previous] = next
    if (next !== NONE) this.previousOfAuthor[next] = previous
  }

  addChild (parent: number, row: number): void {
    const first = this.firstChild[parent]!
    this.nextSibling[row] = first
    this.previousSibling[row] = NONE
    if (first !== NONE) this.previousSibling[first] = row
    this.firstChild[parent] = row
  }

  removeChild (parent: number, row: number): void {
    const next = this.nextSibling[row]!
    const previous = this.previousSibling[row]!
    if (previous === NONE) this.firstChild[parent] = next
    else this.nextSibling[previous] = next
    if (next !== NONE) this.previousSibling[next] = previous
  }

  /** All but weights and the table of posts, which are made anew. */
  * save (columns: Map<string, Uint8Array>): Saving {
    const end = this.#end
    const used = new Uint8Array(end)
    const items = new Uint8Array(end * ITEM_BYTES)
    const titles = new ByteWriter()
    for (let row = 0; row < end; row++) {
      const item = this.#items[row]
      titles.text(this.titles[row] ?? null)
      if (item !== undefined) {
        used[row] = 1
        items.set(bytesOfItemId(item), row * ITEM_BYTES)
      }
      if (row % SAVED_TOGETHER === 0) yield
    }
    const authors = new Uint8Array(this.#authors.length * KEY_BYTES)
    for (const [number, author] of this.#authors.entries()) {
      authors.set(hexToBytes(author), number * KEY_BYTES)
      if (number % SAVED_TOGETHER === 0) yield
    }
    for (const name of SAVED_INTS) columns.set(`rows.${name}`, bytesOfNumbers(this[name], end))
    columns.set('rows.createdMs', bytesOfNumbers(this.createdMs, end))
    columns.set('rows.content', bytesOfNumbers(this.content, end * CONTENT_BYTES))
    columns.set('rows.kind', bytesOfNumbers(this.kind, end))
    columns.set('rows.flags', bytesOfNumbers(this.flags, end))
    columns.set('rows.used', used)
    columns.set('rows.items', items)
    columns.set('rows.titles', titles.finish())
    columns.set('rows.authors', authors)
    columns.set('rows.firstOfAuthor', bytesOfNumbers(Int32Array.from(this.#firstOfAuthor), this.#firstOfAuthor.length))
    columns.set('rows.counts', bytesOfNumbers(Int32Array.of(this.#free, this.commentCount), 2))
  }

  /** Into rows that nothing was written to. Throws RangeError for what no rows look like. */
  * restore (columns: Columns): Restoring {
    const used = columnOf(columns, 'rows.used')
    const end = used.length
    const capacity = Math.max(end, FIRST_CAPACITY)
    const column = (name: string, bytesEach: number): Uint8Array => {
      const bytes = columnOf(columns, `rows.${name}`)
      if (bytes.length !== end * bytesEach) throw new RangeError(`length of ${name}`)
      return bytes
    }
    for (const name of SAVED_INTS) this[name] = grown(numbersOfBytes(Int32Array, column(name, 4)), capacity)
    this.createdMs = grown(numbersOfBytes(Float64Array, column('createdMs', 8)), capacity)
    this.content = grown(numbersOfBytes(Uint8Array, column('content', CONTENT_BYTES)), capacity * CONTENT_BYTES)
    this.kind = grown(numbersOfBytes(Uint8Array, column('kind', 1)), capacity)
    this.flags = grown(numbersOfBytes(Uint8Array, column('flags', 1)), capacity)
    const items = column('items', ITEM_BYTES)
    const titles = new ByteReader(columnOf(columns, 'rows.titles'))
    for (let row = 0; row < end; row++) {
      if (row % SAVED_TOGETHER === 0) yield
      this.titles[row] = titles.text() ?? undefined
      if (used[row] === 0) {
        this.#items[row] = undefined
        continue
      }
      const item = itemIdOfBytes(items.subarray(row * ITEM_BYTES, (row + 1) * ITEM_BYTES))
      this.#items[row] = item
      this.#rowOf.set(item, row)
    }
    const authors = columnOf(columns, 'rows.authors')
    for (let at = 0; at < authors.length; at += KEY_BYTES) {
      if (at % (SAVED_TOGETHER * KEY_BYTES) === 0) yield
      this.internAuthor(authorIdOfBytes(authors.subarray(at, at + KEY_BYTES)))
    }
    const firstOfAuthor = numbersOfBytes(Int32Array, columnOf(columns, 'rows.firstOfAuthor'))
    const [free, commentCount] = numbersOfBytes(Int32Array, columnOf(columns, 'rows.counts'))
    if (firstOfAuthor.length !== this.#authors.length || free === undefined || commentCount === undefined) throw new RangeError('authors of rows')
    for (const [number, row] of firstOfAuthor.entries()) this.#firstOfAuthor[number] = row
    this.#end = end
    this.#free = free
    this.commentCount = commentCount
  }

  #grow (): void {
    const capacity = Math.ceil(this.kind.length * GROWTH)
    this.createdMs = grown(this.createdMs, capacity)
    this.up = grown(this.up, capacity)
    this.down = grown(this.down, capacity)
    this.comments = grown(this.comments, capacity)
    this.author = grown(this.author, capacity)
    this.length = grown(this.length, capacity)
    this.content = grown(this.content, capacity * CONTENT_BYTES)
    this.kind = grown(this.kind, capacity)
    this.flags = grown(this.flags, capacity)
    this.root = grown(this.root, capacity)
    this.parent = grown(this.parent, capacity)
    this.firstChild = grown(this.firstChild, capacity)
    this.nextSibling = grown(this.nextSibling, capacity)
    this.previousSibling = grown(this.previousSibling, capacity)
    this.references = grown(this.references, capacity)
    this.nextOfAuthor = grown(this.nextOfAuthor, capacity)
    this.previousOfAuthor = grown(this.previousOfAuthor, capacity)
    if (this.upWeight.length === 0) return
    this.upWeight = grown(this.upWeight, capacity)
    this.downWeight = grown(this.downWeight, capacity)
  }
}
