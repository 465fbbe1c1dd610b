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

/** The same, and does not keep a Node process alive for it. */
export const idleScheduler: Scheduler = {
  after (delayMs, call) {
    const timer = setTimeout(call, delayMs)
    if (typeof timer === 'object') timer.unref()
    return () => { clearTimeout(timer) }
  }
}

/** Runs `work` under a signal that also aborts after `timeoutMs`, and fails with its reason then; leaves neither timer nor listener behind. */
export async function withDeadline<T> (scheduler: Scheduler, timeoutMs: number, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>, timedOut: () => Error = () => new DOMException(`no end after ${timeoutMs} ms`, 'TimeoutError')): Promise<T> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  let reason: Error | null = null
  const onAbort = (): void => { controller.abort(signal?.reason) }
  signal?.addEventListener('abort', onAbort, { once: true })
  const cancel = scheduler.after(timeoutMs, () => { controller.abort(reason ??= timedOut()) })
  try {
    return await work(controller.signal)
  } catch (error) {
    throw signal?.aborted === true ? error : reason ?? error
  } finally {
    cancel()
    signal?.removeEventListener('abort', onAbort)
  }
}
