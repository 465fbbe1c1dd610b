// A binary heap whose items know their place, so that any one can leave or move in O(log n).

/** What lies in a queue; an item is in one queue at a time. */
export interface Queued {
  /** Its index in the heap; -1: in none. Only the queue writes it. */
  place: number
}

export interface PriorityQueue<T extends Queued> {
  readonly size: number
  push (item: T): void
  peek (): T | undefined
  remove (item: T): void
  /** After an item's rank has changed. */
  moved (item: T): void
  /** After the ranks of any number have changed: O(n). */
  reordered (): void
  /** The first `count` in order, left where they are: O(count^2), for a look at a few. */
  first (count: number): T[]
}

/** `before` is a strict order without ties. */
export function createPriorityQueue<T extends Queued> (before: (a: T, b: T) => boolean): PriorityQueue<T> {
  const heap: T[] = []

  function put (item: T, place: number): void {
    heap[place] = item
    item.place = place
  }
  function up (item: T): void {
    for (let parent = heap[(item.place - 1) >> 1]; item.place > 0 && parent !== undefined && before(item, parent); parent = heap[(item.place - 1) >> 1]) {
      const { place } = parent
      put(parent, item.place)
      put(item, place)
    }
  }
  function lesserChild (place: number): T | undefined {
    const [left, right] = [heap[2 * place + 1], heap[2 * place + 2]]
    return left !== undefined && right !== undefined && before(right, left) ? right : left
  }
  function down (item: T): void {
    for (let child = lesserChild(item.place); child !== undefined && before(child, item); child = lesserChild(item.place)) {
      const { place } = child
      put(child, item.place)
      put(item, place)
    }
  }

  return {
    get size () { return heap.length },
    push (item) {
      put(item, heap.length)
      up(item)
    },
    peek: () => heap[0],
    remove (item) {
      const { place } = item
      const last = heap.pop()
      item.place = -1
      if (last === undefined || last === item) return
      put(last, place)
      up(last)
      down(last)
    },
    moved (item) {
      up(item)
      down(item)
    },
    reordered () {
      for (let place = heap.length >> 1; place >= 0; place--) {
        const item = heap[place]
        if (item !== undefined) down(item)
      }
    },
    first (count) {
      const found: T[] = []
      const open = heap.slice(0, 1)
      while (found.length < count && open.length > 0) {
        let least = 0
        for (let at = 1; at < open.length; at++) if (before(open[at] as T, open[least] as T)) least = at
        const [item] = open.splice(least, 1) as [T]
        found.push(item)
        for (const child of [heap[2 * item.place + 1], heap[2 * item.place + 2]]) if (child !== undefined) open.push(child)
      }
      return found
    }
  }
}
