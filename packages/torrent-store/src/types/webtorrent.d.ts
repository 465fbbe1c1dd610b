// What this package uses of webtorrent 3, which ships no types. Members with an underscore are private there;
// swarm/webtorrent.ts says why each is needed, and its tests fail when an update renames one.
declare module 'webtorrent' {
  import type { EventEmitter } from 'node:events'

  export interface Dht extends EventEmitter {
    /** Emits `peer` ({ host, port }, infoHash bytes) for each peer; returns a function that stops that. */
    lookup (infoHash: string, done: (error: Error | null) => void): () => void
    announce (infoHash: string, port: number, done: (error: Error | null) => void): void
    address (): { address: string, port: number }
  }

  export interface WebTorrentOptions {
    readonly peerId: Uint8Array
    /** What net.Server.listen takes as its first argument. */
    readonly torrentPort: number | { readonly host: string, readonly port: number }
    readonly dht: false | { readonly bootstrap?: readonly string[], readonly socket: unknown, readonly maxTables: number, readonly maxValues: number, readonly maxPeers: number }
    readonly tracker: false
    readonly lsd: false
    readonly utPex: false
    readonly natUpnp: false
    readonly natPmp: false
    readonly utp: false
    readonly webSeeds: false
  }

  class WebTorrent extends EventEmitter {
    constructor (options: WebTorrentOptions)
    readonly dht: Dht | false
    readonly destroyed: boolean
    destroy (done: () => void): void
    _connPool: { destroy (): void } | null
  }
  export default WebTorrent
}

// The same for pages and their workers, bundled by its authors, and for the torrents of either; swarm/web-client.ts and
// rtc/node.ts say why each private member is needed.
declare module 'webtorrent/dist/webtorrent.min.js' {
  import type { EventEmitter } from 'node:events'
  import type { Duplex } from 'node:stream'

  /** A WebRTC connection (simple-peer): a stream of streamx. */
  export interface WebRtcPeer extends Duplex {
    /** Peer id that the other side told the tracker, hex. */
    readonly id: string
    readonly connected: boolean
    readonly _readableState: { readonly buffered: number }
    readonly _pc: RTCPeerConnection
  }

  interface Payloads { _maxPayload: number }

  /** One torrent's talk with one WebSocket tracker. */
  export interface WebSocketTracker {
    setInterval (intervalMs?: number): void
    _onSocketData (message: Uint8Array | string): void
    _openSocket (): void
    _createPeer (options?: object): WebRtcPeer
    /** Whoever offers of ours wait for. */
    readonly peers: Readonly<Record<string, WebRtcPeer>>
    /** Shared by all torrents of that tracker; `_ws` is one of the package ws in Node. */
    readonly socket: { readonly _ws: { once? (event: 'open', listener: () => void): void, readonly _receiver?: Payloads & { readonly _extensions?: Readonly<Record<string, Payloads>> } } | null } | null
  }

  export interface TorrentOptions {
    readonly announce: readonly string[]
    getAnnounceOpts (): { readonly left: number, readonly numwant: number }
  }

  export interface Torrent extends EventEmitter {
    readonly destroyed: boolean
    readonly discovery: { readonly tracker: { readonly _trackers: readonly WebSocketTracker[], update (): void } & EventEmitter | null } | null
    /** A simple-peer, or an address. */
    addPeer (peer: object | string): boolean
    destroy (done: () => void): void
    _startDiscovery (): void
  }

  export interface Client extends EventEmitter {
    readonly destroyed: boolean
    add (infoHash: string, options: TorrentOptions): Torrent
    destroy (done: () => void): void
  }

  class WebTorrent extends EventEmitter implements Client {
    constructor (options: object)
    readonly destroyed: boolean
    add (infoHash: string, options: TorrentOptions): Torrent
    destroy (done: () => void): void
  }
  export type { WebTorrent }
  export default WebTorrent
}
