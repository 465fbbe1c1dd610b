/** Typed listeners, called in order of subscription. A listener that throws is reported as an uncaught error, not to the emitter. */
export interface Events<Map> {
  on<Name extends keyof Map> (event: Name, listener: (event: Map[Name]) => void): () => void
  emit<Name extends keyof Map> (event: Name, value: Map[Name]): void
  clear (): void
}

export function createEvents<Map> (): Events<Map> {
  const listeners = new globalThis.Map<keyof Map, Set<(event: never) => void>>()
  return {
    on (event, listener) {
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set)
      set.add(listener)
      return () => { set.delete(listener) }
    },
    emit (event, value) {
      for (const listener of listeners.get(event) ?? []) {
        try {
          listener(value as never)
        } catch (error) {
          reportError(error)
        }
      }
    },
    clear () { listeners.clear() }
  }
}

function reportError (error: unknown): void {
  queueMicrotask(() => { throw error })
}
