/** Timers as a dependency: tests bring virtual time. */
export interface Scheduler {
  /** Calls once after the delay; the returned function cancels. */
  after (delayMs: number, call: () => void): () => void
}

export const realScheduler: Scheduler = {
  after (delayMs, call) {
    const timer = setTimeout(call, delayMs)
    return () => { clearTimeout(timer) }
  }
}

/** Runs `work` under a signal that also aborts after `timeoutMs`; leaves neither timer nor listener behind. */
export async function withDeadline<T> (scheduler: Scheduler, timeoutMs: number, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const onAbort = (): void => { controller.abort(signal?.reason) }
  signal?.addEventListener('abort', onAbort, { once: true })
  const cancel = scheduler.after(timeoutMs, () => { controller.abort(new DOMException(`no end after ${timeoutMs} ms`, 'TimeoutError')) })
  try {
    return await work(controller.signal)
  } finally {
    cancel()
    signal?.removeEventListener('abort', onAbort)
  }
}
