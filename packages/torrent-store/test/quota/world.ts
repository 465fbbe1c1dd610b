// A store with a quota and pins that a test sets.
import { createMemoryBlobs, createTorrentStore, refOf, type BlobDatabase, type BlobStore, type InfoHash, type QuotaOptions, type TorrentStore } from '../../src/index.ts'

/** Any bytes are a body to the store; `fill` and `length` tell them apart. */
export function bodyOf (fill: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(fill)
}

export function idOf (body: Uint8Array): InfoHash {
  return refOf(body).infoHash
}

export interface World {
  readonly pinned: Set<InfoHash>
  /** Evicted or removed, in this order. */
  readonly gone: InfoHash[]
  nowMs: number
  /** Opens the store, again after it was closed. */
  open (cacheBytes: number, options?: Pick<QuotaOptions, 'seedsOf'>): Promise<TorrentStore>
  /** As when what pinned them is gone. */
  unpin (...ids: InfoHash[]): void
  /** Everything in the store. */
  held (): Promise<Set<InfoHash>>
  cachedBytes (): Promise<number>
}

export function createWorld (db: BlobStore | BlobDatabase = createMemoryBlobs()): World {
  let store: TorrentStore | null = null
  const world: World = {
    pinned: new Set(),
    gone: [],
    nowMs: 1_000_000,
    async open (cacheBytes, { seedsOf } = {}) {
      store = await createTorrentStore({
        db,
        clock: () => world.nowMs,
        quota: {
          cacheBytes,
          async isPinned (id) {
            await Promise.resolve()
            return world.pinned.has(id)
          },
          ...(seedsOf === undefined ? {} : { seedsOf })
        }
      })
      store.on('evicted', ({ infoHash }) => { world.gone.push(infoHash) })
      store.on('removed', ({ infoHash }) => { world.gone.push(infoHash) })
      store.on('failed', ({ error }) => { throw error })
      return store
    },
    unpin (...ids) {
      for (const id of ids) world.pinned.delete(id)
      store?.unpinned()
    },
    async held () {
      const ids = new Set<InfoHash>()
      if (store !== null) for await (const { infoHash } of store.list()) ids.add(infoHash)
      return ids
    },
    async cachedBytes () {
      let bytes = 0
      if (store !== null) for await (const { infoHash, length } of store.list()) if (!world.pinned.has(infoHash)) bytes += length
      return bytes
    }
  }
  return world
}
