// Months that come and go: what is not kept is dropped as a whole, remembered by its last known totals, and fetched again
// when somebody wants it. What local authors wrote in it stays.
import { open, type LoadEnvelopes } from '../documents/document.ts'
import type { Exclusive } from '../mutex.ts'
import { RETENTION_LOOK_MS } from '../limits.ts'
import { META_PERIOD, type AuthorId, type Clock, type CommunityAddress, type DocumentEntries, type EntryValue, type Period, type RootName } from '../model.ts'
import type { Opening } from '../opening.ts'
import type { CommunityState } from '../shards/communities.ts'
import type { Shard } from '../shards/shard.ts'
import type { IndexStore } from '../store/index-store.ts'
import type { ShardResult } from '../sync/session-shards.ts'
import { NONE } from '../views/columns.ts'
import type { Rows } from '../views/rows.ts'
import { createRecalledView, type LastKnown } from '../views/recalled-shard.ts'
import { decodeLastKnown, encodeLastKnown, lastKnownOf } from './last-known.ts'
import type { GrowingLocalAuthors } from './local-authors.ts'
import { firstOfMonthsTo, parseRetain, type Retain, type Retention } from './retention.ts'

export interface Months {
  /** Shows what was last known of months that are not here, of one community or all; to be called once the database is read. */
  recall (community?: CommunityAddress): Promise<void>
  /**
   * Drops what is not kept. Where nobody asked for it only what newer months, with words in them, took the place of: by its
   * clock alone, which may be years ahead, nobody drops what perhaps nobody else has. Errors: STORAGE_FAILED, CLOSED; what was
   * not dropped is with the next look.
   */
  enforce (options?: { readonly isAsked?: boolean }): Promise<void>
  /** Null: as all communities. Durable; what is no longer kept is dropped when it resolves. */
  retain (community: CommunityAddress, retain: Retain | null): Promise<void>
  want (community: CommunityAddress, period: Period): void
  /** What a session found, or has found so far: a month that is whole shows its own totals again. */
  heard (community: CommunityAddress, shards: readonly ShardResult[], isDone: boolean): void
  /** Resolves once a wanted month is whole. `stop`: gives up waiting. */
  whole (community: CommunityAddress, period: Period): { readonly reached: Promise<void>, stop (): void }
  /** Whether the month is shown by what was last known of it. */
  isRecalled (community: CommunityAddress, period: Period): boolean
  forget (community: CommunityAddress): void
  close (): void
}

export interface MonthsPorts {
  readonly store: Pick<IndexStore, 'months' | 'putRetained' | 'beginDrop' | 'finishDrop' | 'forgetLastKnown' | 'compactMonth'>
  readonly communities: ReadonlyMap<CommunityAddress, CommunityState>
  readonly retention: Retention
  readonly locals: Pick<GrowingLocalAuthors, 'isLocal' | 'all'>
  readonly load: LoadEnvelopes
  readonly clock: Clock
  readonly exclusive: Exclusive
  readonly opening: Pick<Opening, 'again'>
  readonly moderatorsOf: (community: CommunityAddress) => Iterable<AuthorId>
  /** The month is shown another way than before. */
  readonly onShown: (community: CommunityAddress) => void
  /** Other months are kept than before. */
  readonly onKeeping: (community: CommunityAddress) => void
}

