// Who called what by which name, and why. Everybody's labels are kept; whose count is the reader's choice (policy.ts).
import { ByteReader, ByteWriter } from '../checkpoint/bytes.ts'
import { columnOf, SAVED_TOGETHER, type Columns, type Restoring, type Saving } from '../checkpoint/columns.ts'
import { hexToBytes } from '../identity/encoding.ts'
import { authorIdOfBytes, KEY_BYTES } from '../identity/ids.ts'
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

  has (row: number): boolean { return this.#byRow.has(row) }

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

  * save (columns: Map<string, Uint8Array>): Saving {
    const writer = new ByteWriter()
    let saved = 0
    for (const [row, known] of this.#byRow) {
      for (const { author, label, reason, labelledMs } of known instanceof Map ? known.values() : [known]) {
        writer.uint32(row)
        writer.bytes(hexToBytes(author))
        writer.text(label)
        writer.text(reason)
        writer.float64(labelledMs)
        if (++saved % SAVED_TOGETHER === 0) yield
      }
    }
    columns.set('labels', writer.finish())
  }

  * restore (columns: Columns): Restoring {
    const reader = new ByteReader(columnOf(columns, 'labels'))
    for (let read = 1; !reader.atEnd; read++) {
      if (read % SAVED_TOGETHER === 0) yield
      this.set(reader.uint32(), { author: authorIdOfBytes(reader.bytes(KEY_BYTES)), label: reader.text() ?? '', reason: reader.text() ?? '', labelledMs: reader.float64() })
    }
  }
}

/** Newest first, then by author. */
export function compareLabels (a: Label, b: Label): number {
  return b.labelledMs - a.labelledMs || (a.author < b.author ? -1 : 1)
}
