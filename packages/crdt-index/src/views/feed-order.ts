// What each order of a feed needs to know of a block of posts: how high it may rank, and what a post in it must have to be
// worth ranking. The scan compares plain numbers with these; only what passes is ranked.
import { controversialBound, controversialRank, hotRank, HOT_MS, RANK_STEPS, RISING_HEAD_START_MS, RISING_MS, risingRank, type FeedSort } from './ranking.ts'

/** The best that a block may hold. Scores and votes are in steps, `scale` to the vote. */
export interface BlockBounds {
  readonly maxScore: number
  /** Of the smaller side. */
  readonly maxMinor: number
  readonly newestMs: number
}

/** Necessary for a rank of at least the one asked for, in a block of these bounds. */
export interface Needs {
  fromMs: number
  score: number
  /** Twice the smaller side. */
  split: number
}

export interface Order {
  /** Default: everything back to the beginning. */
  readonly backMs: number
  /** No post of the block has a higher rank; null: none has any. */
  bound (block: BlockBounds): number | null
  /** `needs` comes with the least that is always needed. */
  require (needs: Needs, block: BlockBounds, rank: number): void
  rank (score: number, votes: number, createdMs: number): number
}

/** Ranks are rounded, and arithmetic may err in its last bit: needs are that much lower. */
const SLACK = 1
const LESS = 1 - 1e-9

/** `atMs`: the clock of the feed; `windowMs`: how far back it reaches. */
export function orderOf (sort: FeedSort, windowMs: number, atMs: number, scale: number): Order {
  switch (sort) {
    case 'top': return {
      backMs: windowMs,
      bound: ({ maxScore }) => maxScore,
      require (needs, _block, rank) { needs.score = rank },
      rank: score => score
    }
    case 'new': return {
      backMs: Number.POSITIVE_INFINITY,
      bound: ({ newestMs }) => newestMs,
      require (needs, _block, rank) { needs.fromMs = Math.max(needs.fromMs, rank) },
      rank: (_score, _votes, createdMs) => createdMs
    }
    case 'hot': return {
      backMs: Number.POSITIVE_INFINITY,
      bound: ({ maxScore, newestMs }) => hotRank(maxScore / scale, newestMs),
      require (needs, { maxScore, newestMs }, rank) {
        const sum = (rank - SLACK) / RANK_STEPS
        needs.fromMs = Math.max(needs.fromMs, (sum - Math.log10(Math.max(maxScore / scale, 1))) * HOT_MS)
        const order = sum - newestMs / HOT_MS
        needs.score = order > 0 ? scale * 10 ** order * LESS : scale * -(10 ** -order + SLACK)
      },
      rank: (score, _votes, createdMs) => hotRank(score / scale, createdMs)
    }
    case 'rising': return {
      backMs: RISING_MS,
      bound: ({ maxScore, newestMs }) => maxScore > 0 ? risingRank(maxScore / scale, newestMs, atMs) : null,
      require (needs, { maxScore, newestMs }, rank) {
        needs.score = 1
        if (rank <= SLACK) return
        const scorePerMs = risingPerMs(rank - SLACK) * scale
        needs.score = Math.max(1, scorePerMs * (Math.max(0, atMs - newestMs) + RISING_HEAD_START_MS) * LESS)
        needs.fromMs = Math.max(needs.fromMs, atMs - (maxScore / scorePerMs - RISING_HEAD_START_MS) / LESS)
      },
      rank: (score, _votes, createdMs) => risingRank(score / scale, createdMs, atMs)
    }
    case 'controversial': return {
      backMs: windowMs,
      bound: ({ maxMinor }) => controversialBound(maxMinor / scale),
      require (needs, _block, rank) {
        // Below 2 votes on both sides together the bound is no multiple of the smaller side.
        if (rank > controversialBound(1)) needs.split = (rank - SLACK) / RANK_STEPS * scale * LESS
        else if (rank > 0) needs.split = Number.MIN_VALUE
      },
      rank: (score, votes) => controversialRank((votes + score) / 2 / scale, (votes - score) / 2 / scale)
    }
  }
}

/** The score by the millisecond that a rank of `rising` stands for. */
function risingPerMs (rank: number): number {
  return rank / RANK_STEPS / 3_600_000
}
