// Keeps what is merely cached under a byte quota, least recently used out first. What is pinned (retention/pins.ts)
// is never touched, and neither is a body that an action under way has stored but not signed for yet.
//
// Memory does not grow with the bodies. What the store holds is known exactly, and of what is pinned a sum that is
// never too high, so that their difference is never below the cached bytes. Once it exceeds the quota, a look goes
// through all references and asks the pins: every decision is made on the truth of that moment.
import { parseVote, type AuthorId, type ContentId, type CrdtIndex, type EntryValue, type VoteEntry } from '@seedbed/crdt-index'
import type { InfoHash, TorrentRef, TorrentStore } from '@seedbed/torrent-store'
import type { Level } from 'level'
import { MAX_NEWLY_PINNED, QUOTA_LOW_WATER } from '../limits.ts'
import type { Logger } from '../options.ts'
import type { Pins } from './pins.ts'
import { createRecency } from './recency.ts'
import { watchTorrents } from './watch-torrents.ts'

export interface Retention {
  /** The store as everybody else is to use it: what is put and read through it counts. */
  readonly torrents: TorrentStore
  /** What `action` puts stays until it ends, whatever the quota: its signature comes after its body. */
  protect<Args extends unknown[], T> (action: (...args: Args) => Promise<T>): (...args: Args) => Promise<T>
  /** Removes a body that nothing pins. Errors: STORAGE_FAILED. */
  remove (id: ContentId): Promise<Removal>
  /** Resolves once the cached bodies fit the quota, for tests and orderly ends. */
  settled (): Promise<void>
  close (): Promise<void>
}

/** What became of a body: removed now, not here before, pinned, or in use by an action under way. */
export type Removal = 'removed' | 'absent' | 'pinned' | 'protected'

export interface RetentionOptions {
  readonly torrents: TorrentStore
  readonly pins: Pins
  readonly index: Pick<CrdtIndex, 'on' | 'community' | 'item' | 'revisions'>
  readonly author: AuthorId
  readonly db: Level
  /** Quota of what is cached, in bytes of bodies. */
  readonly cacheBytes: number
  readonly clock: () => number
  readonly logger: Logger
  /** A body was removed, to keep the quota or because it was asked for. */
  onRemoved (id: ContentId): void
}

/** What an action put. */
interface Stored { readonly length: number, wasPinned: boolean }
interface Cached extends TorrentRef { readonly usedSeconds: number }

const LOOK_BATCH = 500
/** Deletes that go to disk together. */
const EVICT_BATCH = 64

