// The vocabulary that the rooms of this package share: ids, envelopes, entries, and the ports between rooms.

import type { Keeping } from './keeping/keeping.ts'
import type { ItemSet } from './sync/item-set.ts'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** ed25519 public key of an author, 64 lowercase hex characters. */
export type AuthorId = Branded<'AuthorId'>
/** sha256 of a community's signed genesis, 64 lowercase hex characters. */
export type CommunityAddress = Branded<'CommunityAddress'>
/** What an entry refers to: 20 bytes (an infohash, for Seedbed), 40 lowercase hex characters. */
export type ContentId = Branded<'ContentId'>
/** sha256(author key || content id) cut to 20 bytes, base64url (27 characters): what votes, parents and edits name. */
export type ItemId = Branded<'ItemId'>
/** sha256(signature || header) of an envelope, 64 lowercase hex characters. */
export type EnvelopeHash = Branded<'EnvelopeHash'>

/** Calendar month (UTC) as yyyymm, or 0 for the shard `meta`. */
export type Period = number
export const META_PERIOD: Period = 0

/** Unix time in milliseconds. Injected, so that nothing below reads a hidden clock. */
export type Clock = () => number

export const EnvelopeKind = { delta: 0, snapshot: 1 } as const
export type EnvelopeKind = typeof EnvelopeKind[keyof typeof EnvelopeKind]

/** Names one Yjs document: it is written only by `author`'s devices. */
export interface DocumentId {
  readonly community: CommunityAddress
  readonly period: Period
  readonly author: AuthorId
  /** 0, 1, 2 …: an author opens the next part when one is full. */
  readonly part: number
}

/** The signed part of an envelope. */
export interface EnvelopeHeader extends DocumentId {
  /** The device's Yjs clientID in this shard, uint32, not 0. */
  readonly device: number
  /** 1, 2, 3 … per (document, device), deltas and snapshots alike. */
  readonly seq: number
  readonly timeMs: number
  readonly kind: EnvelopeKind
  /** Snapshots: device -> highest seq that the snapshot includes, the own one with it. Deltas: empty. */
  readonly seen: ReadonlyMap<number, number>
  /** Admission stamp: nonce bytes, empty where the community's difficulty is 0. */
  readonly stamp: Uint8Array
  readonly updateLength: number
  /** sha256 of the update. */
  readonly updateHash: Uint8Array
}

/** An envelope whose bytes were decoded and bounded, whose signature nobody has checked yet. */
export interface UnverifiedEnvelope {
  readonly state: 'unverified'
  readonly header: EnvelopeHeader
  readonly hash: EnvelopeHash
  /** signature || header || update, as received; never encoded again. */
  readonly bytes: Uint8Array
  readonly update: Uint8Array
}

/** A private member makes the type nominal: neither a literal nor a spread copy is assignable to it. */
declare class Verified { private readonly verified: true }

/** Only envelope/verify.ts makes one: the signature holds, the update has the signed hash, and the guard let it pass. */
export interface VerifiedEnvelope extends Omit<UnverifiedEnvelope, 'state'>, Verified {
  readonly state: 'verified'
  readonly inspected: InspectedUpdate
}

/** One Yjs struct of an update. */
export interface UpdateStruct {
  readonly client: number
  readonly clock: number
  /** Clocks that it covers: 1 for a value, any for a run of deleted ones. */
  readonly length: number
  /** The item that it overwrites; null for the first of a key. */
  readonly origin: { readonly client: number, readonly clock: number } | null
  /** Null where the origins lead outside the update. */
  readonly root: RootName | null
  readonly key: string | null
  /** Null for deleted ones. */
  readonly value: EntryValue | null
}

/** What the guard learned about an update without a Y.Doc. */
export interface InspectedUpdate {
  /** Yjs client -> clock range [from, to) of the structs in the update. */
  readonly ranges: ReadonlyMap<number, { readonly from: number, readonly to: number }>
  /** Yjs client -> its structs, by clock. */
  readonly structs: ReadonlyMap<number, readonly UpdateStruct[]>
  /** No two of the structs start one key, or overwrite one item. */
  readonly linear: boolean
  /** Yjs client -> clock that a document must have reached before this update may be applied (origins, deletions, own start). */
  readonly needs: ReadonlyMap<number, number>
  /** Self-contained update with linear origin chains: its live entries. Otherwise null: a Y.Doc has to say. */
  readonly entries: DocumentEntries | null
  readonly structCount: number
  /** Structs and deletion ranges. */
  readonly weight: number
}

/** Root map names of a document in a month's shard, and in `meta`. */
export const MONTH_ROOTS = ['posts', 'comments', 'votes', 'edits', 'deletions', 'labels'] as const
export const META_ROOTS = ['profile', 'community', 'roles'] as const
export type RootName = typeof MONTH_ROOTS[number] | typeof META_ROOTS[number]

