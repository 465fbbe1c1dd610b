// How long a thread's event loop did not come round: what somebody who types, or a heartbeat, has to wait.
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface Stalls {
  /** The longest time that a timer was late, milliseconds. Other processes of the machine add to it. */
  readonly longestMs: number
  /** The longest time that this thread computed without coming round, milliseconds of its processor time. */
  readonly longestBusyMs: number
  /** How often it computed for more than 50 ms. */
  readonly over50: number
  /** Processor time of this thread in all, seconds. */
  readonly busySeconds: number
}

const EVERY_MS = 1

/** Watches the loop of this thread from now on. */
export function watchStalls (): { end (): Stalls } {
  const delay = monitorEventLoopDelay({ resolution: EVERY_MS })
  delay.enable()
  let longestBusyMs = 0
  let over50 = 0
  const firstMs = threadMs()
  let usedMs = firstMs
  const look = (): void => {
    const nowMs = threadMs()
    const busyMs = nowMs - usedMs
    usedMs = nowMs
    if (busyMs > 50) over50++
    longestBusyMs = Math.max(longestBusyMs, busyMs)
  }
  const timer = setInterval(look, EVERY_MS)
  return {
    end () {
      clearInterval(timer)
      look()
      delay.disable()
      return { longestMs: delay.max / 1e6, longestBusyMs, over50, busySeconds: (usedMs - firstMs) / 1000 }
    }
  }
}

function threadMs (): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
