// Carries out the storage budgets of communities that outgrew theirs, and remembers in the database who is left out. What is
// decided lies in budget.ts.
import type { LoadEnvelopes } from '../documents/document.ts'
import type { HotStates } from '../documents/hot-states.ts'
import { stampWork } from '../envelope/stamp.ts'
import { CrdtIndexError } from '../errors.ts'
import type { Committer, Staging } from '../inbound.ts'
import { BUDGET_LOOK_MS, DROPPED_AT_ONCE, ENVELOPE_OVERHEAD_BYTES, MAX_PREFERRED, REOPEN_INTERVAL_MS, RETRY_INTERVAL_MS } from '../limits.ts'
import type { AuthorId, Clock, CommunityAddress } from '../model.ts'
import type { Exclusive } from '../mutex.ts'
import type { CommunityState } from '../shards/communities.ts'
import type { RankedAuthor, StoredBudget } from '../store/budget-rows.ts'
import type { IndexStore } from '../store/index-store.ts'
import { createBudget, type Budget, type Drop, type LeftOut } from './budget.ts'
import type { AuthorKeeping } from './keeping.ts'
import { watchModerators, type ModeratorWatch } from './moderator-watch.ts'
import { Standing } from './rank.ts'
import type { StorageInfo } from './storage-info.ts'

export interface BudgetKeeper extends AuthorKeeping {
  /** Whether it keeps this community: one that was opened. */
  has (state: CommunityState): boolean
  /**
   * The community does not fit, or once did not. To be called when nobody writes, as all that returns a promise, but `shrink`.
   * `isSliced`: drops some, and leaves the rest to `shrink`.
   */
  open (state: CommunityState, options?: { readonly isSliced?: boolean }): Promise<void>
  /** Something was stored: whoever no longer fits is dropped. Errors: STORAGE_FAILED; then it is done later. */
  enforce (state: CommunityState): Promise<void>
  /** Null: the default. What no longer fits is dropped in part; `shrink` drops the rest. */
  limit (state: CommunityState, maxBytes: number | null): Promise<void>
  /** Drops what no longer fits, some in a turn: others write in between. To be called outside of any turn. */
  shrink (state: CommunityState): Promise<void>
  /** Takes the place of those preferred before. */
  prefer (state: CommunityState, authors: readonly AuthorId[]): Promise<void>
  /** Somebody writes here from now on. */
  restand (state: CommunityState): Promise<void>
  status (community: CommunityAddress): Omit<StorageInfo, 'authors'>
  forget (community: CommunityAddress): void
  close (): void
}

export interface BudgetsPorts {
  readonly store: Pick<IndexStore, 'write' | 'budgets' | 'putLimit' | 'putPreferred'>
  readonly load: LoadEnvelopes
  readonly committer: Committer
  readonly hot: Pick<HotStates, 'forget'>
  readonly isLocal: (author: AuthorId) => boolean
  readonly clock: Clock
  readonly exclusive: Exclusive
  readonly maxBytes: number
  /** It begins to leave somebody out, or no longer does. */
  readonly onPartial: (community: CommunityAddress) => void
  /** Somebody is kept from now on who was not: peers have to be asked for them. */
  readonly onOpened: (community: CommunityAddress) => void
}

/** Where what is dropped comes from: as what `ingest` brings, from no peer. */
const NO_PEER = ''

interface Entry {
  readonly state: CommunityState
  readonly budget: Budget
  preferred: ReadonlySet<AuthorId>
  /** Authors whose rows have to be written. */
  readonly unwritten: Set<AuthorId>
  readonly moderators: ModeratorWatch
  /** Every held author's stamp is known: those who come later are met as they come. */
  isMet: boolean
  /** How often it is being shrunk at the moment: each turn of others drops some too, and not all. */
  shrinking: number
  reopenMs: number
  retriedMs: number
}

