// The public interface of a Seedbed node. create-node.ts builds one; nothing here does work.
import type { AuthorId, CommunityAddress, ContentId, FeedSort, FeedWindow } from '@seedbed/crdt-index'
import type { LiveQuery } from './queries/live/live-query.ts'
import type { Personal, PersonalState } from './personal/personal.ts'
import type { Seedbox, Seedboxes } from './seedboxes/seedboxes.ts'

/** Every asynchronous call takes one; aborting rejects with the signal's reason and frees what the call holds. */
export interface CallOptions { readonly signal?: AbortSignal }

/** The id of a post or comment: the infohash of its first revision, 40 lowercase hex characters. */
export type PostId = ContentId

export interface Community {
  readonly address: CommunityAddress
  /** From the signed genesis; null while only the address is known and no peer that knows more was met. */
  readonly slug: string | null
  readonly title: string | null
  readonly founder: AuthorId | null
  /** Bits of the admission stamp, 0 to 32; null like `slug`. */
  readonly difficulty: number | null
  readonly joinedAtMs: number
}

export interface Published {
  readonly id: PostId
  readonly community: CommunityAddress
  readonly author: AuthorId
  /** Bytes of the body file. */
  readonly length: number
  /** sha256 of the body file, hex. */
  readonly sha256: string
  readonly createdAtMs: number
  readonly magnet: string
}

export type VoteValue = -1 | 0 | 1

/**
 * What a vote is at: `fetch` the body comes from other peers (not when it is here); `verify` it is here, and checked against
 * its signature and its entry; `seed` it is made durable and served from now on (upvotes only); `sign` the vote is signed
 * and stored. A vote taken back only has `sign`.
 */
export type VoteStage = 'fetch' | 'verify' | 'seed' | 'sign'

export interface VoteResult {
  readonly id: PostId
  readonly value: VoteValue
  readonly score: number
  /** Whether this peer now serves the body to anybody who asks. */
  readonly seeding: boolean
  /** sha256 of the body file that was verified for the vote; null for a vote taken back. */
  readonly sha256: string | null
  /** Where the body came from: a peer id, or null when it was here already. */
  readonly servedBy: string | null
}

export interface FeedQuery {
  /** Communities by address, or by slug when only one joined community has it; all joined ones when absent. */
  readonly communities?: readonly string[]
  /** Default 'top'. */
  readonly sort?: FeedSort
  /** Applies to 'top'. Default 'all'. */
  readonly window?: FeedWindow
  /** 1 to 1,000, default 50. */
  readonly limit?: number
  /** `next` of an earlier page. */
  readonly after?: string
}

export interface FeedPost {
  readonly id: PostId
  readonly title: string
  readonly author: AuthorId
  readonly community: CommunityAddress
  readonly createdAtMs: number
  readonly score: number
  readonly up: number
  readonly down: number
  /** Votes among them that were cast for another revision than the newest. */
  readonly otherRevision: number
  readonly comments: number
  /** Whether this peer serves the newest revision to anybody; never without a network or a BitTorrent listener. */
  readonly seeding: boolean
  /**
   * Peers known to have the newest revision: this one, and connected members that were asked (at most 24). 0: nobody
   * who is connected has it. Null: not known yet, or no network; it is found out meanwhile, and `seeds` tells.
   */
  readonly seeds: number | null
  /** This author's own current vote. */
  readonly vote: VoteValue
  /** When the author last edited it; null if never. */
  readonly editedAtMs: number | null
  readonly profile: Profile
}

export interface FeedPage {
  readonly items: readonly FeedPost[]
  /** Pass as `after` for the next page; null at the end. */
  readonly next: string | null
}

export interface ThreadNode {
  readonly id: PostId
  /** Id of what this answers; null for the post. */
  readonly parent: PostId | null
  /** 0 for the post, 1 for its direct answers. */
  readonly depth: number
  readonly author: AuthorId
  readonly createdAtMs: number
  readonly score: number
  readonly up: number
  readonly down: number
  /** Votes among them that were cast for another revision than the newest. */
  readonly otherRevision: number
  readonly vote: VoteValue
  readonly seeding: boolean
  readonly deleted: boolean
  /** When the author last edited it; null if never. */
  readonly editedAtMs: number | null
  /** The newest revision that could be had, which `text` is of; null when none could. */
  readonly revision: ContentId | null
  /** True when `revision` is the newest that the author published. */
  readonly newest: boolean
  readonly profile: Profile
  /** False when no connected peer could give the body in time; then text and sha256 are null. */
  readonly available: boolean
  readonly text: string | null
  readonly sha256: string | null
  /** Peer id that the body came from during this call; null when it was here already or could not be had. */
  readonly servedBy: string | null
  readonly magnet: string
}

