/** What an iterator sees of its query. */
export interface Iterated<T> {
  /** `call` is called after every reading and at the end; the returned function releases. */
  hold (call: () => void): () => void
  isOpen (): boolean
  /** The value that is right now, null while there is none. */
  latest (): { readonly value: T } | null
}

/** Yields each new value, the latest one only. Holds the query from the first `next` until its end. */
export function iterate<T> ({ hold, isOpen, latest }: Iterated<T>): AsyncIterableIterator<T> {
  const waiting: Array<(result: IteratorResult<T>) => void> = []
  let yielded: { readonly value: T } | null = null
  let release: (() => void) | null = null
  let ended = false

  function fresh (): { readonly value: T } | null {
    const now = latest()
    return now === null || now.value === yielded?.value ? null : now
  }

  function end (): void {
    ended = true
    release?.()
    release = null
    for (const resolve of waiting.splice(0)) resolve({ done: true, value: undefined })
  }

  function advance (): void {
    if (!isOpen()) return end()
    if (waiting.length === 0) return
    const now = fresh()
    if (now === null) return
    yielded = now
    waiting.shift()?.({ done: false, value: now.value })
  }

  const iterator: AsyncIterableIterator<T> = {
    async next () {
      if (ended || !isOpen()) {
        end()
        return { done: true, value: undefined }
      }
      const { promise, resolve } = Promise.withResolvers<IteratorResult<T>>()
      waiting.push(resolve)
      release ??= hold(advance)
      advance()
      return await promise
    },
    async return () {
      end()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => iterator
  }
  return iterator
}
