// What a node asks of the machine it runs on. `#platform` resolves to node.ts or browser.ts; nothing else may know which.
import type { PrivateKey } from '@libp2p/interface'
import type { Level } from 'level'
import type { InfoHash, TorrentStore } from '@seedbed/torrent-store'
import type { Identity } from '../identity/identity-document.ts'
import type { KeptPort } from '../network/kept-port.ts'
import type { NearDials } from '../network/near-dials.ts'
import type { SeedbedLibp2p } from '../network/libp2p-settings.ts'
import type { IceServer, Logger, NetworkOptions, NodeDatabase, TorrentOptions } from '../options.ts'
import type { SeedboxRegistry } from '../seedboxes/create-seedboxes.ts'
import type { LoadWebRtc } from '../personal/devices/web-rtc.ts'
import type { OpenTorrents } from '../swarm/open-torrents.ts'

export type ClosableDatabase = NodeDatabase & { close (): Promise<void> }

/** What of a node's own a network needs where it makes its libp2p node. */
export interface NetworkHome {
  privateKey (): Promise<PrivateKey>
  readonly port: KeptPort
}

export interface TorrentsHome {
  readonly store: TorrentStore
  readonly port: KeptPort
  readonly iceServers: readonly IceServer[]
  readonly logger: Logger
  /** Strangers are served what this allows. */
  mayServe (infoHash: InfoHash): Promise<boolean>
  /** Trackers of the seedboxes. */
  readonly rendezvous: Pick<SeedboxRegistry, 'trackers' | 'onChange'>
}

export interface Platform {
  /** The folder's (Node) or the IndexedDB name's (browser) identity; null when it has none. Errors: KEY_FILE_CORRUPT, STORAGE_FAILED. */
  readIdentity (dataDir: string): Promise<Identity | null>
  /** Made from `phrase`, or new, when there is none; durable before it returns. Errors: BAD_PHRASE, IDENTITY_EXISTS, KEY_FILE_CORRUPT, STORAGE_FAILED. */
  createIdentity (dataDir: string, options?: { readonly phrase?: string }): Promise<Identity>
  /** Locked for this process (Node) or this page (browser) until it is closed. Errors: LOCKED, STORAGE_FAILED. */
  openDatabase (location: string): Promise<ClosableDatabase>
  /** Identity and database of a data folder, which is made if need be. Errors: as `createIdentity` and `openDatabase`. */
  openHome (dataDir: string, phrase: string | undefined): Promise<{ readonly identity: Identity, readonly db: Level }>
  /** A started libp2p node with this platform's transports. Errors: NETWORK_FAILED, USAGE (an option that this platform has no use for). */
  startLibp2p (home: NetworkHome, options: NetworkOptions, nearDials: Pick<NearDials, 'mayDial'>): Promise<SeedbedLibp2p>
  /** The listener for BitTorrent and the open swarm, as far as there are any here. Errors: NETWORK_FAILED, USAGE. */
  openTorrents (home: TorrentsHome, options: TorrentOptions): Promise<OpenTorrents>
  /** Whether this platform has a transport for a multiaddr. */
  canDial (address: string): boolean
  sha256 (bytes: Uint8Array): Uint8Array
  /** Signed changes kept of each community, in bytes, where the options do not say. */
  readonly communityBytes: number
  /** Connected peers of its communities that a node here wants. */
  readonly enoughPeers: number
  /** Whether a node here asks others for peers: it cannot be found by anybody who does not hear of it. */
  readonly asksForPeers: boolean
  /** Whether loopback addresses of others mean this machine, whatever this peer listens on. */
  isOnLoopback (): boolean
  /** Calls when the network came back or this peer slept. Returns the function that ends it. */
  onWake (listener: () => void): () => void
  /** WebRTC for the author's own devices, loaded when it is asked for; null where there is none. */
  readonly loadWebRtc: LoadWebRtc
}
