import { MAX_CACHED_ITEMS } from '../limits.ts'
import type { CommunityAddress, Period, Replica } from '../model.ts'
import { equalBytes } from '../identity/encoding.ts'
import { itemSetOf, type ItemSet } from './item-set.ts'

/** Item sets of shards, kept while their digest holds; the least recently used go first. */
export interface ItemSetCache {
  get (community: CommunityAddress, period: Period): ItemSet
}

export function createItemSetCache (replica: Pick<Replica, 'shards' | 'items'>): ItemSetCache {
  const sets = new Map<string, { readonly digest: Uint8Array, readonly set: ItemSet }>()
  let items = 0
  const forget = (key: string): void => {
    items -= sets.get(key)?.set.size ?? 0
    sets.delete(key)
  }
  return {
    get (community, period) {
      const summary = replica.shards(community).find(shard => shard.period === period)
      if (summary === undefined) return itemSetOf([])
      const key = `${community}/${period}`
      const kept = sets.get(key)
      forget(key)
      const set = kept !== undefined && equalBytes(kept.digest, summary.digest) ? kept.set : replica.items(community, period)
      sets.set(key, { digest: summary.digest, set })
      items += set.size
      for (const oldest of sets.keys()) {
        if (items <= MAX_CACHED_ITEMS) break
        forget(oldest)
      }
      return set
    }
  }
}
