// Tells when a body came to be held here, or ceased to be, outside an action that the index tells of anyway.
import type { ContentId, ItemId } from '@seedbed/crdt-index'
import type { FoundBody } from './library.ts'

export interface BodyEvent {
  /** First revision of the post or comment. */
  readonly id: ContentId
  readonly revision: ContentId
  /** The listing that `found` was checked against; null when nobody checked it. */
  readonly item: ItemId | null
  /** What was found; null: read it, or learn that it is gone. */
  readonly found: FoundBody | null
}

export interface BodyEvents {
  /** Returns the function that ends the subscription. */
  on (listener: (event: BodyEvent) => void): () => void
  emit (event: BodyEvent): void
}

export function createBodyEvents (): BodyEvents {
  const listeners = new Set<(event: BodyEvent) => void>()
  return {
    on (listener) {
      const own = (event: BodyEvent): void => { listener(event) }
      listeners.add(own)
      return () => { listeners.delete(own) }
    },
    emit (event) {
      for (const listener of [...listeners]) listener(event)
    }
  }
}
