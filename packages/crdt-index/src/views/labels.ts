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

/** A map by author only where several labelled a row: an empty one would be larger than most labels. */
type Labelling = Label | Map<AuthorId, Label>

export class Labels {
  readonly #byRow = new Map<number, Labelling>()

  /** One of each author. */
  set (row: number, label: Label): void {
    const known = this.#byRow.get(row)
    if (known instanceof Map) known.set(label.author, label)
    else if (known === undefined || known.author === label.author) this.#byRow.set(row, label)
    else this.#byRow.set(row, new Map([[known.author, known], [label.author, label]]))
  }

  delete (row: number, author: AuthorId): void {
    const known = this.#byRow.get(row)
    if (known instanceof Map) known.delete(author)
    if (known instanceof Map ? known.size === 0 : known?.author === author) this.#byRow.delete(row)
  }

  by (row: number, author: AuthorId): Label | undefined {
    const known = this.#byRow.get(row)
    if (known instanceof Map) return known.get(author)
    return known?.author === author ? known : undefined
  }

  /** Newest first. */
  of (row: number): Label[] {
    const known = this.#byRow.get(row)
    return known === undefined ? [] : known instanceof Map ? [...known.values()].sort(compareLabels) : [known]
  }
}

/** Newest first, then by author. */
export function compareLabels (a: Label, b: Label): number {
  return b.labelledMs - a.labelledMs || (a.author < b.author ? -1 : 1)
}
