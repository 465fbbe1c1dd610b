// The public interface of a Seedbed node. create-node.ts builds one; nothing here does work.
import type { AuthorId, CommunityAddress, Retain } from '@seedbed/crdt-index'
import type { AuthoredPage, AuthoredQuery, Community, FeedPage, FeedQuery, ImportedArchive, ImportedBody, InvitationLink, Joined, NetworkState, NodeStatus, NotificationsPage, NotificationsQuery, PeerInfo, PostId, Profile, Published, Revised, RevisionInfo, SeedList, Thread, ThreadQuery, VoteResult, VoteStage } from './answers.ts'
import type { LiveQuery } from './queries/live/live-query.ts'
import type { AppliedLabel, EquivocationProof, Labels, Moderators } from './moderation/moderation.ts'
import type { Personal, PersonalState } from './personal/personal.ts'
import type { Seedboxes } from './seedboxes/seedboxes.ts'

export type * from './answers.ts'
export type * from './moderation/moderation.ts'

/** Every asynchronous call takes one; aborting rejects with the signal's reason and frees what the call holds. */
export interface CallOptions { readonly signal?: AbortSignal }

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
  /** Somebody labelled a post or comment that is known here, or took a label back (null); whose labels count is another question. */
  label: { readonly id: PostId, readonly community: CommunityAddress, readonly author: AuthorId, readonly label: AppliedLabel['label'] | null, readonly reason: string, readonly own: boolean }
  /** An author was found to have signed two pasts; told once a device of a document. */
  equivocation: Omit<EquivocationProof, 'envelopes'>
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
    /**
     * Chooses which months of the community are kept here, from now on and after restarts: all, or so many of the newest (1 to
     * 1,200); null: as `createNode` was told. Older ones have been dropped when it resolves, but for what was written here, and
     * come back while they are looked at. Errors: UNKNOWN_COMMUNITY, AMBIGUOUS_COMMUNITY, USAGE, STORAGE_FAILED.
     */
    retain (community: string, retain: Retain | null, options?: CallOptions): Promise<void>
    /**
     * Sets how many bytes of the community's signed changes may be kept here, from now on and after restarts; Infinity: no bound,
     * null: as `createNode` was told. Who no longer fits has been dropped when it resolves, but for what was written here; who
     * fits again comes from peers. `status` tells bytes and who is left out. Errors: as `retain`.
     */
    budget (community: string, maxBytes: number | null, options?: CallOptions): Promise<void>
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
     * for which `timeoutMs` (default 10,000) counts. `mentions`: author keys, at most 16, to whom it is told.
     * Errors: BAD_ID, UNKNOWN_ID, DELETED, USAGE, BODY_UNAVAILABLE, BODY_MISMATCH, TEXT_*, STORAGE_FAILED.
     */
    create (options: { parent: string, text: string | Uint8Array, mentions?: readonly string[], timeoutMs?: number } & CallOptions): Promise<Published>
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
  /** What posts and comments are called, by whom and why. */
  readonly labels: Labels
  readonly moderators: Moderators
  /**
   * Without what the followed moderators hide and what muted authors wrote, unless `policy` says otherwise. Errors:
   * UNKNOWN_COMMUNITY, BAD_ID (a moderator that is none), USAGE (a limit or policy out of range, a cursor that is none).
   */
  feed (query?: FeedQuery & CallOptions): Promise<FeedPage>
  /**
   * The thread of a post, or of the post that a comment belongs to, page by page; bodies are fetched, missing ones marked. What
   * is hidden is a gap while something below it is shown, and otherwise left out. Errors: BAD_ID, UNKNOWN_ID, USAGE (an order, a
   * limit or a policy out of range, a cursor that is none of this thread).
   */
  thread (id: string, options?: ThreadQuery & CallOptions): Promise<Thread>
  /**
   * What an author, named by their key, wrote in all that is held: posts, and comments in threads; without what is deleted and,
   * unless `policy` says otherwise, without what the followed moderators hide, all of a muted author. Errors: as `feed`, and
   * BAD_ID for what is no key.
   */
  authored (author: string, query?: AuthoredQuery & CallOptions): Promise<AuthoredPage>
  /**
   * Answers to what this author wrote, and mentions of this author, in all that is held; not what muted authors wrote or
   * what the moderators of a community hide, unless `policy` says otherwise. Errors: as `feed`.
   */
  notifications (query?: NotificationsQuery & CallOptions): Promise<NotificationsPage>
  /** The same answers, kept up to date. Each call makes a query of its own; it costs nothing until somebody listens. */
  readonly live: {
    feed (query?: FeedQuery): LiveQuery<FeedPage>
    /** Shown at once with the bodies that are here; missing ones are fetched, `timeoutMs` (default 10,000) a round, and asked for again while somebody listens. */
    thread (id: string, options?: ThreadQuery): LiveQuery<Thread>
    authored (author: string, query?: AuthoredQuery): LiveQuery<AuthoredPage>
    notifications (query?: NotificationsQuery): LiveQuery<NotificationsPage>
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
    /**
     * Who goes by a name, in any case, or by their key or its words, among those who wrote something in a community that is
     * held here. Names are not unique; one that reads like a key or its words finds nobody else than that key's author.
     * Errors: UNKNOWN_COMMUNITY.
     */
    find (name: string, community: string): readonly Profile[]
  }
  /** Proofs that authors signed two pasts, the first seen first; at most 4 an author, kept over restarts. They change no total. Errors: UNKNOWN_COMMUNITY, AMBIGUOUS_COMMUNITY, STORAGE_FAILED. */
  equivocations (options?: { community?: string } & CallOptions): Promise<readonly EquivocationProof[]>
  /** Says that `weightOf` answers otherwise from now on; live queries are read again. */
  reweigh (): void
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
