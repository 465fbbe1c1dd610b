// The sessions that this peer begins take turns, so that peers that are slow or silent do not keep it from the others.
import { MAX_LONG_SESSIONS, MAX_OUTBOUND_SESSIONS, SLOT_TURN_MS } from '../limits.ts'
import type { Standing } from './peer-book.ts'
import type { Scheduler } from './scheduler.ts'

interface Waiting { readonly standingOf: () => Standing, readonly start: (standing: Standing) => void }

const ORDER: readonly Standing[] = ['good', 'unknown', 'suspect']

/**
 * MAX_OUTBOUND_SESSIONS slots. Peers in good standing come first, suspects last and into one slot at a time. A session
 * that takes longer than SLOT_TURN_MS goes on without a slot, as far as MAX_LONG_SESSIONS allows; a suspect's does not.
 */
export class SessionSlots {
  readonly #scheduler: Scheduler
  readonly #queue: Waiting[] = []
  #short = 0
  #long = 0
  #suspects = 0

  constructor (scheduler: Scheduler) { this.#scheduler = scheduler }

  /** Waits for a slot; call what it returns to give it back. The standing is looked up when one is free. */
  async take (standingOf: () => Standing): Promise<() => void> {
    return await new Promise(resolve => {
      this.#queue.push({ standingOf, start: standing => { resolve(this.#start(standing)) } })
      this.#fill()
    })
  }

  #fill (): void {
    while (this.#short < MAX_OUTBOUND_SESSIONS) {
      const standings = this.#queue.map(({ standingOf }) => standingOf())
      const standing = ORDER.find(standing => standings.includes(standing) && (standing !== 'suspect' || this.#suspects === 0))
      if (standing === undefined) return
      const [next] = this.#queue.splice(standings.indexOf(standing), 1)
      next?.start(standing)
    }
  }

  #start (standing: Standing): () => void {
    const isSuspect = standing === 'suspect'
    let isLong = false
    let cancel = (): void => {}
    const turn = (): void => {
      cancel = this.#scheduler.after(SLOT_TURN_MS, () => {
        if (this.#long >= MAX_LONG_SESSIONS) {
          turn()
          return
        }
        isLong = true
        this.#long++
        this.#short--
        this.#fill()
      })
    }
    this.#short++
    if (isSuspect) this.#suspects++
    else turn()
    return () => {
      cancel()
      if (isLong) this.#long--
      else this.#short--
      if (isSuspect) this.#suspects--
      this.#fill()
    }
  }
}
