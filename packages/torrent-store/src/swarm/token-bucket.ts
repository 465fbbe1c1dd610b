// A budget in tokens: so many a second, and as many at once as a quiet time has saved up. Time comes in as an argument.

export interface TokenBucketOptions {
  readonly perSecond: number
  /** Tokens that the bucket holds at most, and holds at first. */
  readonly burst: number
  readonly nowMs: number
}

export interface TokenBucket {
  readonly msPerToken: number
  /** When the next token is there: in the past if one is. */
  nextMs (): number
  /** Takes a token; false if there is none. */
  take (nowMs: number): boolean
  /** Whole tokens that are there. */
  tokens (nowMs: number): number
}

export function createTokenBucket ({ perSecond, burst, nowMs }: TokenBucketOptions): TokenBucket {
  const msPerToken = 1000 / perSecond
  // One number is the whole bucket: the time at which it is, or was, full.
  let fullMs = nowMs
  const nextMs = (): number => fullMs - (burst - 1) * msPerToken
  return {
    msPerToken,
    nextMs,
    take (nowMs) {
      if (nextMs() > nowMs) return false
      fullMs = Math.max(fullMs, nowMs) + msPerToken
      return true
    },
    tokens: nowMs => Math.max(0, Math.min(burst, Math.floor(burst - (fullMs - nowMs) / msPerToken + 1e-9))) // of a sum of fractions
  }
}
