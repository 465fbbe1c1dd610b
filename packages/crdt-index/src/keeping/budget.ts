// Which authors of one community fit its budget: the longest prefix, in the order of rank.ts, whose bytes fit. Held as a
// threshold: the rank of the best author who is left out; authors from there on are not taken. When what is held no longer
// fits, the lowest ranks go and the threshold moves up. It moves down again when the room is there for who was left out,
// by what was seen of them; so for a set that no longer changes, and is offered again and again, what is kept ends the
// same whatever came when: an author who fits is asked for again until they are here, one who does not is dropped again.
import { bytesToHex } from '../identity/encoding.ts'
import { MAX_LEFT_OUT } from '../limits.ts'
import type { AuthorId } from '../model.ts'
import { AUTHOR_PREFIX_BYTES } from './local-authors.ts'
import { compareRanks, Standing, type Rank } from './rank.ts'
import type { Usage } from './usage.ts'

export interface LeftOut {
  readonly author: AuthorId
  /** What they took up when they were dropped, or what was seen of them. */
  readonly bytes: number
}

/** Authors that no longer fit, the worst first, and the threshold once they are gone. */
export interface Drop {
  readonly authors: readonly AuthorId[]
  readonly threshold: Rank
}

export interface Budget {
  readonly maxBytes: number
  /** Null: nobody is left out. */
  readonly threshold: Rank | null
  /** Of every author that is held or left out, as far as a stamp was seen. */
  readonly works: ReadonlyMap<AuthorId, number>
  readonly leftOut: number
  readonly isOver: boolean
  /** True where no stamp of the author was seen. */
  isKept (author: AuthorId): boolean
  /** By the first 7 bytes of the key; true where nobody of that prefix is known to be left out. */
  keepsPrefix (prefix: Uint8Array): boolean
  /** A valid stamp of the author was seen. True: it is the first, or the best so far. */
  met (author: AuthorId, work: number): boolean
  /** Something of an author who is not kept was seen. True: they were not known to be left out, or not to be so large. */
  refused (author: AuthorId, bytes: number): boolean
  /** Known from before. */
  restore (threshold: Rank | null, leftOut: readonly LeftOut[]): void
  /** Held authors without a known stamp: they have to be met before anybody is ranked. */
  unmet (): AuthorId[]
  /** Who goes next when it is over, at most so many; null: it fits, or nothing may be dropped. */
  next (count: number): Drop | null
  /** The drop is done. */
  dropped (drop: Drop, sizes: readonly LeftOut[]): void
  /**
   * Finds the threshold anew, from what is held and what is known of the rest; for another budget, other standings, and to
   * look whether there is room again. `retry`: counts the first of those left out as if they took no room. Held authors
   * beyond it are told by `beyond`. True: somebody is kept from now on who was not.
   */
  settle (options?: { readonly maxBytes?: number, readonly retry?: boolean }): boolean
  /** Held authors beyond the threshold, the worst first. */
  beyond (count: number): AuthorId[]
  /** Whether the first of those left out would fit, by what is known of them. */
  hasRoom (): boolean
  /** What is known of somebody who is left out; 0 of anybody else. */
  leftOutBytes (author: AuthorId): number
  /** Authors that were forgotten since the last call, because too many are left out. */
  takeForgotten (): AuthorId[]
}

export interface BudgetPorts {
  readonly usage: Usage
  readonly maxBytes: number
  readonly standingOf: (author: AuthorId) => Standing
  readonly maxLeftOut?: number
}

/** Ranks last: nobody knows of any work. */
const NO_WORK = 2 ** 48
const PREFIX_CHARACTERS = 2 * AUTHOR_PREFIX_BYTES

