// The first k of a stream in bounded memory: a binary heap with the last of the kept ones at its top.

export interface TopK<T> {
  /** The last of the kept ones once there are k, before that undefined: what comes after it need not be offered. */
  last (): T | undefined
  offer (candidate: T): void
  /** Empties the heap, first ones first. */
  drain (): T[]
}

/** `compare` is a total order; negative: `a` comes first. */
export function createTopK<T> (k: number, compare: (a: T, b: T) => number): TopK<T> {
  const heap: T[] = []

  function siftUp (candidate: T): void {
    let at = heap.push(candidate) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (compare(heap[above]!, candidate) >= 0) break
      heap[at] = heap[above]!
      at = above
    }
    heap[at] = candidate
  }

  function replaceLast (candidate: T): void {
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && compare(heap[below + 1]!, heap[below]!) > 0) below++
      if (compare(heap[below]!, candidate) <= 0) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = candidate
  }

  return {
    last: () => heap.length < k ? undefined : heap[0],
    offer (candidate) {
      if (heap.length < k) siftUp(candidate)
      else if (k > 0 && compare(candidate, heap[0]!) < 0) replaceLast(candidate)
    },
    drain: () => heap.splice(0).sort(compare)
  }
}
