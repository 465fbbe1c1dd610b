/** A token bucket: `burst` at once, `perSecond` for ever. Time in milliseconds. */
export function createRate (burst: number, perSecond: number, nowMs: () => number = () => performance.now()): () => boolean {
  let tokens = burst
  let atMs = nowMs()
  return () => {
    const now = nowMs()
    tokens = Math.min(burst, tokens + (now - atMs) * perSecond / 1000)
    atMs = now
    if (tokens < 1) return false
    tokens--
    return true
  }
}
