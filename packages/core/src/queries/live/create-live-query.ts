// The engine behind every live query: when to read, what to keep, whom to tell.
// first listener -> start the source -> read -> share with the value before -> tell; a change -> read again, at most
// once an interval; last listener gone -> stop.
import { SeedbedError } from '../../errors.ts'
import { LIVE_LONGEST_PAUSE_MS } from '../../limits.ts'
import { translateError } from '../../translate-error.ts'
import { iterate } from './iterate.ts'
import type { LiveQuery, LiveSnapshot } from './live-query.ts'
import type { LiveScope } from './live-scope.ts'
import { share } from './share.ts'

/** Where the values of a live query come from. */
export interface LiveSource<T> {
  /** Pause between two readings while changes keep coming, milliseconds. */
  readonly intervalMs: number
  /** Begins to watch; `changed` may be called at any time until the returned function was called. */
  start (changed: () => void): () => void
  /** The value now. What it throws is shown as state `failed`. */
  read (): Promise<T>
  /** Forgets what was tried in vain. */
  refresh (): void
}

interface Session {
  end: () => void
  cancelTimer: (() => void) | null
  reading: boolean
  /** Something changed after the reading began. */
  dirty: boolean
  /** One reading is done. */
  fresh: boolean
  lastReadMs: number
  /** How long the last reading took. */
  tookMs: number
}

const LOADING: LiveSnapshot<never> = { state: 'loading' }

export function createLiveQuery<T> (source: LiveSource<T>, scope: LiveScope): LiveQuery<T> {
  const { scheduler, clock, logger, running } = scope
  const listeners = new Set<() => void>()
  /** Iterators: called after every reading, and once at the end. */
  const readers = new Set<() => void>()
  const self = {}
  let snapshot: LiveSnapshot<T> = LOADING
  let value: T | null = null
  let closed = false
  /** Everything that ends with the last listener; a reading whose session is over changes nothing. */
  let session: Session | null = null

  function start (): void {
    const own: Session = { end: () => {}, cancelTimer: null, reading: false, dirty: false, fresh: false, lastReadMs: Number.NEGATIVE_INFINITY, tookMs: 0 }
    session = own
    running.set(self, { close: query.close, listeners: () => listeners.size + readers.size })
    own.end = source.start(() => { if (session === own) schedule() })
    schedule()
  }

  function stop (): void {
    session?.cancelTimer?.()
    session?.end()
    session = null
    running.delete(self)
  }

  function schedule (): void {
    if (session === null) return
    session.dirty = true
    if (session.reading || session.cancelTimer !== null) return
    // The first change after a quiet time is shown at once, a burst after it at the pace of the interval; what takes long
    // to read, and then to draw, gets a pause as long, so that it does not take all of both threads.
    const pauseMs = Math.max(source.intervalMs, Math.min(session.tookMs, LIVE_LONGEST_PAUSE_MS))
    const waitMs = Math.max(0, session.lastReadMs + pauseMs - scheduler.nowMs())
    session.cancelTimer = scheduler.after(waitMs, () => {
      if (session === null) return
      session.cancelTimer = null
      void read(session)
    })
  }

  async function read (own: Session): Promise<void> {
    own.reading = true
    own.dirty = false
    const beganMs = scheduler.nowMs()
    let next: LiveSnapshot<T>
    try {
      const after = share(value, await source.read())
      next = snapshot.state === 'ready' && snapshot.value === after ? snapshot : { state: 'ready', value: after, updatedAtMs: clock() }
    } catch (error) {
      next = share(snapshot, failure(error))
    }
    if (session !== own) return
    own.reading = false
    own.fresh = true
    own.lastReadMs = scheduler.nowMs()
    own.tookMs = own.lastReadMs - beganMs
    if (next.state === 'ready') value = next.value
    const changed = next !== snapshot
    snapshot = next
    if (changed) tell()
    for (const reader of [...readers]) reader()
    if (own.dirty) schedule()
  }

  function failure (error: unknown): LiveSnapshot<T> {
    const known = translateError(error)
    if (known instanceof SeedbedError) return { state: 'failed', error: { code: known.code, message: known.message }, value }
    logger.warn('a live query failed', error)
    return { state: 'failed', error: { code: 'INTERNAL', message: known instanceof Error ? known.message : String(known) }, value }
  }

  function tell (): void {
    for (const listener of [...listeners]) {
      try {
        listener()
      } catch (error) {
        logger.warn('a listener of a live query failed', error)
      }
    }
  }

  function hold (set: Set<() => void>, call: () => void): () => void {
    if (closed || !scope.isOpen()) return () => {}
    const own = (): void => { call() }
    set.add(own)
    if (session === null) start()
    return () => { if (set.delete(own) && listeners.size + readers.size === 0) stop() }
  }

  const query: LiveQuery<T> = {
    getSnapshot: () => snapshot,
    subscribe: listener => hold(listeners, listener),
    refresh () {
      if (session === null) return
      source.refresh()
      schedule()
    },
    close () {
      if (closed) return
      closed = true
      stop()
      listeners.clear()
      const left = [...readers]
      readers.clear()
      for (const reader of left) reader()
    },
    [Symbol.dispose]: () => { query.close() },
    [Symbol.asyncIterator]: () => iterate<T>({
      hold: call => hold(readers, call),
      isOpen: () => !closed && scope.isOpen(),
      // What an earlier session left may be out of date: its first reading decides.
      latest: () => session?.fresh === true && snapshot.state === 'ready' ? snapshot : null
    })
  }
  return query
}
