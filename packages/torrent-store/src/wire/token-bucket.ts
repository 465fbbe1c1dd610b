// A rate with a burst. Time comes in as an argument; there is no clock and no timer here.

export interface TokenBucket {
  /** Takes `count` tokens if they are there. Times are milliseconds of one clock that does not run backwards. */
  take (count: number, nowMs: number): boolean
  /** Takes `count` tokens, which may leave a debt: milliseconds until it is paid, 0 where there is none. */
  spend (count: number, nowMs: number): number
}

/** Sums of fractions of a millisecond are not exact. */
const ROUNDING_MS = 1e-6

/** Full at first. `burst` is how many tokens it holds at most. */
export function createTokenBucket (perSecond: number, burst: number): TokenBucket {
  const msPerToken = 1000 / perSecond
  // One number is the whole bucket: the time at which it is, or was, full.
  let fullMs = -Infinity
  const debtMs = (count: number, nowMs: number): number => Math.max(fullMs, nowMs) + (count - burst) * msPerToken - nowMs
  return {
    take (count, nowMs) {
      if (debtMs(count, nowMs) > ROUNDING_MS) return false
      fullMs = Math.max(fullMs, nowMs) + count * msPerToken
      return true
    },
    spend (count, nowMs) {
      const waitMs = Math.max(0, debtMs(count, nowMs))
      fullMs = Math.max(fullMs, nowMs) + count * msPerToken
      return waitMs
    }
  }
}
