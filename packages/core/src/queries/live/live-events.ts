// Whatever may change an answer, as one stream. The index and the bodies are listened to only while a query listens.
import type { CrdtIndex, IndexEvents } from '@seedbed/crdt-index'
import type { BodyEvent, BodyEvents } from '../../bodies/body-events.ts'

export type LiveEvent =
  /** `changes` is empty when only envelopes came, which shows in digests alone. */
  | ({ readonly kind: 'change' } & IndexEvents['change'])
  | ({ readonly kind: 'communities' } & IndexEvents['communities'])
  | ({ readonly kind: 'sync' } & IndexEvents['sync'])
  | { readonly kind: 'body', readonly body: BodyEvent }

export interface LiveEvents {
  /** Returns the function that ends the subscription. */
  on (listener: (event: LiveEvent) => void): () => void
  /** Listeners that are held on the index and the bodies now. */
  sources (): number
}

export function createLiveEvents (index: CrdtIndex, bodies: BodyEvents): LiveEvents {
  const listeners = new Set<(event: LiveEvent) => void>()
  let ends: ReadonlyArray<() => void> = []

  function emit (event: LiveEvent): void {
    for (const listener of [...listeners]) listener(event)
  }

  return {
    sources: () => ends.length,
    on (listener) {
      const own = (event: LiveEvent): void => { listener(event) }
      listeners.add(own)
      if (ends.length === 0) {
        ends = [
          index.on('change', event => { emit({ kind: 'change', ...event }) }),
          index.on('communities', event => { emit({ kind: 'communities', ...event }) }),
          index.on('sync', event => { emit({ kind: 'sync', ...event }) }),
          bodies.on(body => { emit({ kind: 'body', body }) })
        ]
      }
      return () => {
        if (!listeners.delete(own) || listeners.size > 0) return
        for (const end of ends) end()
        ends = []
      }
    }
  }
}
