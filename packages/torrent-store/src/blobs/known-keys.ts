// Which keys the index may have, from memory. Who stores a body has to know whether it is held already, and to look for
// what is not there is the dearest question to a database: every table is asked, which costs as much as the write.
//
// A store that begins empty knows all its keys. Another one reads them, beside its work, once it has looked for so many
// in vain that reading them costs no more than the looks did.
import { KEYS_READ_A_LOOK } from '../limits.ts'
import { KeyFilter } from './key-filter.ts'

export interface KnownKeysOptions {
  /** Bytes before the hash in the keys of the database. */
  readonly prefixBytes: number
  /** All hashes that the index has when it is called, some at a time. */
  hashes (): AsyncIterable<readonly Uint8Array[]>
}

export class KnownKeys {
  readonly #options: KnownKeysOptions
  /** Null until it is worth it. */
  #filter: KeyFilter | null = null
  #isWhole = false
  #looks = 0

  constructor (options: KnownKeysOptions) {
    this.#options = options
  }

  /** The index has no rows yet. */
  startEmpty (): void {
    this.#filter = new KeyFilter()
    this.#isWhole = true
  }

  /** False if the index has no row with that key: certain once `written` was told of all that became durable here. */
  mayHave (key: Uint8Array): boolean {
    return !this.#isWhole || this.#filter === null || this.#filter.mayHold(key, this.#options.prefixBytes)
  }

  /** Before anybody may ask whether it is there: a reading under way sees the rows of its beginning only. */
  written (key: Uint8Array): void {
    this.#filter?.add(key, this.#options.prefixBytes)
  }

  /** So many keys were looked for in vain, in an index with so many rows. */
  looked (inVain: number, rows: number): void {
    this.#looks += inVain
    if (this.#filter === null && this.#looks * KEYS_READ_A_LOOK >= rows) void this.#readAll()
  }

  async #readAll (): Promise<void> {
    const filter = this.#filter = new KeyFilter()
    try {
      for await (const hashes of this.#options.hashes()) for (const hash of hashes) filter.add(hash, 0)
      this.#isWhole = true
    } catch { // the database closes, or cannot be read: looking goes on, and says so where it matters
      this.#filter = null
      this.#looks = 0
    }
  }
}
