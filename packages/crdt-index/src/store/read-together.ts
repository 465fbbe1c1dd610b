import type { IndexStore } from './index-store.ts'

interface Asked {
  readonly keys: Parameters<IndexStore['read']>[0]
  readonly resolve: (values: Awaited<ReturnType<IndexStore['read']>>) => void
  readonly reject: (error: unknown) => void
}

/** Reads as the store does; what is asked for within one turn is read at once, and comes or fails together. */
export function createReadTogether (read: IndexStore['read']): IndexStore['read'] {
  let asked: Asked[] = []

  async function readAll (together: readonly Asked[]): Promise<void> {
    try {
      const values = await read(together.flatMap(({ keys }) => keys))
      let at = 0
      for (const { keys, resolve } of together) resolve(values.slice(at, at += keys.length))
    } catch (error) {
      for (const { reject } of together) reject(error)
    }
  }

  return async keys => await new Promise((resolve, reject) => {
    if (asked.push({ keys, resolve, reject }) > 1) return
    queueMicrotask(() => {
      const together = asked
      asked = []
      void readAll(together)
    })
  })
}
