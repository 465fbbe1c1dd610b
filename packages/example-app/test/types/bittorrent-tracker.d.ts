// What the tests use of bittorrent-tracker 11, which ships no types.
declare module 'bittorrent-tracker/client' {
  import type { EventEmitter } from 'node:events'

  class Client extends EventEmitter<{ update: [{ readonly complete: number, readonly incomplete: number }], error: [Error] }> {
    constructor (options: { readonly infoHash: string, readonly peerId: string, readonly port: number, readonly announce: readonly string[] })
    start (options: { readonly left: number, readonly numwant: number }): void
    update (options: { readonly left: number, readonly numwant: number }): void
    destroy (done: () => void): void
  }
  export default Client
}
