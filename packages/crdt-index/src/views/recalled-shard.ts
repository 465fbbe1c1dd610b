// A month that is not held as its readers last knew it: the posts that were remembered with their totals, and what local
// authors wrote in it, which stays. It answers as any month does, and says as of when.
import { encodeEdit, encodeLabel, encodePost, entryTimeMs, type RawEntry } from '../documents/schema.ts'
import { itemIdOf } from '../identity/ids.ts'
import type { AuthorId, ContentId, DocumentEntries, EntryChange, EntryValue } from '../model.ts'
import { ColumnarShard } from './columnar-shard.ts'
import { NONE } from './columns.ts'
import type { PostView } from './item-view.ts'
import type { Label } from './labels.ts'
import type { CurrentEntry, ShardView, ShardViewOptions } from './shard-view.ts'

export interface LastKnownPost {
  readonly author: AuthorId
  readonly contentId: ContentId
  readonly length: number
  readonly createdMs: number
  /** Of the first revision. */
  readonly title: string
  /** The current revision; null: the first one. */
  readonly edit: { readonly contentId: ContentId, readonly length: number, readonly editedMs: number, readonly title: string | null } | null
  /** Beyond what local authors' own words, which stay, add to it. */
  readonly up: number
  readonly down: number
  readonly comments: number
  /** Votes that were cast for another revision than the current one. */
  readonly otherRevision: number
  readonly labels: readonly Label[]
}

export interface LastKnown {
  /** Unix time in milliseconds. */
  readonly asOfMs: number
  readonly posts: readonly LastKnownPost[]
  /** Who wrote here then: whose words are not among what was remembered. Null: an earlier release did not say. */
  readonly locals: readonly AuthorId[] | null
}

export interface RecalledOptions extends ShardViewOptions {
  readonly lastKnown: LastKnown
  /** What local authors have in the month; they tell of changes by `apply`. */
  readonly local: ReadonlyMap<AuthorId, DocumentEntries>
}

export function createRecalledView (options: RecalledOptions): ShardView {
  return new RecalledShard(options)
}

class RecalledShard extends ColumnarShard {
  override readonly asOfMs: number
  /** By row; of posts that were remembered. */
  readonly #otherRevision = new Map<number, number>()
  readonly #locals: ReadonlySet<AuthorId> | null

  constructor ({ lastKnown, local, ...options }: RecalledOptions) {
    super(options)
    this.asOfMs = lastKnown.asOfMs
    this.#locals = lastKnown.locals === null ? null : new Set(lastKnown.locals)
    const late = [...local].filter(([author]) => this.#isLate(author))
    const early = new Map([...local].filter(([author]) => !this.#isLate(author)))
    for (const [author, entries] of early) this.#applyAll(author, rawOf(entries))
    for (const post of lastKnown.posts) this.#recall(post, early)
    for (const [author, entries] of late) this.apply(author, ...listed(rawOf(entries)))
  }

  /** What somebody said who writes here only since then, as another device did before, is among the totals already: it changes none. */
  override apply (author: AuthorId, changes: readonly EntryChange[], current: CurrentEntry): void {
    const isCounted = ({ root, before, after }: EntryChange): boolean => before === undefined && after !== undefined && entryTimeMs(root, after) <= this.asOfMs
    const counted = this.#isLate(author) ? changes.filter(isCounted) : []
    if (counted.length === 0) {
      super.apply(author, changes, current)
      return
    }
    const rest = new Map(changes.filter(change => !isCounted(change)).map(change => [`${change.root}/${change.key}`, change]))
    const totals = [...this.#otherRevision.keys()].map(row => ({ row, up: this.rows.up[row]!, down: this.rows.down[row]!, comments: this.rows.comments[row]! }))
    super.apply(author, counted, (root, key) => {
      const later = rest.get(`${root}/${key}`)
      return later === undefined ? current(root, key) : later.before
    })
    for (const { row, ...each } of totals) this.#setTotals(row, each)
    super.apply(author, [...rest.values()], current)
  }

  /** Totals were remembered by key: nobody knows any more whose votes they were. */
  override weigh (): void {}

  override postOf (row: number): PostView {
    return { ...super.postOf(row), otherRevision: this.#otherRevision.get(row) ?? 0 }
  }

  #recall (post: LastKnownPost, local: ReadonlyMap<AuthorId, DocumentEntries>): void {
    const { rows } = this
    const item = itemIdOf(post.author, post.contentId)
    if (!local.has(post.author)) {
      this.#applyAll(post.author, [encodePost(post), ...post.edit === null ? [] : [encodeEdit({ item, ...post.edit })]])
    }
    for (const { author, label, reason, labelledMs } of post.labels) {
      if (!local.has(author)) this.#applyAll(author, [encodeLabel({ item, label, reason, seconds: Math.floor(labelledMs / 1000) })])
    }
    const row = this.rowOf(item)
    if (row === NONE) return // its author, who writes here, took it back
    this.#setTotals(row, { up: rows.up[row]! + post.up, down: rows.down[row]! + post.down, comments: rows.comments[row]! + post.comments })
    this.#otherRevision.set(row, post.otherRevision)
  }

  #setTotals (row: number, { up, down, comments }: Pick<LastKnownPost, 'up' | 'down' | 'comments'>): void {
    const { rows } = this
    rows.up[row] = up
    rows.down[row] = down
    rows.comments[row] = comments
    const place = rows.posts.placeOf(row)
    if (place !== NONE) rows.posts.keys.set(place, up, down)
  }

  #isLate (author: AuthorId): boolean {
    return this.#locals?.has(author) === false
  }

  #applyAll (author: AuthorId, entries: readonly RawEntry[]): void {
    super.apply(author, ...listed(entries))
  }
}

/** As changes that write them all. */
function listed (entries: readonly RawEntry[]): [readonly EntryChange[], CurrentEntry] {
  const values = new Map<string, EntryValue>(entries.map(({ root, key, value }) => [`${root}/${key}`, value]))
  return [entries.map(({ root, key, value }) => ({ root, key, before: undefined, after: value })), (root, key) => values.get(`${root}/${key}`)]
}

function rawOf (entries: DocumentEntries): RawEntry[] {
  return [...entries].flatMap(([root, values]) => [...values].map(([key, value]) => ({ root, key, value })))
}
