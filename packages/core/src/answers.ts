// What a node answers, as plain data: everything here can be cloned, stored and sent. Types only.
import type { AuthoredKind, AuthoredSort, AuthorId, CommentSort, CommunityAddress, ContentId, FeedSort, FeedWindow, Holding, PeerSyncState, Retain, StorageInfo, SyncState } from '@seedbed/crdt-index'
import type { Moderated, ReadingOptions } from './moderation/moderation.ts'
import type { Seedbox } from './seedboxes/seedboxes.ts'

/** The id of a post or comment: the infohash of its first revision, 40 lowercase hex characters. */
export type PostId = ContentId

export interface Community {
  readonly address: CommunityAddress
  /** From the signed genesis; null while only the address is known and no peer that knows more was met. */
  readonly slug: string | null
  readonly title: string | null
  readonly founder: AuthorId | null
  /** Whom the founder names, sorted, at most 100. */
  readonly moderators: readonly AuthorId[]
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

export interface FeedQuery extends ReadingOptions {
  /** Communities by address, or by slug when only one joined community has it; all joined ones when absent. */
  readonly communities?: readonly string[]
  /** Default 'top'. */
  readonly sort?: FeedSort
  /** Applies to 'top' and 'controversial'. Default 'all'. */
  readonly window?: FeedWindow
  /** 1 to 1,000, default 50. */
  readonly limit?: number
  /** `next` of an earlier page. */
  readonly after?: string
}

export interface FeedPost extends Moderated {
  readonly id: PostId
  readonly title: string
  readonly author: AuthorId
  readonly community: CommunityAddress
  readonly createdAtMs: number
  readonly score: number
  readonly up: number
  readonly down: number
  /** The votes as they were weighed (`weightOf`); `up` and `down` where all keys weigh the same. */
  readonly weightedUp: number
  readonly weightedDown: number
  /** Null: the totals are of now. Otherwise the post's month is not held here, and they are those last known, at this Unix time in milliseconds. */
  readonly knownAtMs: number | null
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
  /**
   * Posts that mutes and labels leave out where this page lists: behind the page before, up to its last post or, on the last
   * page, to the end. Counting stops at 1,000: then it is so many or more. `policy: { atMost: 'fold' }` lists them.
   */
  readonly hidden: number
}

export interface NotificationsQuery extends Pick<ReadingOptions, 'policy'> {
  /** Communities by address, or by slug when only one joined community has it; all joined ones when absent. */
  readonly communities?: readonly string[]
  /** 1 to 1,000, default 50. */
  readonly limit?: number
  /** `next` of an earlier page. */
  readonly after?: string
  /** Unix milliseconds: what was written until then counts as read, beside what lies in threads read since. Default 0. */
  readonly readUntilMs?: number
}

/** What somebody wrote to this author. */
export interface Notification extends Moderated {
  /** Of the comment. */
  readonly id: PostId
  /** `reply`: it answers something of this author's; `mention`: it names this author elsewhere. */
  readonly reason: 'reply' | 'mention'
  /** Written after this author last opened the thread, on any device. */
  readonly unread: boolean
  readonly author: AuthorId
  readonly community: CommunityAddress
  /** As its author says. */
  readonly createdAtMs: number
  /** Id of the post that the thread hangs below, and its newest title. */
  readonly post: PostId
  readonly title: string
  /** Id of what it answers. */
  readonly parent: PostId
  readonly profile: Profile
}

export interface NotificationsPage {
  /** Newest first. */
  readonly items: readonly Notification[]
  /** Pass as `after` for the next page; null at the end. */
  readonly next: string | null
  /** Of all, not of this page. */
  readonly unread: number
}

export interface AuthoredQuery extends ReadingOptions {
  /** Communities by address, or by slug when only one joined community has it; all joined ones when absent. */
  readonly communities?: readonly string[]
  /** Default 'all'. */
  readonly kind?: AuthoredKind
  /** By time or by score, highest first. Default 'new'. */
  readonly sort?: AuthoredSort
  /** 1 to 1,000, default 50. */
  readonly limit?: number
  /** `next` of an earlier page. */
  readonly after?: string
}

/** A post or comment in the list of what its author wrote; `bodies.read` has its text. */
export interface AuthoredItem extends Moderated {
  readonly id: PostId
  readonly kind: 'post' | 'comment'
  readonly author: AuthorId
  readonly community: CommunityAddress
  readonly createdAtMs: number
  /** When the author last edited it; null if never. */
  readonly editedAtMs: number | null
  readonly score: number
  readonly up: number
  readonly down: number
  /** Votes among them that were cast for another revision than the newest. */
  readonly otherRevision: number
  /** As of FeedPost. */
  readonly knownAtMs: number | null
  /** Id of the post that it is or hangs below, and its newest title; the title is empty where that post is deleted or hidden. */
  readonly post: PostId
  readonly title: string
  /** Id of what a comment answers; null for a post. */
  readonly parent: PostId | null
  /** Below a post; null for a comment. */
  readonly comments: number | null
  readonly seeding: boolean
  /** This author's own current vote. */
  readonly vote: VoteValue
  readonly profile: Profile
}

export interface AuthoredPage {
  readonly items: readonly AuthoredItem[]
  /** Pass as `after` for the next page; null at the end. */
  readonly next: string | null
  /** As of FeedPage. */
  readonly hidden: number
}

export interface ThreadNode extends Moderated {
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
  /** Authors whom a comment mentions. */
  readonly mentions: readonly AuthorId[]
  /** False when no connected peer could give the body in time, or when it is hidden or deleted; then text and sha256 are null. */
  readonly available: boolean
  readonly text: string | null
  readonly sha256: string | null
  /** Peer id that the body came from during this call; null when it was here already or could not be had. */
  readonly servedBy: string | null
  readonly magnet: string
}

/** A comment on a page of a thread. What is hidden or deleted is a gap. */
export interface ThreadComment extends ThreadNode {
  /** Comments below it that are neither deleted nor hidden, on this page or not. */
  readonly below: number
  /** Pass as `after` for the answers to it that this page does not list; null when it lists them all. */
  readonly next: string | null
}

export interface Thread {
  readonly community: CommunityAddress
  /** Empty where the post is deleted or hidden. */
  readonly title: string
  readonly post: ThreadNode
  /** Those of this page: depth-first, in display order, `depth` as in the whole thread. */
  readonly comments: readonly ThreadComment[]
  /** Pass as `after` for further answers to what this page lists the answers to: to the post, without `after`. Null: there are none. */
  readonly next: string | null
  /** Comments of the whole thread that their authors did not delete. */
  readonly total: number
  /** How much of its month is held here; what is not held is no comment here, and was asked for. */
  readonly holding: Holding
  /** As of FeedPost. */
  readonly knownAtMs: number | null
}

/** How a thread is wanted. `timeoutMs`: of fetching texts, milliseconds; default 10,000. */
export interface ThreadQuery extends ReadingOptions {
  readonly timeoutMs?: number
  /** Among the answers to one text; equal ones the newest first. Default 'best': surely well liked, by the Wilson interval of its votes. */
  readonly sort?: CommentSort
  /** Comments on a page, all levels together, 1 to 10,000; default 500. */
  readonly limit?: number
  /**
   * `next` of an earlier page of this thread, in the same order, or of a comment on it: the page goes on there. Who follows
   * every `next` meets each comment once, whatever comes, moves or goes meanwhile, as far as it stays as it was.
   */
  readonly after?: string
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
  /** As far as the peers met since the start have said. */
  readonly holding: Holding
  /** Whether the month is among those that are kept (`communities.retain`); others are fetched when they are opened. */
  readonly kept: boolean
  /** What is shown of it is what was last known, at this Unix time in milliseconds; null: what is held. */
  readonly asOfMs: number | null
  /** Signed changes that a connected member says it has beyond what is kept here. */
  readonly elsewhere: number
  readonly state: SyncState
  /** Signed changes known to be missing, by what peers say of themselves; at least so many. */
  readonly missing: number
  /** Connected peers that had the same when the last exchange with them ended. */
  readonly agreeing: number
}

/** What a connected member brings, or why it brings nothing. */
export interface PeerExchange {
  readonly peerId: string
  /**
   * `waiting`: nothing was exchanged yet. `syncing`: an exchange is under way. Or how the last one ended:
   * `equal`: both have the same. `differs`: one side keeps something that the other does not take.
   * `early`: what it sent is dated later than this device's clock allows. `withholds`: it named changes that it did not
   * give. `busy`: it had no time. `unknown`: it knows nothing of the community. `silent`: it did not answer in time.
   * `fault`: it broke the protocol. `failed`: the connection, or this device's storage, failed.
   */
  readonly state: PeerSyncState
  /** Signed changes that it has by its own account and that did not come, at least. */
  readonly missing: number
  readonly lastAtMs: number | null
  /** It is left alone until then. */
  readonly againAtMs: number | null
  /** What went wrong, with `fault` and `failed`; in English. */
  readonly error: string | null
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
    readonly state: SyncState
    readonly peers: number
    readonly lastSyncAtMs: number | null
    /** Signed changes known to be missing in all shards, at least. */
    readonly missing: number
    /** Each connected member. */
    readonly exchanges: readonly PeerExchange[]
  }
  /** Which months are kept. */
  readonly retain: Retain
  /** Those that hold something, those that were dropped, and those of which a member says that it holds something. */
  readonly shards: readonly ShardStatus[]
  /** How much its signed changes take up here, and who is left out for it. */
  readonly storage: StorageInfo
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
