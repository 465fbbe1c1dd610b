// What a node does on its libp2p node besides the index's exchange: bodies over streams, have-queries, dialling.
import { platform } from '#platform'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import type { Connection, IdentifyResult, PeerId, Stream } from '@libp2p/interface'
import { createLibp2pTransport, type Libp2pTransport } from '@seedbed/crdt-index'
import { BT_PROTOCOL, streamToDuplex, type ByteDuplex, type FetchCandidate } from '@seedbed/torrent-store'
import { AddressScope, parsePeerAddress } from '../discovery/peer-address.ts'
import { SeedbedError } from '../errors.ts'
import { DIAL_TIMEOUT_MS, MAX_BODY_STREAMS, MAX_SAID_ADDRESSES } from '../limits.ts'
import type { PeerTransport } from '../node.ts'
import type { Logger, NetworkOptions } from '../options.ts'
import type { NetworkHome } from '../platform/platform.ts'
import { remoteAddressOf } from './behind-front.ts'
import { createNearDials } from './near-dials.ts'
import { transportOf } from './peer-transport.ts'
import { createRedial } from './redial.ts'
import { endIfDead, watchSamePeer } from './same-peer.ts'

export interface ConnectionInfo {
  readonly peerId: string
  readonly addresses: readonly string[]
  readonly direction: 'inbound' | 'outbound'
  readonly transports: readonly PeerTransport[]
}

/** What a connected peer told of itself, and how it is connected. */
export interface Identified {
  readonly peerId: string
  readonly direction: 'inbound' | 'outbound'
  /** Empty where a front hides it. */
  readonly remoteAddress: string
  /** Multiaddrs that it says it listens on; nobody checked them. */
  readonly listenAddresses: readonly string[]
}

export interface Network {
  readonly peerId: string
  readonly transport: Libp2pTransport
  /** Dialable multiaddrs ending in /p2p/<peerId>. */
  addresses (): string[]
  connections (): ConnectionInfo[]
  isConnected (peer: string): boolean
  /** Whether a connection does not run through a relay. */
  isDirect (peer: string): boolean
  /** The peer as a source of bodies, over a stream of the connection that exists. */
  candidate (peer: string): FetchCandidate
  /** Answers body streams. */
  serveBodies (serve: (duplex: ByteDuplex, peer: string) => void): Promise<void>
  /** Errors: BAD_ADDRESS, NETWORK_FAILED. */
  connect (address: string, signal?: AbortSignal): Promise<{ peerId: string }>
  /** Dials one peer at the first of its addresses that answers; each ends in /p2p/ID. */
  dialPeer (addresses: readonly string[], signal: AbortSignal): Promise<void>
  /** Dials the address again and again, with growing pauses, while nobody there is connected. Errors: BAD_ADDRESS. */
  keepDialling (address: string): void
  stopDialling (address: string): void
  /** Asks every connection for a sign of life, ends those that give none, and dials at once who was to be dialled later. */
  wake (signal: AbortSignal): Promise<void>
  /** Whether one of its listeners is on loopback: then loopback addresses of others may mean this machine. */
  listensOnLoopback (): boolean
  /** Returns the function that ends the subscription. */
  onPeer (listener: (event: { peerId: string, connected: boolean }) => void): () => void
  /** The own addresses changed. Returns the function that ends the subscription. */
  onAddresses (listener: () => void): () => void
  /** Tells of who is identified already, too. Returns the function that ends the subscription. */
  onIdentified (listener: (peer: Identified) => void): () => void
  close (): Promise<void>
}

