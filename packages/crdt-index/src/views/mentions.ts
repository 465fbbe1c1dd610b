// Which listed comments mention whom.
import { ByteReader, ByteWriter } from '../checkpoint/bytes.ts'
import { columnOf, SAVED_TOGETHER, type Columns, type Restoring, type Saving } from '../checkpoint/columns.ts'
import { hexToBytes } from '../identity/encoding.ts'
import { authorIdOfBytes, KEY_BYTES } from '../identity/ids.ts'
import type { AuthorId } from '../model.ts'

export class Mentions {
  /** A set only where several rows mention an author: most are mentioned once. */
  readonly #rows = new Map<AuthorId, number | Set<number>>()
  readonly #mentioned = new Map<number, readonly AuthorId[]>()

  /** Replaces what the row mentioned before; an empty list forgets it. */
  set (row: number, mentions: readonly AuthorId[]): void {
    for (const author of this.#mentioned.get(row) ?? []) this.#remove(author, row)
    if (mentions.length === 0) this.#mentioned.delete(row)
    else this.#mentioned.set(row, mentions)
    for (const author of mentions) this.#add(author, row)
  }

  /** In no order. */
  of (author: AuthorId): Iterable<number> {
    const rows = this.#rows.get(author)
    return rows === undefined ? [] : typeof rows === 'number' ? [rows] : rows
  }

  by (row: number): readonly AuthorId[] { return this.#mentioned.get(row) ?? [] }

  * save (columns: Map<string, Uint8Array>): Saving {
    const writer = new ByteWriter()
    let saved = 0
    for (const [row, authors] of this.#mentioned) {
      writer.uint32(row)
      writer.uint8(authors.length)
      for (const author of authors) writer.bytes(hexToBytes(author))
      if (++saved % SAVED_TOGETHER === 0) yield
    }
    columns.set('mentions', writer.finish())
  }

  * restore (columns: Columns): Restoring {
    const reader = new ByteReader(columnOf(columns, 'mentions'))
    for (let read = 1; !reader.atEnd; read++) {
      if (read % SAVED_TOGETHER === 0) yield
      const row = reader.uint32()
      this.set(row, Array.from({ length: reader.uint8() }, () => authorIdOfBytes(reader.bytes(KEY_BYTES))))
    }
  }

  #add (author: AuthorId, row: number): void {
    const rows = this.#rows.get(author)
    if (rows === undefined) this.#rows.set(author, row)
    else if (typeof rows !== 'number') rows.add(row)
    else if (rows !== row) this.#rows.set(author, new Set([rows, row])) // a hostile entry may name somebody twice
  }

  #remove (author: AuthorId, row: number): void {
    const rows = this.#rows.get(author)
    if (rows === row) this.#rows.delete(author)
    else if (typeof rows === 'object' && rows.delete(row) && rows.size === 0) this.#rows.delete(author)
  }
}
