import type { StoreEvents } from './quota-options.ts'

type Listener<Name extends keyof StoreEvents> = (event: StoreEvents[Name]) => void

export class StoreEmitter {
  readonly #listeners = new Map<keyof StoreEvents, Set<(event: never) => void>>()

  on<Name extends keyof StoreEvents> (name: Name, listener: Listener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    const own: Listener<Name> = event => { listener(event) } // the same function may listen twice
    listeners.add(own)
    return () => { listeners.delete(own) }
  }

  /** A listener that throws stops neither the others nor the store. */
  readonly emit = <Name extends keyof StoreEvents> (name: Name, event: StoreEvents[Name]): void => {
    for (const listener of [...this.#listeners.get(name) ?? []]) {
      try {
        (listener as Listener<Name>)(event)
      } catch (error) {
        if (name !== 'failed') this.emit('failed', { error })
      }
    }
  }
}
