// Pages of the index without what is known not to be by its lister, and none the shorter for it.
import { MAX_COUNTED_HIDDEN, type ItemView } from '@seedbed/crdt-index'
import { FEED_REFILLS } from '../limits.ts'
import type { NodeParts } from '../parts.ts'

export interface ReadFullOptions<T> {
  readonly limit: number
  readonly after: string | undefined
  /** `hidden`: what a policy leaves out where the page lists. */
  readonly read: (slice: { limit: number, after?: string }) => { readonly items: readonly T[], readonly next: string | null, readonly hidden?: number }
  readonly isShown: (item: T) => Promise<boolean>
}

export async function readFull<T> ({ limit, after, read, isShown }: ReadFullOptions<T>): Promise<{ items: T[], next: string | null, hidden: number }> {
  const first = read({ limit, ...(after === undefined ? {} : { after }) })
  const items = await shownOf(first.items, isShown)
  let { next, hidden = 0 } = first
  for (let refills = 0; next !== null && items.length < limit && refills < FEED_REFILLS; refills++) {
    const page = read({ limit: limit - items.length, after: next })
    items.push(...await shownOf(page.items, isShown))
    next = page.next
    hidden = Math.min(hidden + (page.hidden ?? 0), MAX_COUNTED_HIDDEN)
  }
  return { items, next, hidden }
}

async function shownOf<T> (items: readonly T[], isShown: (item: T) => Promise<boolean>): Promise<T[]> {
  const shown = await Promise.all(items.map(isShown))
  return items.filter((_, i) => shown[i])
}

/** Anybody may list anybody's content: what is known not to be by its lister is left out. */
export async function isRightful ({ index, verdicts }: Pick<NodeParts, 'index' | 'verdicts'>, item: ItemView): Promise<boolean> {
  if (verdicts.recall(item.contentId) === undefined && index.find(item.contentId).length > 1) await verdicts.known(item.contentId)
  return !verdicts.isBorrowed(item)
}
