import { MAX_TIMER_MS } from './limits.ts'

/** Aborts after so many milliseconds, however many: `AbortSignal.timeout` throws for Infinity, and fires at once for some large ones. */
export function timeLimit (ms: number): AbortSignal {
  return AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(ms)), MAX_TIMER_MS))
}