export function createMonths ({ store, communities, retention, locals, load, clock, exclusive, opening, moderatorsOf, onShown, onKeeping }: MonthsPorts): Months {
  const waiting = new Map<string, Set<() => void>>()
  let isClosed = false
  let enforcing: Promise<void> | null = null
  const nameOf = (community: CommunityAddress, period: Period): string => `${community}/${period}`

  async function localEntries (shard: Shard): Promise<Map<AuthorId, DocumentEntries>> {
    const local = new Map<AuthorId, DocumentEntries>()
    for (const author of new Set([...shard.all()].map(({ id }) => id.author))) {
      if (locals.isLocal(author)) local.set(author, await entriesOf(shard, author, load))
    }
    return local
  }

  function show (shard: Shard, lastKnown: LastKnown, local: ReadonlyMap<AuthorId, DocumentEntries>): void {
    const { community, period } = shard
    shard.recall({ view: createRecalledView({ community, period, lastKnown, local }), isLive: locals.isLocal })
  }

  const isSurplus = (state: CommunityState, { period, all }: Shard): boolean =>
    period !== META_PERIOD && !retention.keepsPeriod(state.address, period) && [...all()].some(({ id }) => !locals.isLocal(id.author))

  function isReplaced (state: CommunityState, { period }: Shard): boolean {
    const retain = retention.retainOf(state.address)
    let newest = META_PERIOD
    for (const shard of state.shards.values()) if (shard.envelopeCount > 0) newest = Math.max(newest, shard.period)
    return retain !== 'all' && newest !== META_PERIOD && period < firstOfMonthsTo(newest, retain.months)
  }

  /** Nobody writes meanwhile. Gone in one atomic write: a crash from there on is cleaned up by the next start. */
  async function drop (state: CommunityState, shard: Shard): Promise<void> {
    const { community, period, month } = shard
    if (month === null) return
    const local = await localEntries(shard)
    // A month that never became whole again is still best known as it was.
    const fresh = shard.recalled !== null ? null : lastKnownOf(month, { asOfMs: clock(), local, locals: locals.all(), moderators: new Set(moderatorsOf(community)) })
    // Of all who write here, also those of whom nothing can be read: a later release may read what lies there.
    const stay = locals.all()
    await store.beginDrop({ community, period }, stay, fresh === null ? null : encodeLastKnown(fresh))
    if (fresh !== null) show(shard, fresh, local) // what takes the shard's place takes it over: nobody sees the month empty
    await store.finishDrop({ community, period }, stay)
    await opening.again(state, period)
  }

  async function dropAll (isAsked: boolean): Promise<void> {
    for (const state of [...communities.values()]) {
      const dropped: Period[] = []
      for (const shard of [...state.shards.values()]) {
        if (isClosed || !isSurplus(state, shard) || (!isAsked && !isReplaced(state, shard))) continue
        await exclusive(async () => {
          if (isClosed || communities.get(state.address) !== state || state.shards.get(shard.period) !== shard || !isSurplus(state, shard)) return
          await drop(state, shard)
          dropped.push(shard.period)
        })
      }
      if (dropped.length === 0) continue
      onKeeping(state.address)
      onShown(state.address)
      for (const period of dropped) if (!isClosed) await store.compactMonth({ community: state.address, period }).catch(() => {}) // room comes back later by itself
    }
  }

  const enforce = async ({ isAsked = false } = {}): Promise<void> => {
    while (enforcing !== null) await enforcing.catch(() => {})
    enforcing = dropAll(isAsked).finally(() => { enforcing = null })
    await enforcing
  }
  const timer = setInterval(() => { enforce().catch(() => {}) }, RETENTION_LOOK_MS) // a full disk: with the next look
  if (typeof timer === 'object') timer.unref() // Node alone would stay alive for it

  function showLive (shard: Shard): void {
    const { community, period } = shard
    if (shard.recalled === null) return
    shard.recall(null)
    store.forgetLastKnown({ community, period }).catch(() => {}) // then it is found again, and shown until the month is heard of
    onShown(community)
  }

  return {
    enforce,
    async recall (only) {
      for await (const { community, period, record } of store.months.lastKnown()) {
        if (only !== undefined && community !== only) continue
        const state = communities.get(community)
        const lastKnown = state === undefined || state.genesis === null ? null : decodeLastKnown(record)
        if (lastKnown === null || state === undefined) continue
        const shard = state.shard(period)
        show(shard, lastKnown, await localEntries(shard))
      }
    },
    async retain (community, retain) {
      const chosen = retain === null ? null : parseRetain(retain)
      await store.putRetained(community, chosen === null ? null : chosen === 'all' ? 0 : chosen.months)
      retention.retain(community, chosen)
      onKeeping(community)
      await enforce({ isAsked: true })
    },
    want (community, period) {
      const isNew = !retention.keepsPeriod(community, period)
      retention.want(community, period)
      if (isNew) onKeeping(community)
    },
    heard (community, shards, isDone) {
      const results = new Map(shards.map(result => [result.period, result]))
      for (const shard of communities.get(community)?.shards.values() ?? []) {
        const { period } = shard
        if ((shard.recalled === null && !waiting.has(nameOf(community, period))) || shard.envelopeCount === 0 || !retention.keepsPeriod(community, period)) continue
        const result = results.get(period)
        // What a session that came to its end does not name was equal from the beginning.
        const isWhole = result === undefined ? isDone : result.equal || (isDone && result.missing === 0 && result.partial !== true)
        const isAllThereIs = isWhole || (result?.settled === true && result.missing === 0)
        if (isAllThereIs && coversLastKnown(shard)) showLive(shard)
        if (isWhole) for (const tell of waiting.get(nameOf(community, period)) ?? []) tell()
      }
    },
    whole (community, period) {
      const name = nameOf(community, period)
      let tell = (): void => {}
      const reached = new Promise<void>(resolve => { tell = resolve })
      const listeners = waiting.get(name) ?? new Set()
      waiting.set(name, listeners.add(tell))
      return {
        reached,
        stop () {
          listeners.delete(tell)
          if (listeners.size === 0 && waiting.get(name) === listeners) waiting.delete(name)
        }
      }
    },
    isRecalled: (community, period) => (communities.get(community)?.shards.get(period)?.recalled ?? null) !== null,
    forget (community) { retention.forget(community) },
    close () {
      isClosed = true
      clearInterval(timer)
    }
  }
}

/**
 * Whether most of what is remembered is here again, of posts and of what others said to them. A peer can say that its digest is ours
 * when next to nothing is here, and one that keeps the month in part may have no more; neither takes away what was known. Some may be
 * gone for good.
 */
function coversLastKnown ({ month, recalled }: Shard): boolean {
  if (month === null || recalled === null) return false
  const { rows: known, rows: { posts } } = recalled.view
  let here = 0
  let words = 0
  let wordsHere = 0
  for (let place = 0; place < posts.count; place++) {
    const knownRow = posts.row[place]!
    words += wordsTo(known, knownRow)
    const row = month.rowOf(known.itemOf(knownRow))
    if (row === NONE) continue
    here++
    wordsHere += Math.min(wordsTo(month.rows, row), wordsTo(known, knownRow)) // many to one post are none to the others
  }
  return 2 * here >= posts.count && (2 * wordsHere > words || words === 0)
}

/** Votes on a post and comments below it. */
function wordsTo ({ up, down, comments }: Pick<Rows, 'up' | 'down' | 'comments'>, row: number): number {
  return up[row]! + down[row]! + comments[row]!
}

/** The author's entries of the shard, all parts merged. */
async function entriesOf (shard: Shard, author: AuthorId, load: LoadEnvelopes): Promise<DocumentEntries> {
  const merged = new Map<RootName, Map<string, EntryValue>>()
  for (const document of shard.documents(author)) {
    if (document.held.size === 0) continue
    for (const [root, entries] of (await open(document, load)).entries) {
      const known = merged.get(root) ?? new Map<string, EntryValue>()
      merged.set(root, known)
      for (const [key, value] of entries) known.set(key, value)
    }
  }
  return merged
}
