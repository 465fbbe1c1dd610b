// A month that is not held as its readers last knew it: the posts that were remembered with their totals, and what local
// authors wrote in it, which stays. It answers as any month does, and says as of when.
import { encodeEdit, encodeLabel, encodePost, type RawEntry } from '../documents/schema.ts'
import { itemIdOf } from '../identity/ids.ts'
import type { AuthorId, ContentId, DocumentEntries, EntryChange, EntryValue } from '../model.ts'
import { ColumnarShard } from './columnar-shard.ts'
import { NONE } from './columns.ts'
import type { PostView } from './item-view.ts'
import type { Label } from './labels.ts'
import type { ShardView, ShardViewOptions } from './shard-view.ts'

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
  readonly #otherRevision = new Map<number, number>()

  constructor ({ lastKnown, local, ...options }: RecalledOptions) {
    super(options)
    this.asOfMs = lastKnown.asOfMs
    for (const [author, entries] of local) this.#applyAll(author, [...entries].flatMap(([root, values]) => [...values].map(([key, value]) => ({ root, key, value }))))
    for (const post of lastKnown.posts) this.#recall(post, local)
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
    rows.up[row]! += post.up
    rows.down[row]! += post.down
    rows.comments[row]! += post.comments
    this.#otherRevision.set(row, post.otherRevision)
    const place = rows.posts.placeOf(row)
    if (place !== NONE) rows.posts.keys.set(place, rows.up[row]!, rows.down[row]!)
  }

  #applyAll (author: AuthorId, entries: readonly RawEntry[]): void {
    const values = new Map<string, EntryValue>(entries.map(({ root, key, value }) => [`${root}/${key}`, value]))
    const changes = entries.map(({ root, key, value }): EntryChange => ({ root, key, before: undefined, after: value }))
    this.apply(author, changes, (root, key) => values.get(`${root}/${key}`))
  }
}