export interface Thread {
  readonly community: CommunityAddress
  readonly title: string
  readonly post: ThreadNode
  /** Depth-first, in display order. */
  readonly comments: readonly ThreadNode[]
}

export interface ImportedBody {
  readonly infoHash: ContentId
  readonly length: number
  readonly sha256: string
  /** `host:port` of the peer that delivered it. */
  readonly from: string
  /** Whether it is a canonical body file whose signature holds; what is not is not kept. */
  readonly valid: boolean
  /** What is wrong with it; null when valid. */
  readonly fault: string | null
  readonly kind: 'post' | 'comment' | null
  readonly author: AuthorId | null
  readonly community: CommunityAddress | null
  readonly createdAtMs: number | null
  readonly title: string | null
  readonly text: string | null
  /** Whether a joined community lists it, so that it can be upvoted. */
  readonly listed: boolean
}

/** What an archive brought. */
export interface ImportedArchive {
  readonly community: Community
  /** Envelopes and bodies that were new here. */
  readonly envelopes: number
  readonly bodies: number
  /** What was left out: not valid, of another community, ahead of time, or bodies that nothing valid lists. */
  readonly refused: number
}

export interface Revised {
  readonly id: PostId
  /** Infohash of the new revision. */
  readonly revision: ContentId
  readonly magnet: string
  readonly sha256: string
  readonly editedAtMs: number
}

export interface RevisionInfo {
  readonly revision: ContentId
  /** Null: the first revision, as it was published. */
  readonly editedAtMs: number | null
  readonly length: number
  /** Of that revision; null for comments. */
  readonly title: string | null
  /** Whether its body is on this peer. */
  readonly held: boolean
  /** Whether its author deleted the content: all revisions of it are then dropped. */
  readonly deleted: boolean
}

export interface Profile {
  readonly author: AuthorId
  readonly name: string | null
  readonly about: string | null
  /** Words that tell apart authors of the same name; made from the key, so nobody can choose them cheaply. */
  readonly fingerprint: string
}

/** A community that was joined by an address or a link, and the post that the link leads to. */
export interface Joined extends Community {
  readonly post: PostId | null
}

export interface InvitationLink {
  /** `seedbed:ADDRESS?peer=MULTIADDR&post=ID` */
  readonly link: string
  readonly community: CommunityAddress
  /** Multiaddrs of this peer that the link carries; none when it runs without a network. */
  readonly peers: readonly string[]
  readonly post: PostId | null
}

export type SeedReason = 'own' | 'upvoted' | 'cached'

/** One body that this peer holds. */
export interface SeedItem {
  readonly id: PostId
  /** Its infohash: of the first revision it is the id. */
  readonly revision: ContentId
  /** Null when the stored bytes are damaged and nothing lists it. */
  readonly kind: 'post' | 'comment' | null
  /** Of posts. */
  readonly title: string | null
  readonly community: CommunityAddress | null
  /** Own and upvoted bodies are served to everybody and stay; cached ones go when the quota is full. */
  readonly why: SeedReason
  readonly bytes: number
  /** Of the body file, hex; null when the stored bytes are damaged. */
  readonly sha256: string | null
}

export type SeedTotals = Readonly<Record<SeedReason, { readonly bodies: number, readonly bytes: number }>>

export interface SeedList {
  /** Own ones first, then upvoted, then cached; in each the newest first. */
  readonly items: readonly SeedItem[]
  /** Over all bodies, whatever the limit. */
  readonly totals: SeedTotals
  /** Quota of what is cached. */
  readonly cacheBytes: number
}

export interface ShardStatus {
  /** yyyymm, or 0 for the shard `meta`. */
  readonly period: number
  readonly envelopes: number
  readonly digest: string
}