export function createBudget ({ usage, maxBytes: firstMaxBytes, standingOf, maxLeftOut = MAX_LEFT_OUT }: BudgetPorts): Budget {
  let maxBytes = firstMaxBytes
  let threshold: Rank | null = null
  const works = new Map<AuthorId, number>()
  /** By the prefix of their keys: two of one prefix share a place, and the second is asked for in vain. */
  const leftOut = new Map<string, LeftOut>()
  /** Held authors that may be dropped, the best first; null until somebody has to go. */
  let order: Rank[] | null = null
  let forgotten: AuthorId[] = []

  const prefixOf = (author: AuthorId): string => author.slice(0, PREFIX_CHARACTERS)
  const rankOf = (author: AuthorId): Rank => ({ standing: standingOf(author), work: works.get(author) ?? NO_WORK, author })
  const isWithin = (rank: Rank): boolean => rank.standing === Standing.local || threshold === null || compareRanks(rank, threshold) < 0
  const isHeld = (author: AuthorId): boolean => usage.byAuthor.has(author)
  /** Who began to write here since the order was made. */
  const isLocalNow = ({ author }: Rank): boolean => standingOf(author) === Standing.local

  function sorted (): Rank[] {
    order ??= [...usage.byAuthor.keys()].map(rankOf).filter(({ standing }) => standing !== Standing.local).sort(compareRanks)
    return order
  }

  /** Where the rank is in the order, or belongs. */
  function positionOf (ranks: readonly Rank[], rank: Rank): number {
    let low = 0
    let high = ranks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareRanks(ranks[middle] as Rank, rank) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  function insert (author: AuthorId): void {
    if (order === null) return
    const rank = rankOf(author)
    if (rank.standing !== Standing.local) order.splice(positionOf(order, rank), 0, rank)
  }

  function remove (author: AuthorId): void {
    if (order === null) return
    const at = positionOf(order, rankOf(author))
    if (order[at]?.author === author) order.splice(at, 1)
    else order = null // its standing changed meanwhile
  }

  usage.onAuthor = (author, holds) => {
    if (holds) {
      insert(author)
      leftOut.delete(prefixOf(author))
    } else {
      remove(author)
    }
  }

  function leave (author: AuthorId, bytes: number): void {
    leftOut.set(prefixOf(author), { author, bytes })
    if (leftOut.size <= maxLeftOut) return
    // A tenth at once, so that sorting them is seldom.
    for (const { author } of rankedLeftOut().slice(-Math.ceil(maxLeftOut / 10))) forget(author)
  }

  function forget (author: AuthorId): void {
    leftOut.delete(prefixOf(author))
    if (isHeld(author)) return
    works.delete(author)
    forgotten.push(author)
  }

  /** The best first. */
  function rankedLeftOut (): Array<Rank & LeftOut> {
    return [...leftOut.values()].map(each => ({ ...each, ...rankOf(each.author) })).sort(compareRanks)
  }

  function bestLeftOut (): (Rank & LeftOut) | null {
    let best: (Rank & LeftOut) | null = null
    for (const each of leftOut.values()) {
      const rank = rankOf(each.author)
      if (best === null || compareRanks(rank, best) < 0) best = { ...each, ...rank }
    }
    return best
  }

  /** The longest prefix that fits, by what is held and what is known of the rest. */
  function thresholdFor (retry: boolean): Rank | null {
    const ranks = [...sorted().map(rank => ({ ...rank, bytes: usage.byAuthor.get(rank.author) ?? 0 })), ...rankedLeftOut()].sort(compareRanks)
    let bytes = usage.bytes
    for (const { author } of sorted()) bytes -= usage.byAuthor.get(author) ?? 0
    let isFree = retry
    for (const { standing, work, author, bytes: size } of ranks) {
      const isOut = !isHeld(author)
      if (!isOut || !isFree) bytes += size
      if (isOut) isFree = false
      if (bytes > maxBytes) return { standing, work, author }
    }
    return null
  }

  return {
    get maxBytes () { return maxBytes },
    get threshold () { return threshold },
    works,
    get leftOut () { return leftOut.size },
    get isOver () { return usage.bytes > maxBytes },
    isKept: author => !works.has(author) || isWithin(rankOf(author)),
    keepsPrefix (prefix) {
      if (threshold === null) return true
      const known = leftOut.get(bytesToHex(prefix))
      return known === undefined || isWithin(rankOf(known.author))
    },
    met (author, work) {
      const known = works.get(author)
      if (known !== undefined && known <= work) return false
      if (isHeld(author)) remove(author)
      works.set(author, work)
      if (isHeld(author)) insert(author)
      return true
    },
    refused (author, bytes) {
      const known = leftOut.get(prefixOf(author))
      if (known !== undefined && (known.author !== author || known.bytes >= bytes)) return false
      leave(author, bytes)
      return true
    },
    restore (rank, authors) {
      threshold = rank
      for (const each of authors) if (!isHeld(each.author)) leftOut.set(prefixOf(each.author), each)
      order = null
    },
    unmet: () => [...usage.byAuthor.keys()].filter(author => !works.has(author)),
    next (count) {
      if (usage.bytes <= maxBytes) return null
      if (threshold === null) order = null
      const authors: AuthorId[] = []
      let first: Rank | null = null
      let { bytes } = usage
      const ranks = sorted()
      for (let at = ranks.length - 1; at >= 0 && authors.length < count && bytes > maxBytes; at--) {
        const rank = ranks[at] as Rank
        if (isLocalNow(rank)) continue
        first = rank
        authors.push(first.author)
        bytes -= usage.byAuthor.get(first.author) ?? 0
      }
      return first === null ? null : { authors, threshold: threshold !== null && compareRanks(threshold, first) < 0 ? threshold : first }
    },
    dropped (drop, sizes) {
      threshold = drop.threshold
      for (const { author, bytes } of sizes) leave(author, bytes)
    },
    settle ({ maxBytes: bytes = maxBytes, retry = false } = {}) {
      maxBytes = bytes
      order = null
      for (const author of works.keys()) if (!isHeld(author) && !leftOut.has(prefixOf(author))) works.delete(author)
      const before = threshold
      threshold = thresholdFor(retry)
      for (const { author } of [...leftOut.values()]) if (isWithin(rankOf(author))) leftOut.delete(prefixOf(author))
      if (threshold === null) order = null // nobody tells of other standings until somebody has to go
      return before !== null && (threshold === null || compareRanks(threshold, before) > 0)
    },
    beyond (count) {
      if (threshold === null) return []
      const authors: AuthorId[] = []
      const ranks = sorted()
      for (let at = ranks.length - 1; at >= 0 && authors.length < count && compareRanks(ranks[at] as Rank, threshold) >= 0; at--) {
        if (!isLocalNow(ranks[at] as Rank)) authors.push((ranks[at] as Rank).author)
      }
      return authors
    },
    hasRoom () {
      const best = bestLeftOut()
      return threshold !== null && (best === null || usage.bytes + best.bytes <= maxBytes)
    },
    leftOutBytes: author => leftOut.get(prefixOf(author))?.bytes ?? 0,
    takeForgotten () {
      const taken = forgotten
      forgotten = []
      return taken
    }
  }
}