export function createRetention ({ torrents, pins, index, author, db, cacheBytes, clock, logger, onRemoved }: RetentionOptions): Retention {
  const recency = createRecency(db, clock, logger)
  const closing = new AbortController()
  const protections = new Set<Map<InfoHash, Stored>>()
  const evicting = new Map<InfoHash, Promise<Removal>>()
  /** Never above the pinned bytes that are held. */
  let pinnedBytes = 0
  /** Ids that actions pinned since the last look; each was added to the sum once. */
  const newlyPinned = new Set<InfoHash>()
  let looks = 0
  /** Bodies stored and pins lost so far: what a look under way may have missed. */
  let arrivals = 0
  /** Deletes that began, and those of them that are under way: only these can take what was just put. */
  let deletes = 0
  let deleting = 0
  let looking: Promise<void> | null = null
  let again = false

  const isProtected = (infoHash: InfoHash): boolean => [...protections].some(stored => stored.has(infoHash))
  const mayOverflow = (): boolean => torrents.stat().bytes - pinnedBytes > cacheBytes

  function look (): void {
    again = true
    looking ??= (async () => {
      try {
        for (let due = true; due && !closing.signal.aborted;) {
          again = false
          const arrivalsBefore = arrivals
          await enforce()
          // Decided in the same turn in which the look ends: what comes later finds none under way and begins its own.
          // What is protected may still be over: the end of its action looks again.
          due = again || (arrivals > arrivalsBefore && mayOverflow())
        }
      } catch (error) {
        pinnedBytes = 0
        if (!closing.signal.aborted) logger.warn('the quota of cached bodies could not be enforced', error)
      } finally {
        looking = null
      }
    })()
  }

  async function enforce (): Promise<void> {
    if (looks++ === 0) await recency.prune(async id => await torrents.has(id as InfoHash), closing.signal)
    const cached = (await findCached()).sort((a, b) => a.usedSeconds - b.usedSeconds)
    let bytes = cached.reduce((sum, { length }) => sum + length, 0)
    // Once over, down to the low water: the next look shall not be due with the next body.
    const targetBytes = bytes > cacheBytes ? cacheBytes * QUOTA_LOW_WATER : cacheBytes
    for (let next = 0; next < cached.length && bytes > targetBytes && !closing.signal.aborted;) {
      const batch: Cached[] = []
      for (let left = bytes; left > targetBytes && batch.length < EVICT_BATCH && next < cached.length; next++) {
        const one = cached[next] as Cached
        batch.push(one)
        left -= one.length
      }
      const removals = await Promise.all(batch.map(async ({ infoHash }) => await evict(infoHash)))
      for (const [i, { length }] of batch.entries()) if (removals[i] !== 'protected') bytes -= length
    }
  }

  async function findCached (): Promise<Cached[]> {
    const cached: Cached[] = []
    pinnedBytes = 0 // counted anew while pins come and go
    newlyPinned.clear()
    let batch: TorrentRef[] = []
    const sift = async (): Promise<void> => {
      const pinned = await Promise.all(batch.map(async ({ infoHash }) => await pins.isPinned(infoHash as string as ContentId)))
      pinnedBytes += batch.reduce((sum, { length }, i) => pinned[i] === true ? sum + length : sum, 0)
      const unpinned = batch.filter((_, i) => pinned[i] === false)
      const used = await recency.of(unpinned.map(({ infoHash }) => infoHash))
      for (const [i, ref] of unpinned.entries()) cached.push({ ...ref, usedSeconds: used[i] ?? 0 })
      batch = []
    }
    for await (const ref of torrents.list()) {
      closing.signal.throwIfAborted()
      if (batch.push(ref) >= LOOK_BATCH) await sift()
    }
    await sift()
    return cached
  }

  /** Between the last check and the delete nothing else runs. */
  async function evict (infoHash: InfoHash): Promise<Removal> {
    const underWay = evicting.get(infoHash)
    if (underWay !== undefined) return await underWay
    const eviction = (async (): Promise<Removal> => {
      if (await pins.isPinned(infoHash as string as ContentId)) return 'pinned'
      if (isProtected(infoHash)) return 'protected'
      const ended = onDelete()
      try {
        if (!await torrents.delete(infoHash)) return 'absent'
      } finally {
        ended()
      }
      await recency.forget([infoHash])
      onRemoved(infoHash as string as ContentId)
      return 'removed'
    })()
    evicting.set(infoHash, eviction)
    try {
      return await eviction
    } finally {
      evicting.delete(infoHash)
    }
  }

  function onDelete (): () => void {
    deletes++
    deleting++
    return () => { deleting-- }
  }

  function onForeignDelete (): (deleted: boolean) => void {
    const ended = onDelete()
    return deleted => {
      ended()
      if (deleted) look()
    }
  }

  async function put (body: Uint8Array): Promise<TorrentRef> {
    for (;;) {
      const deletesBefore = deleting > 0 ? -1 : deletes
      const ref = await torrents.put(body)
      const stored: Stored = { length: ref.length, wasPinned: true }
      const actions = [...protections].filter(action => !action.has(ref.infoHash))
      for (const action of actions) action.set(ref.infoHash, stored)
      recency.used(ref.infoHash)
      // An eviction that began before the body was protected may still take it.
      if (evicting.has(ref.infoHash)) await evicting.get(ref.infoHash)?.catch(() => {})
      if (deletes !== deletesBefore && !await torrents.has(ref.infoHash)) continue
      arrivals++
      if (actions.length > 0) stored.wasPinned = await pins.isPinned(ref.infoHash as string as ContentId)
      lookIfNeeded()
      return ref
    }
  }

  /** During a look the sums are not whole; it looks at its end whether bodies came meanwhile. */
  function lookIfNeeded (): void {
    if (looking === null && mayOverflow()) look()
  }

  /** What the action pinned is cached no longer, unless a look was under way, which may have counted it already. */
  async function settleAction (stored: ReadonlyMap<InfoHash, Stored>, looksBefore: number): Promise<void> {
    for (const [infoHash, { length, wasPinned }] of stored) {
      if (wasPinned || newlyPinned.has(infoHash) || !await pins.isPinned(infoHash as string as ContentId)) continue
      if (looks !== looksBefore || looking !== null || newlyPinned.has(infoHash)) break
      newlyPinned.add(infoHash)
      pinnedBytes += length
    }
    if (newlyPinned.size >= MAX_NEWLY_PINNED) look()
    if (stored.size > 0) lookIfNeeded()
  }

  const ends = [
    // Everything of a community that was left is cached now.
    index.on('communities', ({ community }) => { if (index.community(community) === undefined) look() }),
    index.on('change', ({ community, period, author: by, changes }) => {
      if (by !== author) return
      for (const { root, key, before, after } of changes) {
        if (root !== 'votes' || before === undefined || voteIn(key, after)?.value === 1) continue
        const lost = voteIn(key, before)
        const item = lost?.value === 1 ? index.item(community, period, lost.item) : undefined
        if (item === undefined) continue
        arrivals++
        for (const { length } of index.revisions(item) ?? []) pinnedBytes -= length // at most these were pinned by it
      }
      lookIfNeeded()
    })
  ]
  look()

  return {
    torrents: watchTorrents(torrents, { put, onRead: infoHash => { recency.used(infoHash) }, onDelete: onForeignDelete }),
    protect: action => async (...args) => {
      const stored = new Map<InfoHash, Stored>()
      const looksBefore = looks
      const wasLooking = looking !== null
      protections.add(stored)
      try {
        return await action(...args)
      } finally {
        protections.delete(stored)
        if (!closing.signal.aborted) await settleAction(stored, wasLooking ? -1 : looksBefore).catch((error: unknown) => { logger.debug('pins could not be read', error) })
      }
    },
    remove: async id => await evict(id as string as InfoHash),
    async settled () {
      while (looking !== null) await looking
    },
    async close () {
      for (const end of ends) end()
      closing.abort()
      await looking
      await recency.close()
    }
  }
}

function voteIn (key: string, value: EntryValue | undefined): VoteEntry | null {
  return value === undefined ? null : parseVote(key, value)
}
