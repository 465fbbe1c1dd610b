import type { Exclusive } from './mutex.ts'

/** Runs at most so many tasks at once, the others in the order of the calls; a failing task does not stop the next. */
export function createSemaphore (permits: number): Exclusive {
  const waiting: Array<() => void> = []
  let free = permits
  return async task => {
    if (free > 0) free--
    else await new Promise<void>(resolve => { waiting.push(resolve) })
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
