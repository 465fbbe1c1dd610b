import { LIVE_INTERVAL_MS, LIVE_WINDOW_MS } from '../../limits.ts'
import type { FeedPage, FeedQuery } from '../../node.ts'
import type { NodeParts } from '../../parts.ts'
import type { Reading } from '../../moderation/reading.ts'
import { createFeed } from '../feed.ts'
import { resolveCommunity } from '../locate.ts'
import { createWantedMonths } from '../wanted-months.ts'
import type { LiveSource } from './create-live-query.ts'
import type { LiveEvent, LiveEvents } from './live-events.ts'
import { createOwnCache } from './own-cache.ts'
import type { Scheduler } from './scheduler.ts'

export interface FeedSourceOptions {
  readonly parts: NodeParts
  readonly reading: Reading
  readonly events: LiveEvents
  readonly scheduler: Scheduler
}

/** A page of a feed. A window moves on with the clock, so such a feed is also read now and then without a change, and so is what rises. */
export function createFeedSource (query: FeedQuery, { parts, reading, events, scheduler }: FeedSourceOptions): LiveSource<FeedPage> {
  const { index } = parts
  const own = createOwnCache(parts, { asksHeld: true })
  const months = createWantedMonths(index)
  const feed = createFeed(parts, reading, own.of, () => months)
  const { communities, sort = 'top', window = 'all' } = query
  /** Null while all communities count, or while those asked for are not known. */
  let wanted: ReadonlySet<string> | null = null
  let shown: ReadonlySet<string> = new Set()

  function concerns (event: LiveEvent): boolean {
    if (event.kind === 'communities') return true
    if (event.kind === 'body') return shown.has(event.body.id)
    if (event.kind === 'network' || (event.kind === 'change' && event.changes.length === 0)) return false
    // Sync events too: seeds are counted among the members that are connected.
    return wanted === null || wanted.has(event.community)
  }

  return {
    intervalMs: LIVE_INTERVAL_MS,
    start (changed) {
      own.clear() // whatever happened while nobody listened
      const ends = [reading.on(changed), events.on(event => {
        own.take(event)
        if (concerns(event)) changed()
      })]
      let cancel = (): void => {}
      const later = (): void => {
        cancel = scheduler.after(LIVE_WINDOW_MS, () => {
          changed()
          later()
        })
      }
      if (sort === 'rising' || ((sort === 'top' || sort === 'controversial') && window !== 'all')) later()
      return () => {
        for (const end of ends) end()
        cancel()
      }
    },
    async read () {
      wanted = null
      wanted = communities === undefined ? null : new Set(communities.map(name => resolveCommunity(index, name).address))
      const page = await feed(query)
      shown = new Set(page.items.map(({ id }) => id))
      return page
    },
    refresh: own.clear
  }
}
