// Edits of items, and which revision the votes were cast for.
import { ByteReader, ByteWriter } from '../checkpoint/bytes.ts'
import { columnOf, SAVED_TOGETHER, type Columns, type Restoring, type Saving } from '../checkpoint/columns.ts'
import { hexToBytes } from '../identity/encoding.ts'
import { CONTENT_ID_BYTES, contentIdOfBytes } from '../identity/ids.ts'
import type { ContentId } from '../model.ts'

export interface Revision {
  readonly contentId: ContentId
  /** Bytes. */
  readonly length: number
  /** Null: the first revision, as the item was listed. */
  readonly editedMs: number | null
  /** Null: comments, and an edit that keeps the post's title. */
  readonly title: string | null
}
export interface Edit extends Revision { readonly editedMs: number }

interface EditsOfItem {
  readonly byContent: Map<ContentId, Edit>
  /** Null after the newest was removed, until somebody asks. */
  newest: Edit | null
}

/** Rows per author in a numeric key: a table never has as many. */
const KEY_ROWS = 2 ** 30

/** Oldest first: by time, then by content id. */
export function compareEdits (a: Edit, b: Edit): number {
  return a.editedMs - b.editedMs || (a.contentId < b.contentId ? -1 : a.contentId > b.contentId ? 1 : 0)
}

/** Edits by (author, row). Those of somebody else's item are kept too, and nobody asks for them. */
export class Edits {
  readonly #edits = new Map<number, EditsOfItem>()
  /** Which (author, row) list a content as a later revision. */
  readonly #listings = new Map<ContentId, Set<number>>()

  set (author: number, row: number, edit: Edit): void {
    const key = author * KEY_ROWS + row
    const listings = this.#listings.get(edit.contentId)
    if (listings === undefined) this.#listings.set(edit.contentId, new Set([key]))
    else listings.add(key)
    const edits = this.#edits.get(key)
    if (edits === undefined) {
      this.#edits.set(key, { byContent: new Map([[edit.contentId, edit]]), newest: edit })
      return
    }
    edits.byContent.set(edit.contentId, edit)
    if (edits.newest !== null && compareEdits(edit, edits.newest) > 0) edits.newest = edit
  }

  delete (author: number, row: number, contentId: ContentId): void {
    const key = author * KEY_ROWS + row
    const edits = this.#edits.get(key)
    if (edits === undefined) return
    edits.byContent.delete(contentId)
    const listings = this.#listings.get(contentId)
    listings?.delete(key)
    if (listings?.size === 0) this.#listings.delete(contentId)
    if (edits.byContent.size === 0) this.#edits.delete(key)
    else if (edits.newest?.contentId === contentId) edits.newest = null
  }

  /** Rows of which the row's author lists the content as a later revision. */
  find (contentId: ContentId, authorOf: (row: number) => number): number[] {
    return [...this.#listings.get(contentId) ?? []].map(key => ({ author: Math.floor(key / KEY_ROWS), row: key % KEY_ROWS }))
      .filter(({ author, row }) => authorOf(row) === author).map(({ row }) => row)
  }

  newest (author: number, row: number): Edit | undefined {
    const edits = this.#edits.get(author * KEY_ROWS + row)
    if (edits === undefined) return undefined
    if (edits.newest === null) {
      for (const edit of edits.byContent.values()) {
        if (edits.newest === null || compareEdits(edit, edits.newest) > 0) edits.newest = edit
      }
    }
    return edits.newest ?? undefined
  }

  /** Oldest first. */
  history (author: number, row: number): Edit[] {
    const edits = this.#edits.get(author * KEY_ROWS + row)
    return edits === undefined ? [] : [...edits.byContent.values()].sort(compareEdits)
  }

  * save (columns: Map<string, Uint8Array>): Saving {
    const writer = new ByteWriter()
    let saved = 0
    for (const [key, { byContent }] of this.#edits) {
      for (const { contentId, length, editedMs, title } of byContent.values()) {
        writer.float64(key)
        writer.bytes(hexToBytes(contentId))
        writer.uint32(length)
        writer.float64(editedMs)
        writer.text(title)
        if (++saved % SAVED_TOGETHER === 0) yield
      }
    }
    columns.set('edits', writer.finish())
  }

  * restore (columns: Columns): Restoring {
    const reader = new ByteReader(columnOf(columns, 'edits'))
    for (let read = 1; !reader.atEnd; read++) {
      if (read % SAVED_TOGETHER === 0) yield
      const key = reader.float64()
      const contentId = contentIdOfBytes(reader.bytes(CONTENT_ID_BYTES))
      this.set(Math.floor(key / KEY_ROWS), key % KEY_ROWS, { contentId, length: reader.uint32(), editedMs: reader.float64(), title: reader.text() })
    }
  }
}

/** Counts of the votes that name a revision; the others were cast for the first one. */
export class RevisionVotes {
  readonly #rows = new Map<number, { total: number, readonly counts: Map<ContentId, number> }>()

  add (row: number, revision: ContentId, difference: number): void {
    let named = this.#rows.get(row)
    if (named === undefined) this.#rows.set(row, named = { total: 0, counts: new Map() })
    const count = (named.counts.get(revision) ?? 0) + difference
    if (count === 0) named.counts.delete(revision)
    else named.counts.set(revision, count)
    named.total += difference
    if (named.total === 0 && named.counts.size === 0) this.#rows.delete(row)
  }

  /** Votes that name some revision. */
  total (row: number): number { return this.#rows.get(row)?.total ?? 0 }

  of (row: number, revision: ContentId): number { return this.#rows.get(row)?.counts.get(revision) ?? 0 }

  * save (columns: Map<string, Uint8Array>): Saving {
    const writer = new ByteWriter()
    let saved = 0
    for (const [row, { counts }] of this.#rows) {
      for (const [revision, count] of counts) {
        writer.uint32(row)
        writer.bytes(hexToBytes(revision))
        writer.float64(count)
        if (++saved % SAVED_TOGETHER === 0) yield
      }
    }
    columns.set('revisionVotes', writer.finish())
  }

  * restore (columns: Columns): Restoring {
    const reader = new ByteReader(columnOf(columns, 'revisionVotes'))
    for (let read = 1; !reader.atEnd; read++) {
      if (read % SAVED_TOGETHER === 0) yield
      this.add(reader.uint32(), contentIdOfBytes(reader.bytes(CONTENT_ID_BYTES)), reader.float64())
    }
  }
}
