// Who voted how on what: a hash table in a typed array, 11 to 23 bytes a vote. Totals by key need none of it; a
// reader's weights, which may change at any time, are counted from here.
import { bytesOfNumbers, numbersOfBytes } from '../checkpoint/bytes.ts'
import { columnOf, type Columns, type Restoring } from '../checkpoint/columns.ts'
import type { Ints } from './columns.ts'

const FIRST_SLOTS = 64
/** Of the slots that may be full: beyond that, walks past full ones get long. */
const MAX_LOAD = 0.7
const EMPTY = 0
/** Slots that are looked at in half a millisecond. */
const SLOTS_TOGETHER = 2 ** 18

export class Ballots {
  /** Two numbers a slot, side by side: the author, and row * 2 + 1, or + 2 for a downvote, or EMPTY. */
  #slots: Ints = new Int32Array(FIRST_SLOTS * 2)
  #mask = FIRST_SLOTS - 1
  #count = 0

  /** `author` and `row` are numbers of the shard; 0 takes the vote back. */
  set (author: number, row: number, value: -1 | 0 | 1): void {
    const at = this.#find(author, row) * 2
    const isNew = this.#slots[at + 1] === EMPTY
    if (value === 0) {
      if (!isNew) this.#remove(at / 2)
      return
    }
    this.#slots[at] = author
    this.#slots[at + 1] = row * 2 + (value === 1 ? 1 : 2)
    if (isNew && ++this.#count > (this.#mask + 1) * MAX_LOAD) this.#rehash()
  }

  /** Calls for every vote, in no order. */
  forEach (call: (author: number, row: number, value: 1 | -1) => void): void {
    for (let at = 0; at < this.#slots.length; at += 2) {
      const vote = this.#slots[at + 1]!
      if (vote !== EMPTY) call(this.#slots[at]!, rowOf(vote), (vote & 1) === 1 ? 1 : -1)
    }
  }

  save (columns: Map<string, Uint8Array>): void { columns.set('ballots', bytesOfNumbers(this.#slots, this.#slots.length)) }

  /** Throws RangeError for what no table looks like. */
  * restore (columns: Columns): Restoring {
    const slots = numbersOfBytes(Int32Array, columnOf(columns, 'ballots'))
    const size = slots.length / 2
    let count = 0
    for (let at = 1; at < slots.length; at += 2) {
      if (at % SLOTS_TOGETHER === 1) yield
      if (slots[at] !== EMPTY) count++
    }
    if (size < FIRST_SLOTS || (size & (size - 1)) !== 0 || count > size * MAX_LOAD) throw new RangeError('size of the ballots')
    this.#slots = slots
    this.#mask = size - 1
    this.#count = count
  }

  /** The slot of the vote, or the empty one where it would be. */
  #find (author: number, row: number): number {
    const slots = this.#slots
    const mask = this.#mask
    for (let slot = hash(author, row) & mask; ; slot = (slot + 1) & mask) {
      const vote = slots[slot * 2 + 1]!
      if (vote === EMPTY || (rowOf(vote) === row && slots[slot * 2] === author)) return slot
    }
  }

  /** Moves back what would not be found behind an empty slot. */
  #remove (from: number): void {
    const slots = this.#slots
    const mask = this.#mask
    let hole = from
    for (let slot = (hole + 1) & mask; slots[slot * 2 + 1] !== EMPTY; slot = (slot + 1) & mask) {
      const home = hash(slots[slot * 2]!, rowOf(slots[slot * 2 + 1]!)) & mask
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      slots[hole * 2] = slots[slot * 2]!
      slots[hole * 2 + 1] = slots[slot * 2 + 1]!
      hole = slot
    }
    slots[hole * 2 + 1] = EMPTY
    this.#count--
  }

  #rehash (): void {
    const old = this.#slots
    this.#slots = new Int32Array(old.length * 2)
    this.#mask = old.length - 1
    for (let at = 0; at < old.length; at += 2) {
      const vote = old[at + 1]!
      if (vote === EMPTY) continue
      const slot = this.#find(old[at]!, rowOf(vote))
      this.#slots[slot * 2] = old[at]!
      this.#slots[slot * 2 + 1] = vote
    }
  }
}

function rowOf (vote: number): number {
  return (vote - 1) >> 1
}

/** The finaliser of MurmurHash3 over both numbers: each bit of either reaches the low ones. */
function hash (author: number, row: number): number {
  let bits = Math.imul(author, 0x9e3779b1) ^ row
  bits = Math.imul(bits ^ bits >>> 16, 0x85ebca6b)
  bits = Math.imul(bits ^ bits >>> 13, 0xc2b2ae35)
  return (bits ^ bits >>> 16) >>> 0
}
