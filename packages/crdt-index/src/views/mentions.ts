// Which listed comments mention whom.
import type { AuthorId } from '../model.ts'

export class Mentions {
  readonly #rows = new Map<AuthorId, Set<number>>()
  readonly #mentioned = new Map<number, readonly AuthorId[]>()

  /** Replaces what the row mentioned before; an empty list forgets it. */
  set (row: number, mentions: readonly AuthorId[]): void {
    for (const author of this.#mentioned.get(row) ?? []) {
      const rows = this.#rows.get(author)
      rows?.delete(row)
      if (rows?.size === 0) this.#rows.delete(author)
    }
    if (mentions.length === 0) {
      this.#mentioned.delete(row)
      return
    }
    this.#mentioned.set(row, mentions)
    for (const author of mentions) {
      const rows = this.#rows.get(author)
      if (rows === undefined) this.#rows.set(author, new Set([row]))
      else rows.add(row)
    }
  }

  /** In no order. */
  of (author: AuthorId): Iterable<number> { return this.#rows.get(author) ?? [] }

  by (row: number): readonly AuthorId[] { return this.#mentioned.get(row) ?? [] }
}
