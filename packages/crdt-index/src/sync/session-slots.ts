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
  readonly #queue: Waiting[] = []
  #short = 0
  #long = 0
  #suspects = 0
  readonly #shortOf = new Map<CommunityAddress, number>()
  readonly #longOf = new Map<CommunityAddress, number>()

  constructor (scheduler: Scheduler) { this.#scheduler = scheduler }

  /** Waits for a slot; call what it returns to give it back. The standing is looked up when one is free. */
  async take (community: CommunityAddress, standingOf: () => Standing): Promise<() => void> {
    return await new Promise(resolve => {
      this.#queue.push({ community, standingOf, start: standing => { resolve(this.#start(community, standing)) } })
      this.#fill()
    })
  }

  #fill (): void {
    while (this.#short < MAX_OUTBOUND_SESSIONS) {
      const free = this.#queue.filter(({ community }) => of(this.#shortOf, community) < MAX_OUTBOUND_PER_COMMUNITY)
      const standings = free.map(({ standingOf }) => standingOf())
      const standing = ORDER.find(standing => standings.includes(standing) && (standing !== 'suspect' || this.#suspects === 0))
      if (standing === undefined) return
      const sessions = ({ community }: Waiting): number => of(this.#shortOf, community) + of(this.#longOf, community)
      const [next] = free.filter((_, index) => standings[index] === standing).sort((a, b) => sessions(a) - sessions(b))
      if (next === undefined) return
      this.#queue.splice(this.#queue.indexOf(next), 1)
      next.start(standing)
    }
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
