import { useSyncExternalStore, type ReactNode } from 'react'
import { exactTime, machineTime, relativeTime } from '../text/time.ts'

const TICK_MS = 30_000
let nowMs = Date.now()
const listeners = new Set<() => void>()
setInterval(() => {
  nowMs = Date.now()
  for (const listener of [...listeners]) listener()
}, TICK_MS)

function subscribe (listener: () => void): () => void {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

/** How long ago, kept up to date; exactly when, on hovering. */
export function Moment ({ ms }: { readonly ms: number }): ReactNode {
  const now = useSyncExternalStore(subscribe, () => nowMs)
  // What came since the last tick is not in the future.
  return <time dateTime={machineTime(ms)} title={exactTime(ms)}>{relativeTime(ms, Math.max(now, Math.min(ms, now + TICK_MS)))}</time>
}
