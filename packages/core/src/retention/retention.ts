// What the store's quota has to know of votes: which bodies are pinned (pins.ts), and when pins may have been lost. The
// quota itself, and what goes first, is the store's.
import { parseVote, type AuthorId, type ContentId, type CrdtIndex, type EntryValue, type VoteEntry } from '@seedbed/crdt-index'
import type { QuotaOptions, TorrentStore } from '@seedbed/torrent-store'
import type { Logger } from '../options.ts'
import type { Pins } from './pins.ts'
import type { SeedCounts } from './seed-counts.ts'

export interface Retention {
  /** For the store, which is opened before there are pins to ask: its questions wait for them. */
  readonly quota: QuotaOptions
  /** Answers from now on, and tells the store what changes of the index mean for it. */
  start (options: RetentionOptions): void
  /** Questions that wait, and later ones, fail. May be called twice. */
  close (): void
}

export interface RetentionOptions {
  readonly torrents: Pick<TorrentStore, 'on' | 'unpinned'>
  readonly pins: Pick<Pins, 'isPinned'>
  readonly index: Pick<CrdtIndex, 'on' | 'community' | 'item' | 'revisions' | 'findRevision'>
  readonly author: AuthorId
  readonly seedCounts: Pick<SeedCounts, 'lastKnown'>
  readonly logger: Logger
  /** A body went to keep the quota. */
  onEvicted (id: ContentId): void
}

/** `cacheBytes`: quota of what is cached, in bytes of bodies. */
export function createRetention (cacheBytes: number): Retention {
  const started = Promise.withResolvers<Pick<Pins, 'isPinned'>>()
  started.promise.catch(() => {}) // nobody has to be waiting
  let seedsOf: (id: ContentId) => number | undefined = () => undefined
  let closed = false
  const ends: Array<() => void> = []

  return {
    quota: {
      cacheBytes,
      async isPinned (infoHash) {
        const pins = await started.promise
        if (closed) throw new Error('the node closes')
        return await pins.isPinned(infoHash as string as ContentId)
      },
      seedsOf: infoHash => seedsOf(infoHash as string as ContentId)
    },
    start ({ torrents, pins, index, author, seedCounts, logger, onEvicted }) {
      seedsOf = id => {
        const [item] = index.findRevision(id)
        return item === undefined ? undefined : seedCounts.lastKnown(item.community, id)
      }
      ends.push(
        torrents.on('evicted', ({ infoHash }) => { onEvicted(infoHash as string as ContentId) }),
        torrents.on('failed', ({ error }) => { logger.warn('the quota of cached bodies, or the times of their use, could not be kept', error) }),
        // Everything of a community that was left is cached now.
        index.on('communities', ({ community }) => { if (index.community(community) === undefined) torrents.unpinned() }),
        index.on('change', ({ community, period, author: by, changes }) => {
          if (by !== author) return
          for (const { root, key, before, after } of changes) {
            const lost = root === 'votes' ? voteIn(key, before) : null
            if (lost?.value !== 1) continue
            const now = voteIn(key, after)
            if (now?.value === 1 && now.revision === lost.revision) continue // one that names another revision lets go of this one
            const item = index.item(community, period, lost.item)
            // At most these were pinned by it.
            if (item !== undefined) torrents.unpinned((index.revisions(item) ?? []).reduce((sum, { length }) => sum + length, 0))
          }
        })
      )
      started.resolve(pins)
    },
    close () {
      closed = true
      started.reject(new Error('the node closes'))
      for (const end of ends.splice(0)) end()
    }
  }
}

function voteIn (key: string, value: EntryValue | undefined): VoteEntry | null {
  return value === undefined ? null : parseVote(key, value)
}
