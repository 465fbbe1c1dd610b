// What the front uses of bittorrent-tracker 11, which ships no types.
declare module 'bittorrent-tracker/server' {
  import type { EventEmitter } from 'node:events'

  /** What the tracker does with a WebSocket; `message` brings text. */
  export interface TrackerSocket extends EventEmitter {
    send (text: string, sent: (error?: Error) => void): void
  }
  export interface Swarm { readonly complete: number, readonly incomplete: number }
  export type Found = (error: Error | null, swarm?: Swarm) => void

  class Server extends EventEmitter {
    static readonly Swarm: new (infoHash: string, server: Server) => Swarm
    constructor (options: { readonly http: false, readonly udp: false, readonly ws: false, readonly stats: false, readonly interval: number, readonly peersCacheLength: number })
    /** By infohash in hex. */
    readonly torrents: Record<string, Swarm>
    onWebSocketConnection (socket: TrackerSocket): void
    getSwarm (infoHash: string, found: Found): void
    createSwarm (infoHash: string, found: Found): void
    close (): void
  }
  export default Server
}
