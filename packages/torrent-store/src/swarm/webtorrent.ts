// WebTorrent, loaded when it is first needed: with its dependencies it is the heaviest import of this package. It is
// the node in the DHT here, and nothing else:
//   - No stranger's connection reaches its wires, which empty messages crash and long ones fill (see
//     wire/bounded-wire.ts): it would listen on all addresses, so that it is given ours and closed as soon as it has
//     it, and it never dials. Peers that it finds are dialled by our own wire, and find our own listener.
//   - No torrent is added to it, so that nothing redials for ever, writes files or announces without our leave.
//   - Its trackers are not used (swarm/tracker.ts says why); local discovery, port mapping, uTP and web seeds are off.
import type WebTorrent from 'webtorrent'
import type { Dht } from 'webtorrent'
import { deferred } from '../deferred.ts'
import { TorrentStoreError } from '../errors.ts'
import type { InfoHash } from '../torrent-ref.ts'
import { mayName } from './address-scope.ts'
import { DhtSocket } from './dht-socket.ts'
import type { PeerAddress } from './tracker-message.ts'

export interface DhtNodeOptions {
  readonly host: string
  /** UDP port; 0: any free one. */
  readonly port: number
  /** `host:port` of nodes to start from; undefined: the public ones. */
  readonly bootstrap: readonly string[] | undefined
  readonly peerId: Uint8Array
}

/** A node of the mainline DHT (BEP 5). */
export interface DhtNode {
  readonly port: number
  /** Looks for peers, without announcing anything; resolves when the search is over or aborted. */
  lookup (infoHash: InfoHash, options: { onPeer: (peer: PeerAddress) => void, signal: AbortSignal }): Promise<void>
  /** Looks for peers, then tells the nearest nodes that we are one at `port`. Rejects if no node took it. */
  announce (infoHash: InfoHash, port: number, options: { onPeer: (peer: PeerAddress) => void, signal: AbortSignal }): Promise<void>
  close (): Promise<void>
}

/** Loads WebTorrent and starts its DHT node. Throws LISTEN_FAILED. */
export async function openDhtNode (options: DhtNodeOptions): Promise<DhtNode> {
  const { host, port, bootstrap, peerId } = options
  const { default: Client } = await loadWebTorrent()
  const socket = new DhtSocket(host, port)
  const client = new Client({
    peerId,
    torrentPort: { host, port: 0 },
    // Its tables of what strangers announce and store are bounded at a tenth of the defaults: we are one node of millions.
    dht: { ...(bootstrap === undefined ? {} : { bootstrap }), socket, maxTables: 100, maxValues: 100, maxPeers: 1000 },
    tracker: false, lsd: false, utPex: false, natUpnp: false, natPmp: false, utp: false, webSeeds: false
  })
  const failed = deferred<never>()
  const fail = (cause: Error): void => { failed.reject(new TorrentStoreError('LISTEN_FAILED', `cannot open the DHT on ${host}:${port}: ${cause.message}`, { cause })) }
  client.on('error', fail)
  socket.on('error', fail) // of these the DHT reports only some
  failed.promise.catch(() => {})
  const { dht } = client
  if (dht === false) throw new TorrentStoreError('LISTEN_FAILED', 'this build of WebTorrent has no DHT')
  const listening = Promise.all([
    new Promise<void>(resolve => { dht.once('listening', resolve) }),
    new Promise<void>(resolve => {
      client.once('listening', () => {
        client._connPool?.destroy() // in the same turn: nobody can have connected
        client._connPool = null
        resolve()
      })
    })
  ])
  const destroy = async (): Promise<void> => { await new Promise<void>(resolve => { if (client.destroyed) resolve(); else client.destroy(resolve) }) }
  try {
    await Promise.race([listening, failed.promise])
  } catch (error) {
    void destroy()
    throw error
  }
  return new Node(dht, destroy)
}

/** It is an optional dependency, because npm refuses to install one of its own (see the README). */
async function loadWebTorrent (): Promise<{ readonly default: typeof WebTorrent }> {
  try {
    return await import('webtorrent')
  } catch (cause) {
    throw new TorrentStoreError('LISTEN_FAILED', 'the DHT needs the package webtorrent, which is not installed', { cause })
  }
}

class Node implements DhtNode {
  readonly port: number
  readonly #dht: Dht
  readonly #destroy: () => Promise<void>
  /** Who waits for peers of what. */
  readonly #listeners = new Map<string, Set<(peer: PeerAddress) => void>>()
  #closing: Promise<void> | null = null

  constructor (dht: Dht, destroy: () => Promise<void>) {
    this.port = dht.address().port
    this.#dht = dht
    this.#destroy = destroy
    dht.on('peer', (peer: PeerAddress, infoHash: Buffer, from: { readonly address: string } | null) => {
      if (from !== null && !mayName(from.address, peer.host)) return // null: it wrote to us itself
      for (const onPeer of this.#listeners.get(infoHash.toString('hex')) ?? []) onPeer(peer)
    })
    dht.on('warning', () => {})
  }

  async lookup (infoHash: InfoHash, options: { onPeer: (peer: PeerAddress) => void, signal: AbortSignal }): Promise<void> {
    await this.#search(infoHash, options, done => { this.#dht.lookup(infoHash, () => { done(null) }) })
  }

  async announce (infoHash: InfoHash, port: number, options: { onPeer: (peer: PeerAddress) => void, signal: AbortSignal }): Promise<void> {
    await this.#search(infoHash, options, done => { this.#dht.announce(infoHash, port, done) })
  }

  close (): Promise<void> {
    return this.#closing ??= this.#destroy()
  }

  async #search (infoHash: InfoHash, { onPeer, signal }: { onPeer: (peer: PeerAddress) => void, signal: AbortSignal }, start: (done: (error: Error | null) => void) => void): Promise<void> {
    if (this.#closing !== null || signal.aborted) return
    const over = deferred<void>()
    const onAbort = (): void => { over.resolve() }
    const listeners = this.#listeners.get(infoHash) ?? new Set()
    this.#listeners.set(infoHash, listeners.add(onPeer))
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      start(error => { if (error === null) over.resolve(); else over.reject(error) })
      await over.promise
    } finally {
      signal.removeEventListener('abort', onAbort)
      listeners.delete(onPeer)
      if (listeners.size === 0) this.#listeners.delete(infoHash)
    }
  }
}
