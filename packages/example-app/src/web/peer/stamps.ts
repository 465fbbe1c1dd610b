// The proof of work that the first write in a community waits for, as it goes on.
import type { RemoteNode } from '@seedbed/core/page'
import { createStore, type Store } from './external-store.ts'

/** Percent of the expected work that is done, at most 99 while it goes on; null while none is under way. */
export const stampProgress: Store<number | null> = createStore<number | null>(null)

/** Returns the function that ends it. */
export function watchStamps (node: RemoteNode): () => void {
  return node.on('stamp', ({ hashes, expectedHashes, found }) => {
    stampProgress.set(found ? null : Math.min(99, Math.round(hashes / Math.max(1, expectedHashes) * 100)))
  })
}
