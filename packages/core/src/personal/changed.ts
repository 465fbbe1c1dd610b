/** Listeners without a value: something is different now. */
export interface Changed {
  /** Returns the function that ends the subscription. */
  on (listener: () => void): () => void
  tell (): void
}

export function createChanged (): Changed {
  const listeners = new Set<() => void>()
  return {
    on (listener) {
      const own = (): void => { listener() }
      listeners.add(own)
      return () => { listeners.delete(own) }
    },
    tell () { for (const listener of [...listeners]) listener() }
  }
}