export async function createNetwork (home: NetworkHome, options: NetworkOptions, logger: Logger): Promise<Network> {
  const kept = (options.connect ?? []).map(parseMultiaddr)
  for (const address of [...options.listen ?? [], ...options.announce ?? []]) parseMultiaddr(address)
  const nearDials = createNearDials()
  const libp2p = options.libp2p ?? await platform.startLibp2p(home, options, nearDials)
  const transport = createLibp2pTransport(libp2p)
  const redial = createRedial(libp2p, logger)
  const endWatching = options.libp2p === undefined ? watchSamePeer(libp2p) : () => {}
  // Dialling begins before everybody listens who wants to know: what the rest of the node reads first may take longer.
  const identified = new Map<string, Identified>()
  const identifiedListeners = new Set<(peer: Identified) => void>()
  const onIdentify = ({ detail: { peerId, listenAddrs, connection } }: CustomEvent<IdentifyResult>): void => {
    const peer: Identified = {
      peerId: peerId.toString(), direction: connection.direction, remoteAddress: remoteAddressOf(connection, options),
      listenAddresses: listenAddrs.slice(0, MAX_SAID_ADDRESSES).map(address => address.toString())
    }
    identified.set(peer.peerId, peer)
    for (const listener of [...identifiedListeners]) listener(peer)
  }
  const onDisconnect = ({ detail: peerId }: CustomEvent<PeerId>): void => { identified.delete(peerId.toString()) }
  libp2p.addEventListener('peer:identify', onIdentify)
  libp2p.addEventListener('peer:disconnect', onDisconnect)
  for (const address of kept) keepDialling(address)
  // libp2p only tells of whom it discovers; the peers of one local network are few enough to be dialled.
  if (options.libp2p === undefined) {
    libp2p.addEventListener('peer:discovery', ({ detail: { id } }) => {
      if (libp2p.getConnections(id).length > 0) return
      libp2p.dial(id, { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) }).catch((error: unknown) => { logger.debug(`${id.toString()} was discovered and cannot be reached`, error) })
    })
  }

  function keepDialling (address: Multiaddr): void {
    nearDials.allow(address.toString())
    redial.add(address)
  }

  return {
    peerId: libp2p.peerId.toString(),
    transport,
    addresses: () => libp2p.getMultiaddrs().map(address => address.toString()),
    connections () {
      const byPeer = new Map<string, ConnectionInfo>()
      for (const connection of libp2p.getConnections()) {
        const { remotePeer, remoteAddr, direction } = connection
        const peerId = remotePeer.toString()
        const address = remoteAddressOf(connection, options)
        const known = byPeer.get(peerId)
        byPeer.set(peerId, {
          peerId,
          addresses: [...known?.addresses ?? [], ...(address === '' ? [] : [address])],
          direction: known?.direction ?? direction,
          transports: [...new Set([...known?.transports ?? [], transportOf(remoteAddr.toString())])]
        })
      }
      return [...byPeer.values()]
    },
    isConnected: peer => libp2p.getConnections().some(({ remotePeer }) => remotePeer.toString() === peer),
    isDirect: peer => libp2p.getConnections().some(({ remotePeer, limits }) => limits === undefined && remotePeer.toString() === peer),
    candidate: peer => ({
      id: peer,
      async open ({ signal }) {
        const connection = libp2p.getConnections(peerIdFromString(peer)).find(({ status }) => status === 'open')
        if (connection === undefined) throw new SeedbedError('NETWORK_FAILED', `${peer} is not connected`)
        return streamToDuplex(await connection.newStream(BT_PROTOCOL, { signal, maxOutboundStreams: MAX_BODY_STREAMS }))
      }
    }),
    async serveBodies (serve) {
      await libp2p.handle(BT_PROTOCOL, (stream: Stream, connection: Connection) => { serve(streamToDuplex(stream), connection.remotePeer.toString()) }, {
        maxInboundStreams: MAX_BODY_STREAMS, maxOutboundStreams: MAX_BODY_STREAMS
      })
    },
    async connect (address, signal) {
      const target = parseMultiaddr(address)
      nearDials.allow(address)
      const timeout = AbortSignal.timeout(DIAL_TIMEOUT_MS)
      try {
        const connection = await libp2p.dial(target, { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) })
        return { peerId: connection.remotePeer.toString() }
      } catch (cause) {
        signal?.throwIfAborted()
        throw new SeedbedError('NETWORK_FAILED', `${address} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
      }
    },
    async dialPeer (addresses, signal) {
      addresses.forEach(nearDials.allow)
      await libp2p.dial(addresses.map(parseMultiaddr), { signal: AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]) })
    },
    keepDialling (address) { keepDialling(parseMultiaddr(address)) },
    stopDialling (address) { redial.remove(parseMultiaddr(address)) },
    async wake (signal) {
      await Promise.all(libp2p.getConnections().map(async connection => { await endIfDead(connection, signal) }))
      redial.now()
    },
    listensOnLoopback: () => platform.isOnLoopback() || libp2p.getMultiaddrs().some(address => parsePeerAddress(address.toString())?.scope === AddressScope.machine),
    onPeer (listener) {
      const connect = ({ detail }: CustomEvent<PeerId>): void => { listener({ peerId: detail.toString(), connected: true }) }
      const disconnect = ({ detail }: CustomEvent<PeerId>): void => { listener({ peerId: detail.toString(), connected: false }) }
      libp2p.addEventListener('peer:connect', connect)
      libp2p.addEventListener('peer:disconnect', disconnect)
      return () => {
        libp2p.removeEventListener('peer:connect', connect)
        libp2p.removeEventListener('peer:disconnect', disconnect)
      }
    },
    onAddresses (listener) {
      const changed = (): void => { listener() }
      libp2p.addEventListener('self:peer:update', changed)
      return () => { libp2p.removeEventListener('self:peer:update', changed) }
    },
    onIdentified (listener) {
      identifiedListeners.add(listener)
      for (const peer of identified.values()) queueMicrotask(() => { if (identifiedListeners.has(listener) && identified.get(peer.peerId) === peer) listener(peer) })
      return () => { identifiedListeners.delete(listener) }
    },
    async close () {
      libp2p.removeEventListener('peer:identify', onIdentify)
      libp2p.removeEventListener('peer:disconnect', onDisconnect)
      redial.close()
      endWatching()
      await transport.close()
      if (options.libp2p === undefined) await libp2p.stop()
      else await libp2p.unhandle(BT_PROTOCOL)
    }
  }
}

/** Errors: BAD_ADDRESS. */
export function parseMultiaddr (text: string): Multiaddr {
  try {
    return multiaddr(text)
  } catch (cause) {
    throw new SeedbedError('BAD_ADDRESS', `${JSON.stringify(text)} is not a multiaddr such as /ip4/127.0.0.1/tcp/4001`, { cause })
  }
}
