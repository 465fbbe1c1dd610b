// The storage budgets of all communities. While a community fits, and never did not, there is nothing to do but count: what
// does more is loaded when it is first needed.
import { MAX_PREFERRED } from '../limits.ts'
import type { AuthorId, CommunityAddress } from '../model.ts'
import type { CommunityState } from '../shards/communities.ts'
import type { BudgetKeeper, BudgetsPorts } from './budget-keeper.ts'
import type { StorageInfo } from './storage-info.ts'

export interface Budgets extends Omit<BudgetKeeper, 'has'> {
  isOver (community: CommunityAddress): boolean
}

interface Counted {
  readonly state: CommunityState
  /** Somebody was left out when it was opened: it needs the keeper, which could not be loaded if it is not there. */
  isPartial: boolean
  triedMs: number
  maxBytes: number
  preferred: ReadonlySet<AuthorId>
}

/** Between two tries to load the keeper: a page that lost its server asks for it with every batch otherwise. */
const LOAD_RETRY_MS = 10_000

export interface BudgetsOptions extends BudgetsPorts {
  /** Default: the part of this package that does it. */
  readonly loadKeeper?: () => Promise<{ readonly createBudgetKeeper: (ports: BudgetsPorts) => BudgetKeeper }>
}

export function createBudgets (ports: BudgetsOptions): Budgets {
  const { store, maxBytes, clock, loadKeeper: load = async () => await import('./budget-keeper.ts') } = ports
  const counted = new Map<CommunityAddress, Counted>()
  let keeper: BudgetKeeper | null = null
  let closed = false

  const isOver = ({ state, maxBytes }: Counted): boolean => state.usage.bytes > maxBytes
  const keeps = (state: CommunityState): BudgetKeeper | null => keeper?.has(state) === true ? keeper : null

  /** A page that lost its server goes on without, until it is back. */
  async function openInKeeper (entry: Counted, options?: Parameters<BudgetKeeper['open']>[1]): Promise<void> {
    entry.triedMs = clock()
    if (keeper === null) {
      const loaded = await load().catch(() => null)
      if (loaded === null || closed) return
      keeper = loaded.createBudgetKeeper(ports)
    }
    await keeper.open(entry.state, options)
  }

  /** Whether it is time to try again. */
  const isDue = (entry: Counted): boolean => (isOver(entry) || entry.isPartial) && Math.abs(clock() - entry.triedMs) >= LOAD_RETRY_MS

  return {
    async open (state) {
      const stored = await store.budgets.read(state.address)
      const isPartial = stored.threshold !== null
      const entry: Counted = { state, isPartial, triedMs: -Infinity, maxBytes: stored.maxBytes ?? maxBytes, preferred: new Set(stored.preferred) }
      counted.set(state.address, entry)
      if (isOver(entry) || isPartial || stored.ranked.length > 0) await openInKeeper(entry)
    },
    async enforce (state) {
      const entry = counted.get(state.address)
      if (entry?.state !== state) return
      const keeper = keeps(state)
      if (keeper !== null) await keeper.enforce(state)
      else if (isDue(entry)) await openInKeeper(entry)
    },
    async limit (state, bytes) {
      const entry = counted.get(state.address)
      if (entry === undefined) return
      entry.maxBytes = bytes ?? maxBytes
      const keeper = keeps(state)
      if (keeper !== null) return await keeper.limit(state, bytes)
      await store.putLimit(state.address, bytes)
      if (isOver(entry) || entry.isPartial) await openInKeeper(entry, { isSliced: true })
      if (entry.isPartial) await keeps(state)?.limit(state, bytes)
    },
    async prefer (state, authors) {
      const entry = counted.get(state.address)
      if (entry === undefined) return
      const keeper = keeps(state)
      if (keeper !== null) return await keeper.prefer(state, authors)
      const preferred = new Set(authors.slice(0, MAX_PREFERRED))
      if (preferred.size === entry.preferred.size && [...preferred].every(author => entry.preferred.has(author))) return
      await store.putPreferred(state.address, [...preferred])
      entry.preferred = preferred
    },
    async shrink (state) { await keeps(state)?.shrink(state) },
    async restand (state) { await keeps(state)?.restand(state) },
    isOver (community) {
      const entry = counted.get(community)
      return entry !== undefined && isOver(entry)
    },
    status (community): Omit<StorageInfo, 'authors'> {
      const entry = counted.get(community)
      const kept = entry === undefined ? null : keeps(entry.state)
      return kept?.status(community) ?? { bytes: entry?.state.usage.bytes ?? 0, budgetBytes: entry?.maxBytes ?? maxBytes, authorsLeftOut: 0, partial: entry?.isPartial ?? false }
    },
    forget (community) {
      counted.delete(community)
      keeper?.forget(community)
    },
    close () {
      closed = true
      keeper?.close()
    },
    meet: (header, byteLength) => { keeper?.meet(header, byteLength) },
    keepsAuthor: document => keeper?.keepsAuthor(document) ?? true,
    keepsPrefix: (community, prefix) => keeper?.keepsPrefix(community, prefix) ?? true,
    leavesOut (community) {
      const entry = counted.get(community)
      return entry !== undefined && (keeps(entry.state)?.leavesOut(community) ?? entry.isPartial)
    }
  }
}
