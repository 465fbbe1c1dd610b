// The numbers that lists are sorted by. Whole numbers or plain arithmetic, so that every engine sorts alike.

/** `top`: by score. `new`: by time. `hot`: score on a logarithmic scale plus age. */
export type FeedSort = 'top' | 'new' | 'hot'

/** 1.96 standard deviations: the bound holds with 95 % confidence on both sides. */
const Z = 1.96
/** Ten times the score is worth this much age. */
const HOT_SECONDS = 45_000
/** Steps of the hot rank: far coarser than the last bit in which engines' log10 may differ, and 45 ms of age fine. */
const HOT_STEPS = 1e6

/**
 * Lower bound of Wilson's score interval for the share of upvotes; exactly 0 without upvotes, where rounding would
 * otherwise tell apart what is equal.
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
 */
export function wilsonLowerBound (up: number, down: number): number {
  if (up === 0) return 0
  const n = up + down
  const share = up / n
  const spread = Z * Math.sqrt((share * (1 - share) + Z * Z / (4 * n)) / n)
  return (share + Z * Z / (2 * n) - spread) / (1 + Z * Z / n)
}

/** sign * log10(max(|score|, 1)) + createdSeconds / 45000, in millionths and rounded: age never needs a recomputation. */
export function hotRank (score: number, createdMs: number): number {
  const order = Math.sign(score) * Math.log10(Math.max(Math.abs(score), 1))
  return Math.round((order + createdMs / 1000 / HOT_SECONDS) * HOT_STEPS)
}
