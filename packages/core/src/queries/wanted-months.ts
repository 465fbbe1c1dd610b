// Months that a question is about and that are not kept here: they are fetched when somebody asks. Meanwhile the answer is
// what was last known; live answers change when the month has come.
import { WINDOW_MS, type CommunityAddress, type CrdtIndex, type ItemPlace } from '@seedbed/crdt-index'
import type { FeedQuery } from '../answers.ts'
import { resolveCommunity } from './locate.ts'

export interface WantedMonths {
  /** Resolves when the month is here, or with whatever could be had; at once for one that is kept. Never fails. */
  ofItem (place: Pick<ItemPlace, 'community' | 'period'>, signal: AbortSignal | undefined): Promise<void>
  /** Fetches the months that the window of a feed reaches back to, in the background. A window without an end wants none. */
  ofFeed (query: Pick<FeedQuery, 'communities' | 'sort' | 'window'>, nowMs: number): void
}

/** Asks once for each month: who made it and lives on, a live query say, need not ask again. */
export function createWantedMonths (index: CrdtIndex): WantedMonths {
  const asked = new Set<string>()

  async function want (community: CommunityAddress, period: number, signal?: AbortSignal): Promise<void> {
    if (asked.has(`${community}/${period}`)) return
    asked.add(`${community}/${period}`)
    await index.want(community, period, signal === undefined ? {} : { signal }).catch(() => {}) // shown by what is here
  }

  return {
    async ofItem ({ community, period }, signal) {
      if (index.status(community).shards.some(shard => shard.period === period && !shard.kept)) await want(community, period, signal)
    },
    ofFeed ({ communities, sort = 'top', window = 'all' }, nowMs) {
      const backMs = WINDOW_MS[window]
      if ((sort !== 'top' && sort !== 'controversial') || !Number.isFinite(backMs)) return
      const from = new Date(nowMs - backMs)
      const first = from.getUTCFullYear() * 100 + from.getUTCMonth() + 1
      const addresses = communities === undefined ? index.communities().map(({ address }) => address) : communities.map(name => resolveCommunity(index, name).address)
      for (const address of addresses) {
        for (const { period, kept } of index.status(address).shards) if (!kept && period >= first) void want(address, period)
      }
    }
  }
}
