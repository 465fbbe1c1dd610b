// How long a session waits for a peer. A deadline a frame is not enough: frames that trickle in just before it would
// hold a session up for minutes. So time is lent, and more of it has to be earned by what is moved.
import { PATIENCE_BYTES_PER_SECOND, PATIENCE_MS } from '../limits.ts'
import type { Scheduler } from './scheduler.ts'

/** The peer let a deadline pass, or moved too little. No proof of bad intent, but it is left alone for a while. */
export class SilentPeerError extends Error {
  constructor (message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SilentPeerError'
  }
}

export interface Patience {
  /** Bytes that moved: they earn a second for each PATIENCE_BYTES_PER_SECOND. */
  earn (bytes: number): void
  /** Something came to its end: earns a whole PATIENCE_MS. */
  restore (): void
  /** This peer's own work, such as storing what came, which is not the other one's silence. */
  own<T> (work: Promise<T>): Promise<T>
}

/** Less than this is not worth another window. */
const MIN_WINDOW_MS = 1000

/**
 * Runs `work` for PATIENCE_MS, then for as long as was earned meanwhile, at most PATIENCE_MS, and so on; when nearly
 * nothing was, its signal aborts with a SilentPeerError. Leaves neither timer nor listener behind.
 */
export async function withPatience<T> (scheduler: Scheduler, signal: AbortSignal, work: (signal: AbortSignal, patience: Patience) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  let earnedMs = 0
  let ownWorks = 0
  let cancel = (): void => {}
  const lend = (windowMs: number): void => {
    cancel = scheduler.after(windowMs, () => {
      const nextMs = ownWorks > 0 ? PATIENCE_MS : Math.min(earnedMs, PATIENCE_MS)
      if (ownWorks === 0) earnedMs = 0
      if (nextMs < MIN_WINDOW_MS) controller.abort(new SilentPeerError('the peer moves too little'))
      else lend(nextMs)
    })
  }
  lend(PATIENCE_MS)
  try {
    return await work(AbortSignal.any([signal, controller.signal]), {
      earn (bytes) { earnedMs += bytes * 1000 / PATIENCE_BYTES_PER_SECOND },
      restore () { earnedMs += PATIENCE_MS },
      async own (work) {
        ownWorks++
        try {
          return await work
        } finally {
          ownWorks--
        }
      }
    })
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    cancel()
  }
}
