// What createNode takes. Every default is safe on a shared machine: loopback only.
import type { Retain, WeightOf } from '@seedbed/crdt-index'
import type { SeedbedLibp2p } from './network/libp2p-settings.ts'

export interface Logger {
  debug (message: string, details?: unknown): void
  info (message: string, details?: unknown): void
  warn (message: string, details?: unknown): void
}

/** The shape of WebRTC's RTCIceServer. */
export interface IceServer {
  readonly urls: string | readonly string[]
  readonly username?: string
  readonly credential?: string
}

/** An HTTP server of the caller's that lets browsers in to the peer; where others find it is said in `announce`. */
export interface Front {
  /** Whether only this machine can reach it, or others as well. */
  readonly reachedBy: 'machine' | 'world'
  /** Called once the peer listens for it, with the port on 127.0.0.1 to pipe to; nobody else is told of that one. */
  listening (port: number): void
}

export interface NetworkOptions {
  /**
   * A started libp2p node of the caller's, with `identify` and with gossipsub made from `gossipsubOptions()` of
   * @seedbed/crdt-index as its service `pubsub`. The node uses its connections and leaves it running; `listen` and
   * `mdns` are then the caller's affair. Without it the node makes one.
   */
  readonly libp2p?: SeedbedLibp2p
  /**
   * Multiaddrs to listen on, TCP or WebSocket (`/ip4/127.0.0.1/tcp/0/ws`). Default 127.0.0.1 over TCP, at the port of the
   * last start or, where that is taken, a free one. Node only: a page cannot listen, it is reached through relays.
   */
  readonly listen?: readonly string[]
  /** Multiaddrs that others reach this peer at beside those it listens on: behind a front, a proxy or a router. */
  readonly announce?: readonly string[]
  /** Listens for WebSocket on loopback too, at a free port, for an HTTP front that pipes to it. Node only. Default: no front. */
  readonly behindFront?: Front
  /** Relays the first contact between peers that nobody can dial, such as pages. Node only. Default false. */
  readonly relay?: boolean
  /** What a seedbox offers at its announced WebSocket address, as paths such as `/tracker`; it tells who asks. Node only. */
  readonly seedbox?: { readonly tracker?: string, readonly signalling?: string }
  /** STUN and TURN servers for WebRTC. Default none: peers of one network and those with public addresses meet without. */
  readonly iceServers?: readonly IceServer[]
  /** Multiaddrs to dial at the start, and again with growing pauses while they are not connected. */
  readonly connect?: readonly string[]
  /** Find peers on the local network by multicast DNS. Node only. Default false. */
  readonly mdns?: boolean
}

export interface TorrentOptions {
  /** Address the BitTorrent listener binds. Node only. Default 127.0.0.1. */
  readonly host?: string
  /** TCP port of the BitTorrent listener; 0 picks a free one. Node only. Default: that of the last start or, where that is taken, a free one. */
  readonly port?: number
  /** Tracker URLs (http, https, udp, and ws, wss for peers in browsers; a page has the latter alone, beside those of its seedboxes) that seeds are announced to, and that are asked for bodies nobody else has. Default none. */
  readonly trackers?: readonly string[]
  /** Takes part in the mainline BitTorrent DHT, from the public nodes or from given `host:port`s. Node only. Default false. */
  readonly dht?: boolean | { readonly bootstrap: readonly string[] }
}

/** What a node asks of a database that is brought along: the shape of an abstract-level database. */
export interface NodeDatabase {
  readonly status: string
  open (): Promise<void>
  get (key: string): Promise<unknown>
  put (key: string, value: string): Promise<void>
  sublevel (name: string): object
}

/** Where a node lives: a data folder of its own, or a database and an identity that the embedding program looks after. */
export type NodeHome =
  | {
    /** Folder of the key file and the database, in a page the name of its IndexedDB databases; made when it is missing. One node at a time: a second one fails with LOCKED. */
    readonly dataDir: string
    /** Recovery phrase of the identity to use when the folder has none yet; without it a new one is made. Errors: BAD_PHRASE, IDENTITY_EXISTS. */
    readonly phrase?: string
    readonly db?: never
  }
  | {
    /**
     * A database of the caller's: Level, MemoryLevel or another abstract-level database with string keys. The node opens
     * it if need be, keeps to sublevels of its own and leaves it open. One node at a time: a second one in this process
     * fails with LOCKED. It brings its own protection against a full disk: LevelDB, once a write failed for lack of
     * space, may lose later ones that it acknowledged. `openDatabase` opens one that does not.
     */
    readonly db: NodeDatabase
    /** Recovery phrase of the identity. Errors: BAD_PHRASE. */
    readonly phrase: string
    readonly dataDir?: never
  }

export type NodeOptions = NodeHome & CommonNodeOptions

export interface CommonNodeOptions {
  /** false: no sockets; what is written is published by a later start. */
  readonly network?: NetworkOptions | false
  /** false: no BitTorrent listener. */
  readonly torrent?: TorrentOptions | false
  /** Bytes of bodies that are kept though they are neither own nor upvoted; the least recently used go first. Default 256 MiB. */
  readonly cacheBytes?: number
  /**
   * How many bytes may be kept of each community's signed changes; default 256 MiB, in a page 64 MiB. Beyond that, what was
   * written here stays, then whom the author follows, the founder and the moderators, and the best admission stamps;
   * `communities.budget` says otherwise for one, and `status` tells who is left out.
   */
  readonly storage?: { readonly maxBytesPerCommunity?: number }
  /**
   * Which months of each community are kept, where `communities.retain` does not say otherwise: 'all' (default), or so many of
   * the newest. Older ones are dropped, but for what was written here, and fetched when they are opened.
   */
  readonly retain?: Retain
  /** What an author's votes weigh in orders, 0 to 1,000, where a query does not say otherwise. Default: all alike. */
  readonly weightOf?: WeightOf
  /** Unix time in milliseconds. Default Date.now. */
  readonly clock?: () => number
  /** Default: silent. */
  readonly logger?: Logger
}
