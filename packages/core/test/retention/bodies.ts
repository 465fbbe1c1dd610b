// A store of bodies with pins that a test sets, and the retention over them.
import { createMemoryBlobs, createTorrentStore, refOf, type BlobStore, type TorrentStore } from '@seedbed/torrent-store'
import type { AuthorId, CommunityAddress, ContentId } from '@seedbed/crdt-index'
import type { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { createRetention, type Retention } from '../../src/retention/retention.ts'

export const SILENT = { debug: () => {}, info: () => {}, warn: () => {} }

/** Any bytes are a body to the store; `fill` and `length` tell them apart. */
export function bodyOf (fill: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(fill)
}

export function idOf (body: Uint8Array): ContentId {
  return refOf(body).infoHash as string as ContentId
}

export interface World {
  readonly store: TorrentStore
  readonly pinned: Set<ContentId>
  readonly removed: ContentId[]
  readonly db: Level
  nowMs: number
  /** Opens the retention, again after `retention.close()`. */
  open (cacheBytes: number): Retention
  /** As when a community was left: what was pinned may not be any more. */
  unpin (...ids: ContentId[]): void
  /** Everything in the store. */
  held (): Promise<Set<ContentId>>
}

export async function createWorld (blobs: BlobStore = createMemoryBlobs()): Promise<World> {
  const store = await createTorrentStore({ db: blobs })
  const leavers = new Set<(event: never) => void>()
  const world: World = {
    store,
    pinned: new Set(),
    removed: [],
    db: new MemoryLevel() as unknown as Level,
    nowMs: 1_000_000,
    open: cacheBytes => createRetention({
      torrents: store,
      pins: {
        reasonFor: async id => world.pinned.has(id) ? 'own' : null,
        isPinned: async id => {
          await Promise.resolve()
          return world.pinned.has(id)
        }
      },
      index: {
        on (event, listener) {
          if (event === 'communities') leavers.add(listener)
          return () => { leavers.delete(listener) }
        },
        community: () => undefined,
        item: () => undefined,
        revisions: () => undefined
      },
      author: 'a'.repeat(64) as AuthorId,
      db: world.db,
      cacheBytes,
      clock: () => world.nowMs,
      logger: { ...SILENT, warn: (message, details) => { throw new Error(message, { cause: details }) } },
      onRemoved: id => { world.removed.push(id) }
    }),
    unpin (...ids) {
      for (const id of ids) world.pinned.delete(id)
      for (const leave of leavers) leave({ community: 'c'.repeat(64) as CommunityAddress } as never)
    },
    async held () {
      const ids = new Set<ContentId>()
      for await (const { infoHash } of store.list()) ids.add(infoHash as string as ContentId)
      return ids
    }
  }
  return world
}
