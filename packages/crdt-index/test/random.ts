// Randomness that a seed repeats.

export type Random = (below: number) => number

/** mulberry32. */
export function seeded (seed: number): Random {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ state >>> 15, 1 | state)
    mixed = (mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed)) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) % below
  }
}

export function pick<T> (list: readonly T[], random: Random): T {
  const picked = list[random(list.length)]
  if (picked === undefined) throw new RangeError('nothing to pick from')
  return picked
}

export function shuffled<T> (items: Iterable<T>, random: Random): T[] {
  const list = [...items]
  for (let i = list.length - 1; i > 0; i--) {
    const j = random(i + 1)
    const [a, b] = [list[i], list[j]]
    list[i] = b as T
    list[j] = a as T
  }
  return list
}
