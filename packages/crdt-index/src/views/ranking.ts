// The numbers that lists are sorted by, highest first: pure, whole, and below 2^53, so that every engine sorts alike
// and a cursor can name them. Votes may be weighted and so fractions.

/**
 * `top`: by score. `new`: by time. `hot`: score on a logarithmic scale plus age. `rising`: score by the hour, of the last
 * day. `controversial`: many votes, evenly split.
 */
export type FeedSort = 'top' | 'new' | 'hot' | 'rising' | 'controversial'

/** 1.96 standard deviations: the bound holds with 95 % confidence on both sides. */
const Z = 1.96
/** Steps of the lower bound: it tells a million votes from a million and one, and no engine from another. */
const BEST_STEPS = 1e9
/** Ten times the score is worth this much age, in milliseconds: 12.5 hours. */
export const HOT_MS = 45_000_000
/** Steps of ranks with a logarithm or a power: far coarser than the last bit in which engines may differ. */
export const RANK_STEPS = 1e6
/** What is older is not rising. */
export const RISING_MS: number = 24 * 3600 * 1000
const HOUR_MS = 3600 * 1000
/** What every post counts as older than it is, two hours: one early vote is not a rise. */
export const RISING_HEAD_START_MS: number = 2 * HOUR_MS

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

/** The lower bound in steps: what few voted on comes after what many agree on. */
export function bestRank (up: number, down: number): number {
  return Math.round(wilsonLowerBound(up, down) * BEST_STEPS)
}

/**
 * sign * log10(max(|score|, 1)) + createdSeconds / 45000, in millionths: age never needs a recomputation.
 * Source: Reddit, r2/r2/lib/db/_sorts.pyx (2008 to 2017); its epoch is left out, as it moves all alike.
 */
export function hotRank (score: number, createdMs: number): number {
  const order = Math.sign(score) * Math.log10(Math.max(Math.abs(score), 1))
  return Math.round((order + createdMs / HOT_MS) * RANK_STEPS)
}

/**
 * votes to the power of (smaller side / larger side), in millionths; 0 where all agree. It takes both, many votes and an
 * even split: 50 against 50 is before 500 against 100.
 * Source: Reddit, as above.
 */
export function controversialRank (up: number, down: number): number {
  return up <= 0 || down <= 0 ? 0 : Math.round(RANK_STEPS * (up + down) ** (Math.min(up, down) / Math.max(up, down)))
}

/**
 * What no rank exceeds whose smaller side has `minor` votes: of all larger sides an equal one gives the most, except
 * where fractions of votes are below 2 together.
 */
export function controversialBound (minor: number): number {
  return minor <= 0 ? 0 : Math.round(RANK_STEPS * Math.max(2, 2 * minor))
}

/**
 * score / (age in hours + 2), in millionths; 0 without a positive score. Votes' own times are not used: voters choose them.
 * The form is that of Hacker News' gravity (score / (age + 2)^1.8) with the power 1, so that what is new wins by its votes and
 * not by being new alone.
 */
export function risingRank (score: number, createdMs: number, nowMs: number): number {
  return score <= 0 ? 0 : Math.round(RANK_STEPS * score * HOUR_MS / (Math.max(0, nowMs - createdMs) + RISING_HEAD_START_MS))
}
