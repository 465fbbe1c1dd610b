// A live thread: what the index lists, with the bodies that are here; those that are missing come in rounds.
import type { ItemView } from '@seedbed/crdt-index'
import { META_PERIOD } from '@seedbed/crdt-index'
import { LIVE_INTERVAL_MS, LIVE_RETRY_LAST_MS } from '../../limits.ts'
import type { Reading } from '../../moderation/reading.ts'
import type { Thread } from '../../node.ts'
import type { NodeParts } from '../../parts.ts'
import { listingsOf } from '../locate.ts'
import { createThreadReader, undecided, type ListQuery } from '../thread.ts'
import { createWantedMonths } from '../wanted-months.ts'
import type { LiveSource } from './create-live-query.ts'
import type { LiveEvent, LiveEvents } from './live-events.ts'
import type { Scheduler } from './scheduler.ts'
import { createOwnCache } from './own-cache.ts'
import { createThreadBodies } from './thread-bodies.ts'

export interface ThreadSourceOptions {
  readonly id: string
  /** Of one round of fetches, milliseconds. */
  readonly timeoutMs: number
  readonly wanted: ListQuery
  readonly parts: NodeParts
  readonly reading: Reading
  readonly events: LiveEvents
  readonly scheduler: Scheduler
}

export function createThreadSource ({ id, timeoutMs, wanted, parts, reading, events, scheduler }: ThreadSourceOptions): LiveSource<Thread> {
  const { index, library, firsts } = parts
  const own = createOwnCache(parts, { asksHeld: false })
  const reader = createThreadReader(parts, reading, own.of)
  const months = createWantedMonths(index)
  const bodies = createThreadBodies({ library, scheduler, timeoutMs })
  /** The rightful listing, told by the first revision: no other listing of the id matters any more. */
  let settled: ItemView | null = null
  /** While somebody listens. */
  let listening: { readonly changed: () => void, readonly controller: AbortController, isDeciding: boolean, cancelLater: () => void } | null = null
  let isOpenQuestion = false
  /** Whether its month was wholly here when it was shown last; null until it was. What peers tell of the month changes that, and nothing else of the thread. */
  let told: Pick<ItemView, 'community' | 'period'> & Pick<Thread, 'holding'> | null = null

  function concerns (event: LiveEvent): boolean {
    if (event.kind === 'body') return bodies.take(event.body)
    if (event.kind === 'communities') return true
    if (event.kind !== 'change' || event.changes.length === 0) return false
    return settled === null || (event.community === settled.community && (event.period === settled.period || event.period === META_PERIOD))
  }

  function isHeldOtherwise (community: string): boolean {
    return told === null || (community === told.community && index.community(told.community) !== undefined && index.holding(told.community, told.period) !== told.holding)
  }

  /** Without waiting for the network: while no body decides between several listings, one is shown without a text. */
  async function locate (): Promise<{ listing: ItemView, isDecided: boolean }> {
    if (settled !== null) {
      const listing = index.item(settled.community, settled.period, settled.item)
      if (listing !== undefined) return { listing, isDecided: true }
      settled = null
    }
    const listings = listingsOf(index, id)
    const rightful = await firsts.decideHere(listings)
    isOpenQuestion = rightful === undefined
    if (rightful === undefined) decideLater(listings)
    if (rightful === undefined || rightful === null) return { listing: undecided(listings), isDecided: false }
    if (listings.length > 1) settled = rightful
    return { listing: rightful, isDecided: true }
  }

  /** Fetches what decides; a try that failed is repeated when peers came or went, or after a while. */
  function decideLater (listings: readonly [ItemView, ...ItemView[]]): void {
    const own = listening
    if (own === null || own.isDeciding) return
    own.isDeciding = true
    own.cancelLater()
    own.cancelLater = () => {}
    const { signal } = own.controller
    firsts.decide(listings, { timeoutMs, signal }).then(own.changed, () => {
      if (!signal.aborted) own.cancelLater = scheduler.after(LIVE_RETRY_LAST_MS, own.changed)
    }).finally(() => { own.isDeciding = false })
  }

  return {
    intervalMs: LIVE_INTERVAL_MS,
    start (changed) {
      own.clear() // whatever happened while nobody listened
      bodies.start(changed)
      const session = listening = { changed, controller: new AbortController(), isDeciding: false, cancelLater: () => {} }
      const ends = [reading.on(changed), events.on(event => {
        own.take(event)
        // Peers came or went, or told something new: somebody may have now what nobody had.
        if (event.kind === 'sync') {
          bodies.hurry()
          if (isOpenQuestion || isHeldOtherwise(event.community)) changed()
        }
        if (event.kind !== 'sync' && concerns(event)) changed()
      })]
      return () => {
        for (const end of ends) end()
        bodies.stop()
        session.cancelLater()
        session.controller.abort()
        listening = null
      }
    },
    async read () {
      told = null // what comes meanwhile is looked at again
      const { listing, isDecided } = await locate()
      void months.ofItem(listing, undefined) // the month tells by an event that it came
      const thread = reader.list(listing, wanted)
      await bodies.look(thread.readable)
      const value = await reader.describe(thread, thread.items.map(({ item, contentId }) => isDecided || contentId !== listing.contentId ? bodies.of(item) : null))
      told = { community: listing.community, period: listing.period, holding: value.holding }
      bodies.want(isDecided ? thread.readable : thread.readable.filter(({ contentId }) => contentId !== listing.contentId))
      return value
    },
    refresh () {
      own.clear()
      bodies.retry()
    }
  }
}
