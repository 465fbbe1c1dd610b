// When a page's connections may have died unnoticed: the network went and came back, the machine slept, or the browser
// froze the page.
import { SLEEP_CHECK_MS, SLEPT_MS } from '../limits.ts'

/** Works in a page and in a worker. Returns the function that ends it. */
export function onPageWake (listener: () => void): () => void {
  const ending = new AbortController()
  const { signal } = ending
  globalThis.addEventListener('online', listener, { signal })
  // A page that comes out of the browser's cache, and one that was frozen; a worker has neither.
  globalThis.addEventListener('pageshow', event => { if (event.persisted) listener() }, { signal })
  if (typeof document !== 'undefined') document.addEventListener('resume', listener, { signal })
  let seenMs = Date.now() // a clock that goes on during sleep
  const timer = setInterval(() => {
    const nowMs = Date.now()
    if (nowMs - seenMs > SLEEP_CHECK_MS + SLEPT_MS) listener()
    seenMs = nowMs
  }, SLEEP_CHECK_MS)
  return () => {
    ending.abort()
    clearInterval(timer)
  }
}
