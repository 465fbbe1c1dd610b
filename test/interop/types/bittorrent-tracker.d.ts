declare module 'bittorrent-tracker' {
  import type { EventEmitter } from 'node:events'

  export class Server extends EventEmitter {
    constructor (options: { http?: boolean, udp?: boolean, ws?: boolean, stats?: boolean, interval?: number })
    readonly http: { address (): { port: number } }
    readonly udp: { address (): { port: number } }
    readonly udp6: { address (): { port: number } }
    readonly torrents: Record<string, { readonly complete: number }>
    listen (port: number, hostname: { http: string, udp: string, udp6: string }, onListening: () => void): void
    close (callback: () => void): void
  }
}
