// Keeps what is merely cached under a byte quota, least recently used out first. What is pinned (retention/pins.ts)
// is never touched, and neither is a body that an action under way has stored but not signed for yet.
//
// Memory does not grow with the bodies: a running estimate of the cached bytes, never too low, says when to look; the
// look goes through all references and asks the pins, so every decision is made on the truth of that moment.
import { parseVote, type AuthorId, type ContentId, type CrdtIndex, type EntryValue, type VoteEntry } from '@seedbed/crdt-index'
import type { InfoHash, TorrentRef, TorrentStore } from '@seedbed/torrent-store'
import type { Level } from 'level'
import { QUOTA_LOW_WATER } from '../limits.ts'
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
  readonly index: CrdtIndex
  readonly author: AuthorId
  readonly db: Level
  /** Quota of what is cached, in bytes of bodies. */
  readonly cacheBytes: number
  readonly clock: () => number
  readonly logger: Logger
  /** A body was removed, to keep the quota or because it was asked for. */
  onRemoved (id: ContentId): void
}

interface Cached extends TorrentRef { readonly usedSeconds: number }

const LOOK_BATCH = 500

export function createRetention ({ torrents, pins, index, author, db, cacheBytes, clock, logger, onRemoved }: RetentionOptions): Retention {
  const recency = createRecency(db, clock, logger)
  const closing = new AbortController()
  const protections = new Set<Set<InfoHash>>()
  const evicting = new Map<InfoHash, Promise<Removal>>()
  /** Never below the cached bytes: Infinity until they were counted. */
  let estimateBytes = Infinity
  let looking: Promise<void> | null = null
  let again = false
  let pruned = false

  const isProtected = (infoHash: InfoHash): boolean => [...protections].some(held => held.has(infoHash))

  function look (): Promise<void> {
    again = true
    looking ??= (async () => {
      try {
        while (again && !closing.signal.aborted) {
          again = false
          await enforce()
        }
      } catch (error) {
        estimateBytes = Infinity
        if (!closing.signal.aborted) logger.warn('the quota of cached bodies could not be enforced', error)
      } finally {
        looking = null
      }
    })()
    return looking
  }

  async function enforce (): Promise<void> {
    const overflowed = estimateBytes !== Infinity && estimateBytes > cacheBytes
    if (!pruned) {
      await recency.prune(async id => await torrents.has(id as InfoHash), closing.signal)
      pruned = true
    }
    estimateBytes = 0 // what is put from here on adds to it
    const cached = (await findCached()).sort((a, b) => a.usedSeconds - b.usedSeconds)
    let bytes = cached.reduce((sum, { length }) => sum + length, 0)
    // Once over, down to the low water: the next look shall not be due with the next body.
    const targetBytes = overflowed || bytes > cacheBytes ? cacheBytes * QUOTA_LOW_WATER : cacheBytes
    for (const { infoHash, length } of cached) {
      if (bytes <= targetBytes || closing.signal.aborted) break
      if (await evict(infoHash) !== 'protected') bytes -= length
    }
    // What is protected may still be over: the end of its action looks again.
    if (estimateBytes > 0 && estimateBytes + bytes > cacheBytes) again = true
    estimateBytes += bytes
  }

  async function findCached (): Promise<Cached[]> {
    const cached: Cached[] = []
    let batch: TorrentRef[] = []
    const sift = async (): Promise<void> => {
      const pinned = await Promise.all(batch.map(async ({ infoHash }) => await pins.isPinned(infoHash as string as ContentId)))
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
      if (!await torrents.delete(infoHash)) return 'absent'
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

  async function put (body: Uint8Array): Promise<TorrentRef> {
    for (;;) {
      const ref = await torrents.put(body)
      for (const held of protections) held.add(ref.infoHash)
      recency.used(ref.infoHash)
      // An eviction that began before the body was protected may still take it.
      if (evicting.has(ref.infoHash)) await evicting.get(ref.infoHash)?.catch(() => {})
      else if (await torrents.has(ref.infoHash)) {
        grow(ref.length)
        return ref
      }
    }
  }

  function grow (bytes: number): void {
    estimateBytes += bytes
    if (estimateBytes > cacheBytes) void look()
  }

  const ends = [
    // Everything of a community that was left is cached now.
    index.on('communities', ({ community }) => { if (index.community(community) === undefined) void look() }),
    index.on('change', ({ community, period, author: by, changes }) => {
      if (by !== author) return
      for (const { root, key, before, after } of changes) {
        if (root !== 'votes' || before === undefined || voteIn(key, after)?.value === 1) continue
        const lost = voteIn(key, before)
        const item = lost?.value === 1 ? index.item(community, period, lost.item) : undefined
        for (const { length } of item === undefined ? [] : index.revisions(item) ?? []) grow(length) // at most these were pinned by it
      }
    })
  ]
  void look()

  return {
    torrents: watchTorrents(torrents, { put, onRead: infoHash => { recency.used(infoHash) } }),
    protect: action => async (...args) => {
      const held = new Set<InfoHash>()
      protections.add(held)
      try {
        return await action(...args)
      } finally {
        protections.delete(held)
        if (held.size > 0 && estimateBytes > cacheBytes) void look()
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
