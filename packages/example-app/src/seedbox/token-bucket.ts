/** A rate that may be exceeded in a burst. */
export interface TokenBucket {
  /** Whether `count` may happen now; if so it counts. */
  take (count?: number): boolean
  /** Whether nothing was taken lately, so that a new bucket would be the same. */
  isFull (): boolean
}

/** `perSecond` tokens a second, at most `burst` of them saved. `now`: milliseconds of a clock that never goes back. */
export function createTokenBucket (perSecond: number, burst: number, now: () => number = () => performance.now()): TokenBucket {
  let tokens = burst
  let lastMs = now()
  const refill = (): void => {
    const nowMs = now()
    tokens = Math.min(burst, tokens + (nowMs - lastMs) / 1000 * perSecond)
    lastMs = nowMs
  }
  return {
    take (count = 1) {
      refill()
      if (tokens < count) return false
      tokens -= count
      return true
    },
    isFull () {
      refill()
      return tokens >= burst
    }
  }
}
