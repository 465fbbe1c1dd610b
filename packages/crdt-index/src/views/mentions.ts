// Which listed comments mention whom.
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
