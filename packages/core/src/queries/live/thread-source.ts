// A live thread: what the index lists, with the bodies that are here; those that are missing come in rounds.
import type { ItemView } from '@seedbed/crdt-index'
import { META_PERIOD } from '@seedbed/crdt-index'
import { LIVE_INTERVAL_MS } from '../../limits.ts'
import type { Thread } from '../../node.ts'
import type { NodeParts } from '../../parts.ts'
import { listingsOf } from '../locate.ts'
import { createThreadReader } from '../thread.ts'
import type { LiveSource } from './create-live-query.ts'
import type { LiveEvent, LiveEvents } from './live-events.ts'
import type { Scheduler } from './scheduler.ts'
import { createOwnCache } from './own-cache.ts'
import { createThreadBodies } from './thread-bodies.ts'

export interface ThreadSourceOptions {
  readonly id: string
  /** Of one round of fetches, milliseconds. */
  readonly timeoutMs: number
  readonly parts: NodeParts
  readonly events: LiveEvents
  readonly scheduler: Scheduler
}

export function createThreadSource ({ id, timeoutMs, parts, events, scheduler }: ThreadSourceOptions): LiveSource<Thread> {
  const { index, library } = parts
  const own = createOwnCache(parts)
  const reader = createThreadReader(parts, own.of)
  const bodies = createThreadBodies({ library, scheduler, timeoutMs })
  /** The listing whose body says that it is the rightful one: no other listing of the id matters any more. */
  let settled: ItemView | null = null

  function concerns (event: LiveEvent): boolean {
    if (event.kind === 'body') return bodies.take(event.body)
    if (event.kind === 'communities') return true
    if (event.kind !== 'change' || event.changes.length === 0) return false
    return settled === null || (event.community === settled.community && (event.period === settled.period || event.period === META_PERIOD))
  }

  /** Without waiting for the network: while no body decides between several listings, the first one is shown. */
  async function locate (): Promise<{ listing: ItemView, others: readonly ItemView[] }> {
    if (settled !== null) {
      const listing = index.item(settled.community, settled.period, settled.item)
      if (listing !== undefined) return { listing, others: [] }
      settled = null
    }
    const listings = listingsOf(index, id)
    await bodies.look(listings)
    const rightful = listings.find(({ item }) => bodies.of(item) !== null)
    if (rightful === undefined) return { listing: listings[0], others: listings.slice(1) }
    settled = rightful
    return { listing: rightful, others: [] }
  }

  return {
    intervalMs: LIVE_INTERVAL_MS,
    start (changed) {
      own.clear() // whatever happened while nobody listened
      bodies.start(changed)
      const end = events.on(event => {
        own.take(event)
        // Peers came or went, or told something new: somebody may have now what nobody had.
        if (event.kind === 'sync') bodies.hurry()
        else if (concerns(event)) changed()
      })
      return () => {
        end()
        bodies.stop()
      }
    },
    async read () {
      const { listing, others } = await locate()
      const thread = reader.list(listing)
      await bodies.look(thread.items)
      const value = await reader.describe(thread, thread.items.map(({ item }) => bodies.of(item)))
      bodies.want([...thread.items, listing, ...others])
      return value
    },
    refresh () {
      own.clear()
      bodies.retry()
    }
  }
}
