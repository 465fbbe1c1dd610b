// A rate with a burst, a budget in tokens: so many a second, and as many at once as a quiet time has saved up. Times come
// in as arguments, milliseconds of one clock that does not run backwards; there is no clock and no timer here.

export interface TokenBucket {
  readonly msPerToken: number
  /** Takes `count` tokens if they are there. */
  take (count: number, nowMs: number): boolean
  /** Takes `count` tokens, which may leave a debt: milliseconds until it is paid, 0 where there is none. */
  spend (count: number, nowMs: number): number
  /** When the next token is there: in the past if one is. */
  nextMs (): number
  /** Whole tokens that are there. */
  tokens (nowMs: number): number
}

/** Sums of fractions of a millisecond are not exact. */
const ROUNDING_MS = 1e-6
const ROUNDING_TOKENS = 1e-9

/** `burst` is how many tokens it holds at most, and from `fullMs` on unless some are taken. Default: always. */
export function createTokenBucket (perSecond: number, burst: number, fullMs: number = -Infinity): TokenBucket {
  const msPerToken = 1000 / perSecond
  // One number is the whole bucket: the time at which it is, or was, full.
  const debtMs = (count: number, nowMs: number): number => Math.max(fullMs, nowMs) + (count - burst) * msPerToken - nowMs
  return {
    msPerToken,
    take (count, nowMs) {
      if (debtMs(count, nowMs) > ROUNDING_MS) return false
      fullMs = Math.max(fullMs, nowMs) + count * msPerToken
      return true
    },
    spend (count, nowMs) {
      const waitMs = Math.max(0, debtMs(count, nowMs))
      fullMs = Math.max(fullMs, nowMs) + count * msPerToken
      return waitMs
    },
    nextMs: () => fullMs - (burst - 1) * msPerToken,
    tokens: nowMs => Math.max(0, Math.min(burst, Math.floor(burst - (fullMs - nowMs) / msPerToken + ROUNDING_TOKENS)))
  }
}
