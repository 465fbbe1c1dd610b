// The sessions that this peer begins take turns, so that peers that are slow or silent do not keep it from the others.
import { MAX_LONG_PER_COMMUNITY, MAX_LONG_SESSIONS, MAX_OUTBOUND_PER_COMMUNITY, MAX_OUTBOUND_SESSIONS, SLOT_TURN_MS } from '../limits.ts'
import type { CommunityAddress } from '../model.ts'
import type { Standing } from './peer-book.ts'
import type { Scheduler } from './scheduler.ts'

interface Waiting { readonly community: CommunityAddress, readonly standingOf: () => Standing, readonly start: (standing: Standing) => void }

const ORDER: readonly Standing[] = ['good', 'unknown', 'suspect']

/**
 * MAX_OUTBOUND_SESSIONS slots. Peers in good standing come first, suspects last and into one slot at a time. A session
 * that takes longer than SLOT_TURN_MS goes on without a slot, as far as MAX_LONG_SESSIONS allows; a suspect's does not. Of both
 * one community leaves some to the others, and of equal standing the community with the fewest sessions comes first.
 */
export class SessionSlots {
  readonly #scheduler: Scheduler
  readonly #queue = new Set<Waiting>()
  #short = 0
  #long = 0
  #suspects = 0
  readonly #shortOf = new Map<CommunityAddress, number>()
  readonly #longOf = new Map<CommunityAddress, number>()

  constructor (scheduler: Scheduler) { this.#scheduler = scheduler }

  /** Waits for a slot; call what it returns to give it back. The standing is looked up when one is free. */
  async take (community: CommunityAddress, standingOf: () => Standing): Promise<() => void> {
    return await new Promise(resolve => {
      this.#queue.add({ community, standingOf, start: standing => { resolve(this.#start(community, standing)) } })
      this.#fill()
    })
  }

  #fill (): void {
    while (this.#short < MAX_OUTBOUND_SESSIONS) {
      const next = this.#next()
      if (next === null) return
      this.#queue.delete(next.waiting)
      next.waiting.start(next.standing)
    }
  }

  #next (): { readonly waiting: Waiting, readonly standing: Standing } | null {
    let first: { readonly waiting: Waiting, readonly standing: Standing, readonly order: number, readonly sessions: number } | null = null
    for (const waiting of this.#queue) {
      const short = of(this.#shortOf, waiting.community)
      if (short >= MAX_OUTBOUND_PER_COMMUNITY) continue
      const standing = waiting.standingOf()
      if (standing === 'suspect' && this.#suspects > 0) continue
      const order = ORDER.indexOf(standing)
      const sessions = short + of(this.#longOf, waiting.community)
      if (first === null || order < first.order || (order === first.order && sessions < first.sessions)) first = { waiting, standing, order, sessions }
    }
    return first
  }

  #start (community: CommunityAddress, standing: Standing): () => void {
    const isSuspect = standing === 'suspect'
    let isLong = false
    let cancel = (): void => {}
    const turn = (): void => {
      cancel = this.#scheduler.after(SLOT_TURN_MS, () => {
        if (this.#long >= MAX_LONG_SESSIONS || of(this.#longOf, community) >= MAX_LONG_PER_COMMUNITY) {
          turn()
          return
        }
        isLong = true
        this.#long++
        this.#short--
        count(this.#longOf, community, 1)
        count(this.#shortOf, community, -1)
        this.#fill()
      })
    }
    this.#short++
    count(this.#shortOf, community, 1)
    if (isSuspect) this.#suspects++
    else turn()
    return () => {
      cancel()
      if (isLong) this.#long--
      else this.#short--
      count(isLong ? this.#longOf : this.#shortOf, community, -1)
      if (isSuspect) this.#suspects--
      this.#fill()
    }
  }
}

function of (counts: ReadonlyMap<CommunityAddress, number>, community: CommunityAddress): number {
  return counts.get(community) ?? 0
}

function count (counts: Map<CommunityAddress, number>, community: CommunityAddress, by: number): void {
  const sum = of(counts, community) + by
  if (sum === 0) counts.delete(community)
  else counts.set(community, sum)
}