export function createBudgetKeeper ({ store, load, committer, hot, isLocal, clock, exclusive, maxBytes, onPartial, onOpened }: BudgetsPorts): BudgetKeeper {
  const entries = new Map<CommunityAddress, Entry>()

  function standingOf (entry: Pick<Entry, 'state' | 'preferred' | 'moderators'>, author: AuthorId): Standing {
    if (isLocal(author)) return Standing.local
    if (entry.preferred.has(author)) return Standing.followed
    return author === entry.state.genesis?.founder || entry.moderators.has(author) ? Standing.moderator : Standing.other
  }

  function rowOf ({ state: { address: community }, budget }: Entry, author: AuthorId): RankedAuthor[] {
    const work = budget.works.get(author)
    return work === undefined ? [] : [{ community, author, work, leftOutBytes: budget.leftOutBytes(author) }]
  }

  async function writeRows (entry: Entry): Promise<void> {
    const authors = [...entry.unwritten]
    const forgotten = entry.budget.takeForgotten()
    if (authors.length === 0 && forgotten.length === 0) return
    entry.unwritten.clear()
    const community = entry.state.address
    await store.write({ unranked: forgotten.map(author => ({ community, author })), ranked: authors.flatMap(author => rowOf(entry, author)), durable: false })
  }

  /** Of those who came before it was full no stamp is known: they are read from an envelope of each device. */
  async function meetHeld (entry: Entry): Promise<void> {
    if (entry.isMet) return
    for (const author of entry.budget.unmet()) {
      for (const { document } of documentsOf(entry, author)) {
        // A device signs with one stamp; another device of the author may have searched another.
        const ofDevices = new Map([...document.held.values()].map(({ device, hash }) => [device, hash]))
        for (const { header } of await load(document.id, [...ofDevices.values()])) if (entry.budget.met(author, stampWork(header))) entry.unwritten.add(author)
      }
    }
    entry.isMet = true
    await writeRows(entry)
  }

  function documentsOf ({ state }: Entry, author: AuthorId): Array<Pick<Staging, 'shard' | 'document'>> {
    return [...state.shards.values()].flatMap(shard => shard.documents(author)
      .filter(({ held, id }) => held.size > 0 && !state.usage.isFixed(id))
      .map(document => ({ shard, document })))
  }

  /** One atomic write: who goes, what is remembered of them, and the threshold that keeps them out. */
  async function drop (entry: Entry, gone: Drop): Promise<void> {
    const { state, budget } = entry
    const community = state.address
    const isFirst = budget.threshold === null
    const sizes: LeftOut[] = gone.authors.map(author => ({ author, bytes: state.usage.byAuthor.get(author) ?? 0 }))
    const documents = gone.authors.flatMap(author => documentsOf(entry, author))
    await committer.commit(documents.map(({ shard, document }): Staging => ({
      shard,
      document,
      staged: { added: [], removed: [...document.held.keys()], held: new Map() },
      own: [],
      sequence: null,
      advanced: null
    })), {
      durable: false,
      from: NO_PEER,
      beside: {
        ranked: sizes.flatMap(({ author, bytes }) => rowOf(entry, author).map(row => ({ ...row, leftOutBytes: bytes }))),
        threshold: { community, rank: gone.threshold, retriedMs: entry.retriedMs }
      }
    })
    budget.dropped(gone, sizes)
    for (const { shard, document } of documents) {
      hot.forget(document)
      shard.prune(document.id.author)
    }
    if (isFirst) onPartial(community)
  }

  /** Makes what is held fit the threshold and the budget, in so many writes at most; false: more is to be dropped. */
  async function carryOut (entry: Entry, writes = entry.shrinking > 0 ? 1 : Infinity): Promise<boolean> {
    const { budget } = entry
    for (let left = writes; ; left--) {
      const authors = budget.beyond(DROPPED_AT_ONCE)
      const gone = authors.length > 0 && budget.threshold !== null ? { authors, threshold: budget.threshold } : budget.next(DROPPED_AT_ONCE)
      if (gone === null || gone.authors.length === 0) return true
      if (left === 0) return false
      await drop(entry, gone)
    }
  }

  /** Whoever does not fit goes. */
  async function fit (entry: Entry): Promise<void> {
    const { budget } = entry
    if (!budget.isOver && budget.beyond(1).length === 0) return
    if (budget.threshold === null) {
      entry.retriedMs = clock()
      entry.reopenMs = entry.retriedMs + REOPEN_INTERVAL_MS
    }
    await meetHeld(entry)
    await carryOut(entry)
  }

  /** Finds the threshold anew and carries it out. */
  async function settle (entry: Entry, options: Parameters<Budget['settle']>[0] = {}, writes?: number): Promise<void> {
    const { state: { address: community }, budget } = entry
    const wasPartial = budget.threshold !== null
    if (wasPartial || budget.isOver || options.maxBytes !== undefined) await meetHeld(entry)
    const isOpened = budget.settle(options)
    if (wasPartial || budget.threshold !== null) {
      await store.write({ threshold: { community, rank: budget.threshold, retriedMs: entry.retriedMs }, durable: true })
      if (wasPartial !== (budget.threshold !== null)) onPartial(community)
    }
    await carryOut(entry, writes)
    if (isOpened) onOpened(community)
  }

  /** Whether there is room by now for who was left out. */
  async function look (entry: Entry): Promise<void> {
    const { budget } = entry
    if (budget.threshold === null) return
    const nowMs = clock()
    // A clock that was ahead for a while must not keep anybody out for as long.
    entry.retriedMs = Math.min(entry.retriedMs, nowMs)
    entry.reopenMs = Math.min(entry.reopenMs, nowMs + REOPEN_INTERVAL_MS)
    const retry = nowMs >= entry.retriedMs + RETRY_INTERVAL_MS
    if (!retry && nowMs < entry.reopenMs) return
    if (!retry && !budget.hasRoom()) { // which looks at everybody who is left out: not after every envelope
      entry.reopenMs = nowMs + BUDGET_LOOK_MS
      return
    }
    entry.reopenMs = nowMs + REOPEN_INTERVAL_MS
    if (retry) entry.retriedMs = nowMs
    await settle(entry, { retry })
  }

  const timer = setInterval(() => {
    for (const entry of entries.values()) {
      exclusive(async () => {
        if (entries.get(entry.state.address) !== entry) return
        await fit(entry)
        await look(entry)
      }).catch(() => {}) // a full disk: the next look comes
    }
  }, BUDGET_LOOK_MS)
  if (typeof timer === 'object') timer.unref() // Node alone would stay alive for it

  function of (community: CommunityAddress): Entry | undefined {
    return entries.get(community)
  }

  return {
    has: state => entries.get(state.address)?.state === state,
    async open (state, { isSliced = false } = {}) {
      const stored: StoredBudget = await store.budgets.read(state.address)
      const nowMs = clock()
      const preferred = new Set(stored.preferred)
      const entry: Entry = {
        state,
        preferred,
        moderators: watchModerators(state),
        unwritten: new Set(),
        isMet: false,
        shrinking: 0,
        reopenMs: nowMs + REOPEN_INTERVAL_MS,
        retriedMs: Math.min(nowMs, stored.retriedMs ?? nowMs),
        budget: createBudget({ usage: state.usage, maxBytes: stored.maxBytes ?? maxBytes, standingOf: author => standingOf(entry, author) })
      }
      entries.set(state.address, entry)
      const { budget } = entry
      const isLeftOut = ({ author, leftOutBytes }: RankedAuthor): boolean => stored.threshold !== null && leftOutBytes > 0 && !state.usage.byAuthor.has(author)
      const isNeeded = (row: RankedAuthor): boolean => isLeftOut(row) || state.usage.byAuthor.has(row.author)
      const needed = stored.ranked.filter(isNeeded)
      for (const { author, work } of needed) budget.met(author, work)
      budget.restore(stored.threshold, needed.filter(isLeftOut).map(({ author, leftOutBytes }) => ({ author, bytes: leftOutBytes })))
      // Of whom nothing is here any more, because a month was dropped say, nothing need be remembered.
      if (needed.length < stored.ranked.length) await store.write({ unranked: stored.ranked.filter(row => !isNeeded(row)), durable: false }).catch(() => {})
      if (!budget.isOver && budget.threshold === null) return
      try {
        await meetHeld(entry)
        await carryOut(entry, isSliced ? 1 : Infinity)
      } catch (error) { // a full disk must not keep the index from its start: dropped with the next envelope or look
        if (!(error instanceof CrdtIndexError)) throw error
      }
    },
    async enforce (state) {
      const entry = of(state.address)
      if (entry === undefined || entry.state !== state) return
      await writeRows(entry)
      const { budget } = entry
      if (entry.moderators.changed() && budget.threshold !== null) await settle(entry)
      await fit(entry)
      await look(entry)
    },
    async limit (state, bytes) {
      const entry = of(state.address)
      if (entry === undefined) return
      await store.putLimit(state.address, bytes)
      if (entry.budget.threshold === null) entry.retriedMs = clock()
      await settle(entry, { maxBytes: bytes ?? maxBytes }, 1)
    },
    async shrink (state) {
      const entry = of(state.address)
      if (entry === undefined || entry.state !== state) return
      entry.shrinking++
      try {
        for (let isDone = false; !isDone;) isDone = await exclusive(async () => of(state.address) !== entry || await carryOut(entry, 1))
      } finally {
        entry.shrinking--
      }
    },
    async prefer (state, authors) {
      const entry = of(state.address)
      if (entry === undefined) return
      const preferred = new Set(authors.slice(0, MAX_PREFERRED))
      const isNew = [...preferred].some(author => !entry.preferred.has(author))
      if (!isNew && preferred.size === entry.preferred.size) return
      await store.putPreferred(state.address, [...preferred])
      entry.preferred = preferred
      await settle(entry)
      if (isNew && entry.budget.threshold !== null) onOpened(state.address)
    },
    async restand (state) {
      const entry = of(state.address)
      if (entry === undefined) return
      await settle(entry)
      if (entry.budget.threshold !== null) onOpened(state.address)
    },
    status (community) {
      const entry = of(community)
      return {
        bytes: entry?.state.usage.bytes ?? 0,
        budgetBytes: entry?.budget.maxBytes ?? maxBytes,
        authorsLeftOut: entry?.budget.leftOut ?? 0,
        partial: (entry?.budget.threshold ?? null) !== null
      }
    },
    forget (community) { entries.delete(community) },
    close () {
      clearInterval(timer)
      entries.clear()
    },

    meet (header, byteLength) {
      const entry = of(header.community)
      if (entry === undefined || isLocal(header.author) || entry.state.usage.isFixed(header)) return
      const { author } = header
      const { budget } = entry
      const wasKept = budget.isKept(author)
      if ((header.stamp.length > 0 || !budget.works.has(author)) && budget.met(author, stampWork(header))) entry.unwritten.add(author)
      if (!wasKept && budget.isKept(author)) onOpened(header.community) // the author has another, better stamp
      if (!budget.isKept(author) && budget.refused(author, byteLength + ENVELOPE_OVERHEAD_BYTES)) entry.unwritten.add(author)
    },
    keepsAuthor (document) {
      const entry = of(document.community)
      return entry === undefined || entry.budget.threshold === null || entry.state.usage.isFixed(document) || entry.budget.isKept(document.author)
    },
    keepsPrefix: (community, prefix) => of(community)?.budget.keepsPrefix(prefix) ?? true,
    leavesOut: community => (of(community)?.budget.threshold ?? null) !== null
  }
}
