// Who voted how on what: a hash table in two typed arrays, 11 to 23 bytes a vote. Totals by key need none of it; a
// reader's weights, which may change at any time, are counted from here.
import type { Ints } from './columns.ts'

const FIRST_SLOTS = 64
/** Of the slots that may be full: beyond that, walks past full ones get long. */
const MAX_LOAD = 0.7
const EMPTY = 0

export class Ballots {
  #authors: Ints = new Int32Array(FIRST_SLOTS)
  /** Row * 2 + 1, or + 2 for a downvote; EMPTY. */
  #votes: Ints = new Int32Array(FIRST_SLOTS)
  #count = 0

  /** `author` and `row` are numbers of the shard; 0 takes the vote back. */
  set (author: number, row: number, value: -1 | 0 | 1): void {
    const slot = this.#slotOf(author, row)
    if (value === 0) {
      if (this.#votes[slot] !== EMPTY) this.#remove(slot)
      return
    }
    const isNew = this.#votes[slot] === EMPTY
    this.#authors[slot] = author
    this.#votes[slot] = row * 2 + (value === 1 ? 1 : 2)
    if (isNew && ++this.#count > this.#votes.length * MAX_LOAD) this.#rehash()
  }

  /** Calls for every vote, in no order. */
  forEach (call: (author: number, row: number, value: 1 | -1) => void): void {
    for (let slot = 0; slot < this.#votes.length; slot++) {
      const vote = this.#votes[slot]!
      if (vote !== EMPTY) call(this.#authors[slot]!, (vote - 1) >> 1, (vote & 1) === 1 ? 1 : -1)
    }
  }

  /** Where the vote is, or the empty slot where it would be. */
  #slotOf (author: number, row: number): number {
    const mask = this.#votes.length - 1
    for (let slot = hash(author, row) & mask; ; slot = (slot + 1) & mask) {
      const vote = this.#votes[slot]!
      if (vote === EMPTY || ((vote - 1) >> 1 === row && this.#authors[slot] === author)) return slot
    }
  }

  /** Moves back what would not be found behind an empty slot. */
  #remove (from: number): void {
    const mask = this.#votes.length - 1
    let hole = from
    for (let slot = (hole + 1) & mask; this.#votes[slot] !== EMPTY; slot = (slot + 1) & mask) {
      const home = hash(this.#authors[slot]!, (this.#votes[slot]! - 1) >> 1) & mask
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      this.#authors[hole] = this.#authors[slot]!
      this.#votes[hole] = this.#votes[slot]!
      hole = slot
    }
    this.#votes[hole] = EMPTY
    this.#count--
  }

  #rehash (): void {
    const authors = this.#authors
    const votes = this.#votes
    this.#authors = new Int32Array(votes.length * 2)
    this.#votes = new Int32Array(votes.length * 2)
    for (let old = 0; old < votes.length; old++) {
      const vote = votes[old]!
      if (vote === EMPTY) continue
      const slot = this.#slotOf(authors[old]!, (vote - 1) >> 1)
      this.#authors[slot] = authors[old]!
      this.#votes[slot] = vote
    }
  }
}

/** The finaliser of MurmurHash3 over both numbers: each bit of either reaches the low ones. */
function hash (author: number, row: number): number {
  let bits = Math.imul(author, 0x9e3779b1) ^ row
  bits = Math.imul(bits ^ bits >>> 16, 0x85ebca6b)
  bits = Math.imul(bits ^ bits >>> 13, 0xc2b2ae35)
  return (bits ^ bits >>> 16) >>> 0
}
