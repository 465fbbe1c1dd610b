/** Timers as a dependency: tests bring virtual time. */
export interface Scheduler {
  /** A clock that never goes back, milliseconds. */
  nowMs (): number
  /** Calls once after the delay, for 0 as a microtask; the returned function cancels. */
  after (delayMs: number, call: () => void): () => void
}

export const realScheduler: Scheduler = {
  nowMs: () => performance.now(),
  after (delayMs, call) {
    if (delayMs > 0) {
      const timer = setTimeout(call, delayMs)
      return () => { clearTimeout(timer) }
    }
    let due = true
    queueMicrotask(() => { if (due) call() })
    return () => { due = false }
  }
}

/** Counts what is pending, so that tests can tell that nothing is left behind. */
export function countingScheduler ({ nowMs, after }: Scheduler): Scheduler & { pending: () => number } {
  const pending = new Set<symbol>()
  return {
    nowMs,
    pending: () => pending.size,
    after (delayMs, call) {
      const id = Symbol('timer')
      pending.add(id)
      const cancel = after(delayMs, () => {
        pending.delete(id)
        call()
      })
      return () => {
        pending.delete(id)
        cancel()
      }
    }
  }
}
