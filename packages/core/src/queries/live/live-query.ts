// What a live query is to its callers.
import type { SeedbedErrorCode } from '../../errors.ts'

/** One moment of a live query. The same object as long as nothing changed. */
export type LiveSnapshot<T> =
  /** Nobody listened yet, or the first value is being read. */
  | { readonly state: 'loading' }
  /** `updatedAtMs`: when the value last became another one (the node's clock). */
  | { readonly state: 'ready', readonly value: T, readonly updatedAtMs: number }
  /** `value`: the last one that could be read. The query goes on and becomes ready again when it can. */
  | { readonly state: 'failed', readonly error: { readonly code: SeedbedErrorCode, readonly message: string }, readonly value: T | null }

/**
 * An answer that stays right. It does nothing until somebody listens or iterates, and nothing again after the last one
 * left. Its methods need no `this`: `useSyncExternalStore(query.subscribe, query.getSnapshot)` works. What is deeply
 * equal to what was there before keeps its identity: items, lists of them, whole values.
 */
export interface LiveQuery<T> extends Disposable {
  /** The latest moment that is known; not refreshed while nobody listens. */
  getSnapshot (): LiveSnapshot<T>
  /** Called after `getSnapshot` began to return another object. Returns the function that ends the subscription. */
  subscribe (listener: () => void): () => void
  /**
   * Each new value, the first one as soon as it is known. A slow reader gets the latest one only. Moments that failed
   * are left out. Ends when the query or the node is closed; `return` (or leaving `for await`) releases it.
   */
  [Symbol.asyncIterator] (): AsyncIterableIterator<T>
  /** Reads anew, and asks again for bodies that were missing. Does nothing while nobody listens. */
  refresh (): void
  /** For good: listeners are dropped, iterators end. May be called twice. */
  close (): void
}
