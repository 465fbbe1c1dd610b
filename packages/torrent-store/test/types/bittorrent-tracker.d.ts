// What the tests use of bittorrent-tracker 11, which ships no types.
declare module 'bittorrent-tracker/server' {
  import type { EventEmitter } from 'node:events'

  export default class Server extends EventEmitter {
    constructor (options: { http: boolean, udp: boolean, ws: boolean, stats: boolean, interval: number })
    readonly http: { address (): { port: number } }
    readonly udp: { address (): { port: number } }
    readonly udp6: { address (): { port: number } }
    listen (port: number, hostname: { http: string, udp: string, udp6: string }, onListening: () => void): void
    close (callback: () => void): void
  }
}
