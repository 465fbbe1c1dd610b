// WebTorrent as a reference: as its documentation uses it, and as fast and small as its options make it.
//
// Neither leaves this machine: no trackers, no local discovery, no port mapping, and a DHT that knows nobody.
import type { EventEmitter } from 'node:events'

export type Way = 'documented' | 'tuned'

export interface BenchTorrent extends EventEmitter {
  readonly infoHash: string
  destroy (): void
}

export interface BenchClient extends EventEmitter {
  readonly torrentPort: number
  add (source: string | Uint8Array, options: object): BenchTorrent
  seed (body: Uint8Array, options: object, onSeed: (torrent: BenchTorrent) => void): BenchTorrent
  destroy (done: () => void): void
}

const OFFLINE = { tracker: false, lsd: false, natUpnp: false, natPmp: false } as const

/** Encryption and uTP as they come, or none of either, no DHT and no exchange of peers. */
export async function createBenchClient (way: Way): Promise<BenchClient> {
  const { default: WebTorrent } = await import('webtorrent') as unknown as { default: new (options: object) => BenchClient }
  const client = new WebTorrent(way === 'documented' ? { ...OFFLINE, dht: { bootstrap: [] } } : { ...OFFLINE, dht: false, utp: false, utPex: false, webSeeds: false, secure: 0 })
  client.on('error', error => { throw error })
  if (client.torrentPort === 0) await new Promise<void>(resolve => { client.once('listening', resolve) })
  return client
}

/** `path` for the documented way, which writes files; one Map for all torrents for the tuned one. */
export function torrentOptions (way: Way, folder: string): object {
  return way === 'documented' ? { path: folder } : { store: SharedStore, storeCacheSlots: 0, skipVerify: true, addUID: false, alwaysChokeSeeders: false }
}

const pieces = new Map<string, Uint8Array>()

/** A chunk store (abstract-chunk-store) whose torrents share one Map; each has one piece. */
class SharedStore {
  readonly chunkLength: number
  readonly #key: string

  constructor (chunkLength: number, options: { readonly torrent: { readonly infoHash: string } }) {
    this.chunkLength = chunkLength
    this.#key = options.torrent.infoHash
  }

  put (_index: number, bytes: Uint8Array, done: (error: Error | null) => void = () => {}): void {
    pieces.set(this.#key, Uint8Array.from(bytes))
    queueMicrotask(() => { done(null) })
  }

  get (_index: number, options: { offset?: number, length?: number } | null, done: (error: Error | null, bytes?: Uint8Array) => void = () => {}): void {
    const bytes = pieces.get(this.#key)
    const { offset = 0, length = (bytes?.length ?? 0) - offset } = options ?? {}
    queueMicrotask(() => {
      if (bytes === undefined) done(new Error('not stored'))
      else done(null, bytes.subarray(offset, offset + length))
    })
  }

  close (done: (error: Error | null) => void = () => {}): void { queueMicrotask(() => { done(null) }) }
  destroy (done: (error: Error | null) => void = () => {}): void {
    pieces.delete(this.#key)
    this.close(done)
  }
}

