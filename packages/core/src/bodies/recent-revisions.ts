// An author may list any number of edits, and reading may not cost more for it: of each item the first revision and
// the newest ones count where bodies are looked for.
import type { CrdtIndex, ItemId, ItemView, Revision } from '@seedbed/crdt-index'
import { MAX_RECENT_ITEMS, MAX_RECENT_REVISIONS } from '../limits.ts'

export interface RecentRevisions {
  /** The first revision and the newest ones, oldest first. */
  of (item: ItemView): readonly Revision[]
  close (): void
}

export function createRecentRevisions (index: Pick<CrdtIndex, 'on' | 'revisions'>): RecentRevisions {
  /** Only of items with more revisions than count: sorting them at every look would be the attack. */
  const long = new Map<ItemId, { readonly place: string, readonly revisions: readonly Revision[] }>()
  const end = index.on('change', ({ changes }) => { if (long.size > 0 && changes.some(({ root }) => root === 'edits')) long.clear() })

  return {
    of (item) {
      if (item.revision.editedMs === null) return [item.revision]
      const place = `${item.community} ${item.period}`
      const kept = long.get(item.item)
      if (kept?.place === place) return kept.revisions
      const all = index.revisions(item) ?? [item.revision]
      if (all.length <= MAX_RECENT_REVISIONS + 1) return all
      const revisions = [...all.slice(0, 1), ...all.slice(-MAX_RECENT_REVISIONS)]
      long.set(item.item, { place, revisions })
      const oldest = long.size > MAX_RECENT_ITEMS ? long.keys().next().value : undefined
      if (oldest !== undefined) long.delete(oldest)
      return revisions
    },
    close: end
  }
}
