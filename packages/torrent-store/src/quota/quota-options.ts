import type { InfoHash, TorrentRef } from '../torrent-ref.ts'

/** Bounds what is held and not pinned. */
export interface QuotaOptions {
  /** Bytes of cached bodies, without keys and indexes; 0 keeps only what is pinned. */
  readonly cacheBytes: number
  /**
   * Whether a body has to stay, asked whenever one might go; tell `unpinned` when the answer may have become no. What
   * rejects leaves the body where it is. The store closes once the answers that it waits for are there.
   */
  isPinned (infoHash: InfoHash): boolean | Promise<boolean>
  /** Other peers known to seed a body, undefined when that is not known; what is rare stays longer (`evictionRank`). */
  seedsOf? (infoHash: InfoHash): number | undefined
}

/** What became of a body: removed now, not here before, pinned, or in use by an action under way. */
export type Removal = 'removed' | 'absent' | 'pinned' | 'protected'

/** What a store tells of, by name. */
export interface StoreEvents {
  /** A body that was not held before is durable now. */
  readonly put: TorrentRef
  /** It was deleted or removed by call. */
  readonly removed: TorrentRef
  /** It went to keep the quota. */
  readonly evicted: TorrentRef
  /** The cached bodies exceeded the quota; as many are evicted now as brings them to nine tenths of it. */
  readonly full: { readonly cachedBytes: number, readonly cacheBytes: number }
  /**
   * A list, an export of all or a look at the quota left out what lies in storage damaged: a body, or null for a place of
   * the index that does not say whose it is. Put or import the body, and it is mended; the next opening mends the index.
   */
  readonly damaged: { readonly infoHash: InfoHash | null }
  /** Work that nobody awaits failed: enforcing the quota, writing times of last use, or a listener. */
  readonly failed: { readonly error: unknown }
}
