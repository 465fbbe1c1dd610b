// Who called what by which name, and why. Everybody's labels are kept; whose count is the reader's choice (policy.ts).
import type { AuthorId } from '../model.ts'

export interface Label {
  readonly author: AuthorId
  readonly label: string
  /** Empty: none was given. */
  readonly reason: string
  /** As the author says, Unix milliseconds in whole seconds. */
  readonly labelledMs: number
}

export class Labels {
  readonly #byRow = new Map<number, Map<AuthorId, Label>>()

  /** One of each author. */
  set (row: number, label: Label): void {
    const known = this.#byRow.get(row)
    if (known === undefined) this.#byRow.set(row, new Map([[label.author, label]]))
    else known.set(label.author, label)
  }

  delete (row: number, author: AuthorId): void {
    const known = this.#byRow.get(row)
    known?.delete(author)
    if (known?.size === 0) this.#byRow.delete(row)
  }

  of (row: number): ReadonlyMap<AuthorId, Label> | undefined { return this.#byRow.get(row) }
}

/** Newest first, then by author. */
export function compareLabels (a: Label, b: Label): number {
  return b.labelledMs - a.labelledMs || (a.author < b.author ? -1 : 1)
}
