import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until something holds, looking every few milliseconds; fails after a while, because a benchmark must end. */
export async function until (what: string, holds: () => boolean | Promise<boolean>, { everyMs = 5, timeoutMs = 30_000 }: { everyMs?: number, timeoutMs?: number } = {}): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (!await holds()) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await sleep(everyMs)
  }
}
