// Whatever may change an answer, as one stream. Index, bodies and seed counts are listened to only while a query listens.
import type { CommunityAddress, IndexEvents } from '@seedbed/crdt-index'
import type { BodyEvent } from '../../bodies/body-events.ts'
import type { NodeParts } from '../../parts.ts'

export type LiveEvent =
  /** `changes` is empty when only envelopes came, which shows in digests alone. */
  | ({ readonly kind: 'change' } & IndexEvents['change'])
  | ({ readonly kind: 'communities' } & IndexEvents['communities'])
  | ({ readonly kind: 'sync' } & IndexEvents['sync'])
  | { readonly kind: 'body', readonly body: BodyEvent }
  /** How many members have a body became known or changed. */
  | { readonly kind: 'seeds', readonly community: CommunityAddress }
  /** Who is connected, or which seedboxes are known. */
  | { readonly kind: 'network' }

export interface LiveEvents {
  /** Returns the function that ends the subscription. */
  on (listener: (event: LiveEvent) => void): () => void
  /** Listeners that are held on index, bodies and seed counts now. */
  sources (): number
}

export function createLiveEvents ({ index, bodyEvents, seedCounts, onNetwork }: Pick<NodeParts, 'index' | 'bodyEvents' | 'seedCounts' | 'onNetwork'>): LiveEvents {
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
          bodyEvents.on(body => { emit({ kind: 'body', body }) }),
          seedCounts.on(community => { emit({ kind: 'seeds', community }) }),
          onNetwork(() => { emit({ kind: 'network' }) })
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