export interface CommunityStatus {
  readonly address: CommunityAddress
  readonly slug: string | null
  readonly title: string | null
  /** sha256 over the shards' digests, hex: equal on two peers that hold the same envelopes. */
  readonly digest: string
  /** Without those that their authors deleted. */
  readonly posts: number
  /** Below listed posts, without those that their authors deleted. */
  readonly comments: number
  readonly authors: number
  /** Signed changes of this device that no other peer is known to have yet: they wait for a connection. */
  readonly unsent: number
  readonly sync: {
    readonly state: 'alone' | 'behind' | 'syncing' | 'synced'
    readonly peers: number
    readonly lastSyncAtMs: number | null
  }
  readonly shards: readonly ShardStatus[]
}

export interface NodeStatus {
  readonly author: AuthorId
  /** libp2p peer id; null when the node runs without a network. */
  readonly peerId: string | null
  /** Dialable multiaddrs that end in /p2p/<peerId>. */
  readonly addresses: readonly string[]
  /** Port of the BitTorrent listener, null when there is none. */
  readonly torrentPort: number | null
  readonly torrentHost: string | null
  readonly communities: readonly CommunityStatus[]
  readonly bodies: number
  readonly bytes: number
}

/** What carries a connection: `relay` is one through somebody else, until a direct one takes its place. */
export type PeerTransport = 'tcp' | 'websocket' | 'webrtc' | 'relay' | 'other'

export interface PeerInfo {
  readonly peerId: string
  readonly addresses: readonly string[]
  readonly direction: 'inbound' | 'outbound'
  /** Of its connections, each once. */
  readonly transports: readonly PeerTransport[]
  /** Joined communities that this peer takes part in too. */
  readonly communities: readonly CommunityAddress[]
}

/** Who is connected, and which seedboxes are known. */
export interface NetworkState {
  readonly peers: readonly PeerInfo[]
  readonly seedboxes: readonly Seedbox[]
}

/** What a node tells as it happens. Delivery is in order and never stops the node: a throwing listener is logged. */
export interface NodeEvents {
  /** A post or comment became known, from here or from a peer; its body may still have to be fetched. */
  entry: { readonly kind: 'post' | 'comment', readonly id: PostId, readonly community: CommunityAddress, readonly author: AuthorId, readonly own: boolean }
  /** Votes, entries or definitions of a community changed; queries may answer otherwise now. */
  change: { readonly community: CommunityAddress }
  /** The sync status of a community changed. */
  sync: { readonly community: CommunityAddress }
  /** The number of known seeds of some post changed; feeds may answer otherwise now. */
  seeds: { readonly community: CommunityAddress }
  /**
   * The admission stamp that the first write in a community waits for is being searched beside everything else: about
   * four times a second, and when it is found. Chance decides: it may take a few times the expected hashes.
   */
  stamp: { readonly community: CommunityAddress, readonly hashes: number, readonly expectedHashes: number, readonly hashesPerSecond: number, readonly found: boolean }
  /** A vote that this node casts goes on. */
  vote: { readonly id: PostId, readonly stage: VoteStage }
  'peer:connect': { readonly peerId: string }
  'peer:disconnect': { readonly peerId: string }
}

