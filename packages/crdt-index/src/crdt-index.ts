// The factory of this package and its interface: communities of signed, owner-only Yjs documents, kept in a `level`
// database, exchanged with peers, and read through views.
import type { Queries } from './views/queries.ts'
import type { WeightOf } from './views/weights.ts'
import type { Signer } from './identity/keys.ts'
import type { StorageInfo } from './keeping/storage-info.ts'
import type { Retain } from './keeping/retention.ts'
import type { Equivocation } from './envelope/equivocation.ts'
import type { StampFinder, StampProgress } from './envelope/stamp-finder.ts'
import type { VerifyPool } from './envelope/verify-pool.ts'
import type { Database } from './store/index-store.ts'
import type { PeerSync, SyncState } from './sync/sync-status.ts'
import type { AbortOptions, AuthorId, Clock, CommunityAddress, ContentId, EntryChange, EntryValue, EnvelopeHash, ItemId, Period, RootName, Transport, Verdict } from './model.ts'

export interface CrdtIndexOptions {
  /** An open `level` database (or a sublevel); this package owns what is in it, the caller closes it. */
  readonly db: Database
  /** Absent: nothing is sent or received. A promise is waited for once the database is read; its error becomes that of the factory. */
  readonly transport?: Transport | Promise<Transport>
  /** Default Date.now. */
  readonly clock?: Clock
  /**
   * Authors that write here. Given at the start, nothing that their other devices send can push out what was written
   * here before `writer` was asked for.
   */
  readonly signers?: readonly Signer[]
  /** A random integer from 1 to 2^32 - 1, for device ids. Default: from the platform's secure source. */
  readonly randomUint32?: () => number
  /** Entries of documents that are kept live for quick changes. Default 100,000 (about 60 MB when full). */
  readonly maxLiveEntries?: number
  /** Pause between reconciliations with a random peer, milliseconds. Default 30,000. */
  readonly syncIntervalMs?: number
  /** What votes weigh where a query does not say otherwise; default: all alike. Totals by key stay beside it. */
  readonly weightOf?: WeightOf
  /**
   * When shards are saved so that a start need not read all their envelopes: milliseconds between two looks (default
   * 60,000), and envelopes below which a shard is not worth it (default 500). Saved at close too, where much changed.
   */
  readonly checkpoints?: { readonly intervalMs?: number, readonly minEnvelopes?: number }
  /**
   * How many bytes may be kept of each community (default 256 MiB; Infinity: no bound). Beyond that, whoever writes here
   * stays, then those whom `prefer` names, the founder and the moderators, and the best admission stamps; other authors are left out.
   */
  readonly storage?: { readonly maxBytesPerCommunity?: number }
  /**
   * Which months are kept of each community, where `retain` does not say otherwise: all (default), or so many of the newest,
   * the current one included. Older ones are dropped, once newer ones with words in them took their place, but for what was
   * written here and the last known totals of their best posts, and come back with `want`.
   */
  readonly retain?: Retain
  /** Searches admission stamps; the caller closes it. Default: one of its own, in a worker. */
  readonly stampFinder?: StampFinder
  /**
   * Opens the threads that check envelopes that come in numbers; called for the first such batch, and closed with the index.
   * Default: `createVerifyPool()`, one thread less than there are cores and at most 4. Where it fails, this thread checks them.
   */
  readonly openVerifyPool?: () => VerifyPool | Promise<VerifyPool>
}

export interface CommunityInfo {
  readonly address: CommunityAddress
  /** From the signed genesis; null while only the address is known. */
  readonly slug: string | null
  readonly founder: AuthorId | null
  readonly difficulty: number | null
  /** Set by the founder; may change. */
  readonly title: string | null
  readonly about: string | null
  readonly joinedAtMs: number
}

export type Holding = 'whole' | 'partial' | 'absent'

export interface ShardInfo {
  readonly period: Period
  readonly envelopes: number
  /** sha256 over the sorted hashes of the envelopes that count, hex. */
  readonly digest: string
  /**
   * As far as the peers met since the start have said: nobody knows of what nobody here has told. Of a month that is not
   * kept `absent`, or `partial` where local authors wrote in it, whose words stay.
   */
  readonly holding: Holding
  /** Whether the month is among those that are kept; others come with `want`. */
  readonly kept: boolean
  /** What is shown of it is what was last known, as of this Unix time in milliseconds; null: what is held. */
  readonly asOfMs: number | null
  /** Envelopes that a connected peer says it has beyond what is kept here. */
  readonly elsewhere: number
  readonly state: SyncState
  /** Envelopes known to be missing, by what peers say of themselves; at least so many. */
  readonly missing: number
  /** Connected peers whose digest was equal when the last exchange with them ended. */
  readonly agreeing: number
}

