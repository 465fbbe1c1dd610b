// How many bytes lie at each rank, in memory that does not grow: when there are too many different ranks, neighbours
// are counted together.
import { MAX_RANK_BUCKETS } from '../limits.ts'

/** What is to go: everything in lower buckets, and of `bucket` as much as `bytes`. */
export interface Cut { readonly bucket: number, readonly bytes: number }

export class RankHistogram {
  readonly #maxBuckets: number
  #bytes = new Map<number, number>()
  /** Ranks of one bucket. */
  #width = 1

  constructor (maxBuckets: number = MAX_RANK_BUCKETS) {
    this.#maxBuckets = maxBuckets
  }

  add (rank: number, bytes: number): void {
    const bucket = this.bucketOf(rank)
    this.#bytes.set(bucket, (this.#bytes.get(bucket) ?? 0) + bytes)
    while (this.#bytes.size > this.#maxBuckets) this.#widen()
  }

  bucketOf (rank: number): number {
    return Math.floor(rank / this.#width)
  }

  /** The lowest ranks that hold `bytes` together; null if nothing is to go, or nothing is here. */
  cut (bytes: number): Cut | null {
    if (bytes <= 0) return null
    let left = bytes
    let last: Cut | null = null
    for (const [bucket, held] of [...this.#bytes].sort(([a], [b]) => a - b)) {
      last = { bucket, bytes: Math.min(left, held) }
      left -= held
      if (left <= 0) break
    }
    return last
  }

  #widen (): void {
    const before = this.#bytes
    this.#bytes = new Map()
    this.#width *= 2
    for (const [bucket, bytes] of before) {
      const wider = Math.floor(bucket / 2)
      this.#bytes.set(wider, (this.#bytes.get(wider) ?? 0) + bytes)
    }
  }
}
