// The half of a live query that its listeners see: a moment that somebody else sets, and who wants to hear of it.
import { iterate } from '../queries/live/iterate.ts'
import type { LiveQuery, LiveSnapshot } from '../queries/live/live-query.ts'

export interface HeldQuery<T> {
  readonly query: LiveQuery<T>
  /** `fresh`: read since somebody began to listen, so that iterators may yield it. */
  set (snapshot: LiveSnapshot<T>, fresh: boolean): void
}

export interface HeldQueryOptions<T> {
  readonly first?: LiveSnapshot<T>
  /** False: nobody can begin to listen any more. */
  isOpen (): boolean
  /** The first listener came. */
  start (): void
  /** The last one left, or the query was closed. */
  stop (): void
  refresh (): void
  /** What a listener throws. */
  onError (error: unknown): void
}

export function createHeldQuery<T> ({ first = { state: 'loading' }, isOpen, start, stop, refresh, onError }: HeldQueryOptions<T>): HeldQuery<T> {
  const listeners = new Set<() => void>()
  const readers = new Set<() => void>()
  let snapshot = first
  let fresh = false
  let closed = false

  function hold (set: Set<() => void>, call: () => void): () => void {
    if (closed || !isOpen()) return () => {}
    const own = (): void => { call() }
    const idle = listeners.size + readers.size === 0
    set.add(own)
    if (idle) start()
    return () => {
      if (!set.delete(own) || closed || listeners.size + readers.size > 0) return
      fresh = false
      stop()
    }
  }

  const query: LiveQuery<T> = {
    getSnapshot: () => snapshot,
    subscribe: listener => hold(listeners, listener),
    refresh () { if (listeners.size + readers.size > 0) refresh() },
    close () {
      if (closed) return
      closed = true
      if (listeners.size + readers.size > 0) stop()
      listeners.clear()
      const left = [...readers]
      readers.clear()
      for (const reader of left) reader()
    },
    [Symbol.dispose]: () => { query.close() },
    [Symbol.asyncIterator]: () => iterate<T>({
      hold: call => hold(readers, call),
      isOpen: () => !closed && isOpen(),
      latest: () => fresh && snapshot.state === 'ready' ? snapshot : null
    })
  }

  return {
    query,
    set (next, isFresh) {
      fresh = isFresh
      const changed = next !== snapshot
      snapshot = next
      if (changed) {
        for (const listener of [...listeners]) {
          try {
            listener()
          } catch (error) {
            onError(error)
          }
        }
      }
      for (const reader of [...readers]) reader()
    }
  }
}
