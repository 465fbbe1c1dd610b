import type { Scheduler } from '../../../src/queries/live/scheduler.ts'

/** Time that moves only when told to. A delay of 0 waits for `advance(0)`. */
export function virtualScheduler (): Scheduler & { advance (ms: number): Promise<void>, pending (): number } {
  let nowMs = 0
  const calls = new Map<symbol, { atMs: number, call: () => void }>()
  return {
    nowMs: () => nowMs,
    pending: () => calls.size,
    after (delayMs, call) {
      const id = Symbol('call')
      calls.set(id, { atMs: nowMs + delayMs, call })
      return () => { calls.delete(id) }
    },
    async advance (ms) {
      const untilMs = nowMs + ms
      for (;;) {
        const [next] = [...calls].filter(([, { atMs }]) => atMs <= untilMs).toSorted(([, a], [, b]) => a.atMs - b.atMs)
        if (next === undefined) break
        nowMs = Math.max(nowMs, next[1].atMs)
        calls.delete(next[0])
        next[1].call()
        await settle()
      }
      nowMs = untilMs
      await settle()
    }
  }
}

/** Lets promises run out. */
export async function settle (): Promise<void> {
  await new Promise<void>(resolve => { setImmediate(resolve) })
}