export interface CommunityStatusInfo {
  /** sha256 over (period, digest) of the shards that hold something, ascending, hex. */
  readonly digest: string
  readonly posts: number
  readonly comments: number
  readonly authors: number
  /** Envelopes written here that no other peer is known to have: nobody was there, or the exchange did not come to its end. */
  readonly unsent: number
  /** Those that hold something, those that were dropped, and those of which a peer says that it holds something; `meta` first, then the newest month. */
  readonly shards: readonly ShardInfo[]
  /** Which months are kept. */
  readonly retain: Retain
  /** How much it takes up here, and who is left out for it. */
  readonly storage: StorageInfo
  readonly sync: {
    readonly state: SyncState
    readonly peers: number
    readonly lastSyncMs: number | null
    /** Of all shards. */
    readonly missing: number
    /** Each connected peer of the community: what it brings, or why it brings nothing. */
    readonly exchanges: readonly PeerSync[]
  }
}

/** One author's pen. The first write in a community waits for the admission stamp. Every call resolves when the envelope is on disk; peers get it afterwards. */
export interface AuthorWriter {
  readonly author: AuthorId
  /**
   * Finds the author's admission stamp now; otherwise the first write does. `signal`: stops waiting, and ends the
   * search when nobody else waits. `background`: at half a core until a write needs it, and not at all where it would
   * take long; then it resolves to false. Errors: NOT_JOINED, CLOSED, STORAGE_FAILED.
   */
  admit (community: CommunityAddress, options?: AbortOptions & { background?: boolean }): Promise<boolean>
  /** `createdMs` decides the month. Errors: NOT_JOINED, BAD_ENTRY, STORAGE_FAILED. */
  post (post: { community: CommunityAddress, contentId: ContentId, length: number, title: string, createdMs: number }): Promise<ItemId>
  /** `period`, `root` and `parent` as the views give them for what is answered. */
  comment (comment: { community: CommunityAddress, period: Period, contentId: ContentId, length: number, createdMs: number, root: ItemId, parent: ItemId, mentions?: readonly AuthorId[] }): Promise<ItemId>
  /** 0 takes a vote back. `revision`: only for a vote on an edited revision. Errors: OWN_CONTENT besides the above. */
  vote (vote: { community: CommunityAddress, period: Period, item: ItemId, value: -1 | 0 | 1, revision?: ContentId }): Promise<void>
  /** A later revision of an own item; a null title keeps the listed one. Of somebody else's item it has no effect. */
  edit (edit: { community: CommunityAddress, period: Period, item: ItemId, contentId: ContentId, length: number, title: string | null, editedMs: number }): Promise<void>
  /** A final tombstone on an own item; on somebody else's it has no effect. */
  delete (deletion: { community: CommunityAddress, period: Period, item: ItemId }): Promise<void>
  /** Calls an item by a name, 'none' to take it back. What it leads to is each reader's choice (`Policy`). */
  label (label: { community: CommunityAddress, period: Period, item: ItemId, label: string, reason?: string }): Promise<void>
  /** Names a moderator, or dismisses one; only the founder's word has an effect, and only on who follows it. */
  appoint (role: { community: CommunityAddress, author: AuthorId, role: 'moderator' | 'none' }): Promise<void>
  /** The founder's words about the community; from anybody else they have no effect. */
  define (definition: { community: CommunityAddress, title?: string, about?: string }): Promise<void>
  profile (profile: { community: CommunityAddress, name?: string, about?: string }): Promise<void>
}

export interface AuthorEntry {
  readonly community: CommunityAddress
  readonly period: Period
  readonly root: RootName
  readonly key: string
  readonly value: EntryValue
}

export interface IndexEvents {
  /** An author's entries in a shard changed: stored, projected, visible in the views. `from`: null for what was written here, '' for what `ingest` brought, otherwise the peer. */
  change: { readonly community: CommunityAddress, readonly period: Period, readonly author: AuthorId, readonly changes: readonly EntryChange[], readonly from: string | null }
  /** A genesis became known, communities were joined or left, or a month is shown another way: dropped, or whole again. */
  communities: { readonly community: CommunityAddress }
  sync: { readonly community: CommunityAddress }
  /** A community outgrew its storage budget and authors are left out from now on (`partial`), or no longer. */
  storage: { readonly community: CommunityAddress } & Omit<StorageInfo, 'authors'>
  /** A local author's admission stamp is being searched: about four times a second, and when it is found. */
  stamp: { readonly community: CommunityAddress, readonly author: AuthorId, readonly found: boolean } & StampProgress
  /**
   * A stored row was no longer what was stored. Envelopes and communities are asked for again; of devices and their
   * numbers another one is begun; a checkpoint is made anew. `hash`: of an envelope, otherwise null.
   */
  damaged: { readonly what: 'envelope' | 'community' | 'device' | 'sequence' | 'rescue' | 'checkpoint', readonly community: CommunityAddress, readonly hash: EnvelopeHash | null }
  /** Two envelopes prove that an author's key signed two pasts; told once a device of a document, and on disk. */
  equivocation: Equivocation
}