/** A plain value as Yjs stores it: an array of scalars and bytes whose shape documents/schema.ts checks. */
export type EntryValue = ReadonlyArray<string | number | Uint8Array | readonly Uint8Array[] | null>

/** Live entries of one document: root map -> key -> value. */
export type DocumentEntries = ReadonlyMap<RootName, ReadonlyMap<string, EntryValue>>

/** One key of one author's state in a shard (all parts together) that changed. */
export interface EntryChange {
  readonly root: RootName
  readonly key: string
  readonly before: EntryValue | undefined
  readonly after: EntryValue | undefined
}

/** What to do with something a peer sent. `reject` only for what is invalid by itself, whatever this peer holds. */
export type Verdict =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'ignore', readonly reason: string }
  | { readonly verdict: 'reject', readonly reason: string }

/** Reason of the verdict on what is dated later than this device's clock allows. */
export const AHEAD_OF_TIME = 'ahead of time'

/** Cancels what it is passed to; the promise rejects with the signal's reason. */
export interface AbortOptions { readonly signal?: AbortSignal }

// ---- Port between sync and the network: libp2p in production, memory in tests. ----

/** One bidirectional stream of length-prefixed frames. */
export interface Channel {
  /** The next frame, or null after the remote's orderly end. Fails on a frame over `maxBytes`. */
  read (options: AbortOptions & { maxBytes: number }): Promise<Uint8Array | null>
  write (frame: Uint8Array, options?: AbortOptions): Promise<void>
  /** Orderly end of both directions; may be called twice. */
  close (): Promise<void>
  abort (reason: Error): void
}

export interface Transport {
  /** This peer's own name on the transport. */
  readonly self: string
  /** Joins a topic. `onMessage` decides what happens to a message: accept forwards it. */
  subscribe (topic: string, onMessage: (data: Uint8Array, from: string) => Promise<Verdict>): void
  unsubscribe (topic: string): void
  /** Resolves with the number of peers that it was handed to. */
  publish (topic: string, data: Uint8Array): Promise<number>
  /** Connected peers that are subscribed to the topic. */
  peers (topic: string): string[]
  /** Called when a connected peer joins or leaves a topic; returns the function that ends it. */
  onPeer (listener: (event: { topic: string, peer: string, joined: boolean }) => void): () => void
  /** Answers a protocol; the handler owns the channel. Returns the function that ends it. */
  handle (protocol: string, handler: (channel: Channel, from: string) => Promise<void>): () => void
  open (peer: string, protocol: string, options?: AbortOptions): Promise<Channel>
}

// ---- Port between sync and what this peer holds. ----

export interface ShardSummary {
  readonly period: Period
  /** sha256 over the sorted hashes of the reduced envelopes, 32 bytes. */
  readonly digest: Uint8Array
  readonly count: number
}

/** What a snapshot has seen, of the peer that holds it. */
export interface SnapshotCover {
  /** The first 7 bytes of the author key. */
  readonly author: Uint8Array
  readonly part: number
  /** device -> highest seq; its sum is the snapshot's rank. */
  readonly seen: ReadonlyMap<number, number>
}

/** Answer of a peer that holds an envelope which the asker's snapshots cover; and reason of the verdict on one that does not count beside what is here. */
export const COVERED = 'covered'

export interface Replica {
  /** Communities this peer takes part in. */
  communities (): CommunityAddress[]
  /** The signed genesis bytes, undefined while only the address is known. */
  genesis (community: CommunityAddress): Uint8Array | undefined
  /** Stores a genesis that hashes to the address; rejects what does not. */
  acceptGenesis (community: CommunityAddress, bytes: Uint8Array): Promise<Verdict>
  /** Non-empty shards, newest period first, `meta` before all. */
  shards (community: CommunityAddress): ShardSummary[]
  /** Reconciliation items of a shard as it is now: sync/item.ts has their layout. */
  items (community: CommunityAddress, period: Period): ItemSet
  /** The highest snapshot of each document of these authors, who are named by the first 7 bytes of their keys. */
  covers (community: CommunityAddress, period: Period, authors: readonly Uint8Array[]): SnapshotCover[]
  /** Envelope bytes of the hashes that are held, in the order asked; COVERED for those that one of `covers` covers; undefined for the others. */
  read (community: CommunityAddress, period: Period, hashes: readonly Uint8Array[], covers?: readonly SnapshotCover[]): Promise<Array<Uint8Array | typeof COVERED | undefined>>
  /** What of it all is kept here; absent: everything. */
  readonly keeping?: Keeping
  /** Verifies, guards, stores and projects; one verdict an envelope. Never throws for a peer's fault. */
  ingest (community: CommunityAddress, envelopes: readonly Uint8Array[], from: string): Promise<Verdict[]>
}