export interface SeedbedNode extends AsyncDisposable {
  readonly author: AuthorId
  readonly communities: {
    /**
     * `difficulty`: bits of the proof of work that every author does once before the first write, 0 (none) to 32;
     * default 21, about a second of one core, and one more doubles it. The founder's is done here; it never changes.
     * Errors: BAD_SLUG, TITLE_TOO_LONG, USAGE.
     */
    create (options: { slug: string, title?: string, difficulty?: number } & CallOptions): Promise<Community>
    /**
     * By address or by invitation link, whose peers are dialled first. Waits up to `timeoutMs` (default 5,000) for a
     * connected peer that knows the genesis; joined either way. Errors: BAD_ADDRESS, BAD_LINK.
     */
    join (addressOrLink: string, options?: { timeoutMs?: number } & CallOptions): Promise<Joined>
    /** Forgets the community's index; its bodies, own ones too, stay only as cached ones. Errors: UNKNOWN_COMMUNITY. */
    leave (address: string, options?: CallOptions): Promise<void>
    list (): Community[]
    /** By address, or by slug when only one joined community has it. Errors: UNKNOWN_COMMUNITY, AMBIGUOUS_COMMUNITY. */
    resolve (addressOrSlug: string): Community
  }
  readonly invitations: {
    /** A link to a community, and to a post in it, with the addresses at which this peer can be dialled. Errors: UNKNOWN_COMMUNITY, AMBIGUOUS_COMMUNITY, BAD_ID, UNKNOWN_ID. */
    create (options: { community: string, post?: string } & CallOptions): Promise<InvitationLink>
  }
  /** What this peer holds of others' and its own, and why. */
  readonly seeds: {
    /** `limit`: items listed, 1 to 100,000, default 1,000. Errors: USAGE, STORAGE_FAILED. */
    list (options?: { limit?: number } & CallOptions): Promise<SeedList>
    /** Removes the cached revisions of a post or comment; `bodies` says how many were here. Errors: BAD_ID, PINNED, STORAGE_FAILED. */
    drop (id: string, options?: CallOptions): Promise<{ id: PostId, bodies: number }>
  }
  readonly posts: {
    /** Signs, stores durably, seeds and publishes. Errors: UNKNOWN_COMMUNITY, TITLE_*, TEXT_*, STORAGE_FAILED. */
    create (options: { community: string, title: string, text: string | Uint8Array } & CallOptions): Promise<Published>
  }
  readonly comments: {
    /**
     * `parent`: id of a post or comment. Only where several authors list it is a body needed to tell the rightful one,
     * for which `timeoutMs` (default 10,000) counts. Errors: BAD_ID, UNKNOWN_ID, DELETED, BODY_UNAVAILABLE, BODY_MISMATCH, TEXT_*, STORAGE_FAILED.
     */
    create (options: { parent: string, text: string | Uint8Array, timeoutMs?: number } & CallOptions): Promise<Published>
  }
  readonly bodies: {
    /** Local, or fetched from peers and verified. Errors: BAD_ID, UNKNOWN_ID, BODY_UNAVAILABLE, BODY_MISMATCH. */
    read (id: string, options?: { timeoutMs?: number } & CallOptions): Promise<{ text: string, bytes: Uint8Array, sha256: string, servedBy: string | null }>
    /** Names this peer as a source while it seeds the body. Errors: BAD_ID, UNKNOWN_ID, DELETED. */
    magnet (id: string, options?: CallOptions): Promise<string>
    /** The .torrent file's bytes; needs the body. Errors as `read`. */
    torrentFile (id: string, options?: { timeoutMs?: number } & CallOptions): Promise<Uint8Array>
  }
  /**
   * Fetches a body from the open swarm by magnet link, infohash or .torrent bytes, says whether an author signed it, and
   * keeps it if so: cached, until it is upvoted or the cache is full. Errors: BAD_LINK, BODY_UNAVAILABLE, NETWORK_FAILED.
   */
  import (source: string | Uint8Array, options?: { peers?: readonly string[], timeoutMs?: number } & CallOptions): Promise<ImportedBody>
  /** A community in a file, to be kept or carried by hand. */
  readonly archives: {
    /**
     * The community as this peer holds it, in chunks of about 64 KiB: its envelopes and the bodies that are here, what
     * is merely cached among them, which tells what was read. Errors: UNKNOWN_COMMUNITY, AMBIGUOUS_COMMUNITY,
     * STORAGE_FAILED, at the first chunk or later.
     */
    export (options: { community: string } & CallOptions): AsyncIterable<Uint8Array>
    /**
     * Joins the community of an archive and takes in what is valid, also without a network. Bodies are cached, or
     * pinned where they are own or upvoted. Errors: BAD_ARCHIVE for what is cut off or damaged, after what was valid
     * before that was taken in; STORAGE_FAILED.
     */
    import (source: Uint8Array | AsyncIterable<Uint8Array>, options?: CallOptions): Promise<ImportedArchive>
  }
  readonly votes: {
    /** Fetches and verifies the body, makes it durable, seeds it, then signs the vote. Errors: BAD_ID, UNKNOWN_ID, OWN_CONTENT, BODY_UNAVAILABLE, BODY_MISMATCH, STORAGE_FAILED. */
    up (id: string, options?: { timeoutMs?: number } & CallOptions): Promise<VoteResult>
    /** Needs the verified body, but pins nothing. Errors as `up`. */
    down (id: string, options?: { timeoutMs?: number } & CallOptions): Promise<VoteResult>
    /** Takes the vote back; the body is no longer pinned by it. `timeoutMs` as in `comments.create`. Errors: BAD_ID, UNKNOWN_ID, OWN_CONTENT, BODY_UNAVAILABLE, BODY_MISMATCH. */
    clear (id: string, options?: { timeoutMs?: number } & CallOptions): Promise<VoteResult>
  }
  /** Errors: UNKNOWN_COMMUNITY, USAGE (a limit out of range, a cursor that is none). */
  feed (query?: FeedQuery & CallOptions): Promise<FeedPage>
  /** The whole thread of a post, or of the post that a comment belongs to; bodies are fetched, missing ones marked. Errors: BAD_ID, UNKNOWN_ID. */
  thread (id: string, options?: { timeoutMs?: number } & CallOptions): Promise<Thread>
  /** The same answers, kept up to date. Each call makes a query of its own; it costs nothing until somebody listens. */
  readonly live: {
    feed (query?: FeedQuery): LiveQuery<FeedPage>
    /** Shown at once with the bodies that are here; missing ones are fetched, `timeoutMs` (default 10,000) a round, and asked for again while somebody listens. */
    thread (id: string, options?: { timeoutMs?: number }): LiveQuery<Thread>
    communities (): LiveQuery<readonly Community[]>
    status (): LiveQuery<NodeStatus>
    network (): LiveQuery<NetworkState>
    personal (): LiveQuery<PersonalState>
  }
  readonly revisions: {
    /**
     * Edits own content: a new torrent, the id stays. Without `title` a post keeps its title, without `text` the text of
     * the newest revision stays, whose body is needed then. Errors: BAD_ID, UNKNOWN_ID, NOT_OWN, DELETED, USAGE when it
     * changes nothing, TITLE_*, TEXT_*, BODY_UNAVAILABLE, BODY_MISMATCH, STORAGE_FAILED.
     */
    create (options: { id: string, text?: string | Uint8Array, title?: string } & CallOptions): Promise<Revised>
    /** All revisions, oldest first, as the index lists them. `timeoutMs` as in `comments.create`. Errors: BAD_ID, UNKNOWN_ID, BODY_UNAVAILABLE, BODY_MISMATCH. */
    list (id: string, options?: { timeoutMs?: number } & CallOptions): Promise<RevisionInfo[]>
    /** One revision's body. Errors: as `bodies.read`. */
    read (id: string, revision: string, options?: { timeoutMs?: number } & CallOptions): Promise<{ text: string, title: string | null, sha256: string, servedBy: string | null }>
  }
  /** Final: a signed tombstone. Honest peers drop the body and stop serving it. Errors: BAD_ID, UNKNOWN_ID, NOT_OWN, STORAGE_FAILED. */
  delete (id: string, options?: CallOptions): Promise<{ id: PostId, deleted: true }>
  readonly profiles: {
    /** Own name and about, in one community or in all joined ones and those joined later; an empty text takes it back. Errors: UNKNOWN_COMMUNITY, TITLE_*, TEXT_*, STORAGE_FAILED. */
    set (profile: { name?: string, about?: string, community?: string } & CallOptions): Promise<void>
    /** Null: not said. Errors: UNKNOWN_COMMUNITY, BAD_ID. */
    get (author: string, community: string): Profile
  }
  /** What only the author's own devices know: drafts, saved posts, who is followed or muted. */
  readonly personal: Personal
  /** Exchanges everything with the connected peers now. */
  sync (options?: CallOptions): Promise<void>
  status (): Promise<NodeStatus>
  peers (): PeerInfo[]
  /** Peers that pages can reach, and that carry their first contact. */
  readonly seedboxes: Seedboxes
  /** Dials a multiaddr. Errors: BAD_ADDRESS, NETWORK_FAILED. */
  connect (multiaddr: string, options?: CallOptions): Promise<{ peerId: string }>
  /** Returns the function that ends the subscription. */
  on<Name extends keyof NodeEvents> (event: Name, listener: (event: NodeEvents[Name]) => void): () => void
  /** Ends listeners, connections and timers, writes what is due and releases the database; may be called twice. */
  close (): Promise<void>
}