export interface CrdtIndex extends Queries, AsyncDisposable {
  communities (): CommunityInfo[]
  community (address: CommunityAddress): CommunityInfo | undefined
  /** The signed genesis of a joined community, to give to `join` elsewhere; undefined while it is not known. */
  genesis (address: CommunityAddress): Uint8Array | undefined
  /**
   * Finds the founder's admission stamp, then signs and joins a new community. `difficulty`: bits of the stamp that
   * every author needs, 0 (default) to 32; it never changes. Errors: BAD_GENESIS for a slug or difficulty that is none.
   */
  create (options: { founder: Signer, slug: string, difficulty?: number, title?: string } & AbortOptions): Promise<CommunityInfo>
  /** Takes part in a community; its genesis may be given or comes from peers. Joining twice changes nothing. */
  join (address: CommunityAddress, genesis?: Uint8Array): Promise<CommunityInfo>
  /** Forgets the community and every envelope of it. */
  leave (address: CommunityAddress): Promise<void>
  /**
   * Every envelope that counts, as received, to be kept or carried elsewhere: `meta` first, then the newest month, in
   * each by author and part. Equal sets, equal sequences. What changes meanwhile may be in it or not. Errors: NOT_JOINED.
   */
  envelopes (address: CommunityAddress): AsyncIterable<Uint8Array>
  /**
   * Takes envelopes that came another way than from a peer, exactly as if from one; one verdict each, in order.
   * Errors: NOT_JOINED, STORAGE_FAILED.
   */
  ingest (address: CommunityAddress, envelopes: readonly Uint8Array[]): Promise<Verdict[]>
  /** The same signer gives the same writer. */
  writer (signer: Signer): AuthorWriter
  /** An author's entries, all parts merged. */
  entries (author: AuthorId): AsyncIterable<AuthorEntry>
  /** One entry of an author, all parts merged. */
  entry (author: AuthorId, community: CommunityAddress, period: Period, root: RootName, key: string): Promise<EntryValue | undefined>
  /**
   * Chooses which months of the community are kept, from now on and after restarts; null: as in the options. Months that no
   * longer are have been dropped when it resolves. Errors: NOT_JOINED, STORAGE_FAILED; a TypeError.
   */
  retain (address: CommunityAddress, retain: Retain | null): Promise<void>
  /**
   * Fetches a month before others, and keeps it until `release`, a restart, or 12 further ones that are wanted. Resolves once
   * a peer's digest agrees, or else with what the connected peers had. Errors: NOT_JOINED, CLOSED; a TypeError for what is no
   * month; rejects with the signal's reason, though the month stays wanted.
   */
  want (address: CommunityAddress, period: Period, options?: AbortOptions): Promise<{ readonly holding: Holding }>
  /** A month is not wanted any more: it is dropped unless it is among those that are kept. Errors: NOT_JOINED, STORAGE_FAILED. */
  release (address: CommunityAddress, period: Period): Promise<void>
  /** How much of the month is here. `absent` too where nobody has anything of it. Errors: NOT_JOINED. */
  holding (address: CommunityAddress, period: Period): Holding
  /**
   * Sets how many bytes may be kept of the community, from now on and after restarts; null: the default of the options.
   * Who no longer fits is dropped when it resolves; who fits again comes from peers. The definition, the roles and what
   * was written here stay even where they alone take more. Errors: NOT_JOINED, STORAGE_FAILED; a TypeError.
   */
  budget (address: CommunityAddress, maxBytes: number | null): Promise<void>
  /**
   * Names the authors, followed ones say, who stay when a community outgrows its budget; remembered over restarts, in place
   * of those named before. The first 10,000 count. Errors: NOT_JOINED, STORAGE_FAILED.
   */
  prefer (address: CommunityAddress, authors: readonly AuthorId[]): Promise<void>
  /** Errors: NOT_JOINED. */
  status (address: CommunityAddress): CommunityStatusInfo
  /**
   * Proofs that authors signed two pasts, of one community or all; the first seen first. At most 4 an author, kept over
   * restarts. They are no verdict: a restored backup makes one too, and what counts does not depend on them. Errors:
   * NOT_JOINED.
   */
  equivocations (address?: CommunityAddress): Promise<Equivocation[]>
  /** Reconciles with every connected peer of the community now. Errors: NOT_JOINED. */
  sync (address: CommunityAddress, options?: AbortOptions): Promise<void>
  /** Returns the function that ends the subscription. */
  on<Name extends keyof IndexEvents> (event: Name, listener: (event: IndexEvents[Name]) => void): () => void
  /** Writes the snapshots that are due, ends sync and timers; may be called twice. The database stays open. */
  close (): Promise<void>
}
