// Which rows have a content id: chains by its first four bytes. They are doubly linked, so that crafted collisions
// lengthen only the walk of one look-up and never an insertion or a removal.
import { GROWTH, grown, NONE } from './columns.ts'
import { CONTENT_BYTES } from './rows.ts'

const FIRST_BUCKETS = 64

export class ContentIndex {
  #buckets: Int32Array<ArrayBuffer> = new Int32Array(FIRST_BUCKETS).fill(NONE)
  #next: Int32Array<ArrayBuffer> = new Int32Array(FIRST_BUCKETS)
  #previous: Int32Array<ArrayBuffer> = new Int32Array(FIRST_BUCKETS)
  #count = 0

  /** `content` is the column of content ids, `row` a row that is not in the index. */
  add (content: Uint8Array, row: number): void {
    if (row >= this.#next.length) {
      const capacity = Math.ceil(Math.max(row + 1, this.#next.length * GROWTH))
      this.#next = grown(this.#next, capacity)
      this.#previous = grown(this.#previous, capacity)
    }
    if (this.#count === this.#buckets.length) this.#rehash(content)
    this.#count++
    this.#link(content, row)
  }

  remove (content: Uint8Array, row: number): void {
    const next = this.#next[row]!
    const previous = this.#previous[row]!
    if (previous === NONE) this.#buckets[this.#bucket(content, row * CONTENT_BYTES)] = next
    else this.#next[previous] = next
    if (next !== NONE) this.#previous[next] = previous
    this.#count--
  }

  /** Rows whose content id is `wanted`, in no order. */
  find (content: Uint8Array, wanted: Uint8Array): number[] {
    const rows: number[] = []
    for (let row = this.#buckets[this.#bucket(wanted, 0)]!; row !== NONE; row = this.#next[row]!) {
      if (compareContent(content, row, wanted, 0) === 0) rows.push(row)
    }
    return rows
  }

  #bucket (bytes: Uint8Array, at: number): number {
    const head = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24
    return head & (this.#buckets.length - 1)
  }

  #link (content: Uint8Array, row: number): void {
    const bucket = this.#bucket(content, row * CONTENT_BYTES)
    const first = this.#buckets[bucket]!
    this.#next[row] = first
    this.#previous[row] = NONE
    if (first !== NONE) this.#previous[first] = row
    this.#buckets[bucket] = row
  }

  #rehash (content: Uint8Array): void {
    const chains = this.#buckets
    this.#buckets = new Int32Array(chains.length * 2).fill(NONE)
    for (const first of chains) {
      for (let row = first; row !== NONE;) {
        const next = this.#next[row]!
        this.#link(content, row)
        row = next
      }
    }
  }
}

/** Byte order of two content ids, each given as a column and its row. */
export function compareContent (a: Uint8Array, rowA: number, b: Uint8Array, rowB: number): number {
  const atA = rowA * CONTENT_BYTES
  const atB = rowB * CONTENT_BYTES
  for (let i = 0; i < CONTENT_BYTES; i++) {
    const difference = a[atA + i]! - b[atB + i]!
    if (difference !== 0) return difference
  }
  return 0
}
