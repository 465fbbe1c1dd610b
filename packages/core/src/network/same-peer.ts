// Several connections with one peer: what to do about those that have had their day.
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { backgroundTimer } from '../background-timer.ts'
import { MAX_CONNECTIONS_OF_PEER, RENEW_GOSSIP_LAST_MS, RENEW_GOSSIP_MS, SUPERSEDED_MS, WAKE_PING_MS } from '../limits.ts'
import type { SeedbedLibp2p } from './libp2p-settings.ts'
import { pingOver } from './ping-over.ts'

/**
 * A relayed connection is closed once there is a direct one. A peer that connects anew may have lost the connection that
 * this end still takes for open: that one is asked for a sign of life. Returns the function that ends it.
 */
export function watchSamePeer (libp2p: SeedbedLibp2p): () => void {
  const ending = new AbortController()
  const timers = new Set<NodeJS.Timeout>()
  const later = (delayMs: number, call: () => void): void => {
    if (ending.signal.aborted) return
    const timer = backgroundTimer(() => {
      timers.delete(timer)
      call()
    }, delayMs)
    timers.add(timer)
  }
  const opened = ({ detail: connection }: CustomEvent<Connection>): void => {
    const others = libp2p.getConnections(connection.remotePeer).filter(other => other !== connection)
    if (others.length === 0) return
    // Each new connection asks something of all the others: their number is bounded, the oldest make room.
    const surplus = Math.max(0, others.length + 1 - MAX_CONNECTIONS_OF_PEER)
    for (const other of others.slice(0, surplus)) other.abort(new Error('too many connections of one peer'))
    for (const other of others.slice(surplus)) if (isDirect(other)) void endIfDead(other, ending.signal)
    later(SUPERSEDED_MS, () => { closeSuperseded(libp2p, connection.remotePeer) })
  }
  const closed = ({ detail: { remotePeer } }: CustomEvent<Connection>): void => {
    const renew = (): boolean => {
      const left = libp2p.getConnections(remotePeer).find(isDirect)
      if (left !== undefined) renewGossip(libp2p, left)
      return left !== undefined
    }
    // Again a little later: the old stream may tell of its end after its connection, and opening a new one may fail.
    queueMicrotask(() => { if (renew()) for (const delayMs of [RENEW_GOSSIP_MS, RENEW_GOSSIP_LAST_MS]) later(delayMs, renew) })
  }
  outliveReplacedStreams(libp2p)
  libp2p.addEventListener('connection:open', opened)
  libp2p.addEventListener('connection:close', closed)
  return () => {
    libp2p.removeEventListener('connection:open', opened)
    libp2p.removeEventListener('connection:close', closed)
    ending.abort()
    for (const timer of timers) clearTimeout(timer)
  }
}

/** Asks for a sign of life and ends the connection when none comes. */
export async function endIfDead (connection: Connection, signal: AbortSignal): Promise<void> {
  try {
    await pingOver(connection, AbortSignal.any([signal, AbortSignal.timeout(WAKE_PING_MS)]))
  } catch (error) {
    // A program that brings its own libp2p node may not answer pings; that it says so is an answer.
    if (error instanceof Error && error.name === 'UnsupportedProtocolError') return
    if (!signal.aborted) connection.abort(error instanceof Error ? error : new Error(String(error)))
  }
}

function closeSuperseded (libp2p: Libp2p, peer: PeerId): void {
  const connections = libp2p.getConnections(peer)
  if (!connections.some(isDirect)) return
  for (const connection of connections) if (!isDirect(connection)) connection.close().catch((error: Error) => { connection.abort(error) })
}

function isDirect ({ limits }: Connection): boolean {
  return limits === undefined
}

/**
 * Gossipsub writes to a peer over one stream, and opens no other when that one's connection ended while there is a second
 * one: the peer would hear nothing more. What it does for a new peer does it, a method that its interface does not name.
 */
function renewGossip ({ services: { pubsub } }: SeedbedLibp2p, connection: Connection): void {
  const { onPeerConnected } = pubsub as { onPeerConnected?: (this: typeof pubsub, peer: PeerId, connection: Connection) => void }
  onPeerConnected?.call(pubsub, connection.remotePeer, connection)
}

/** The parts of gossipsub that its interface does not name. */
interface Streams {
  streamsInbound?: ReadonlyMap<string, { readonly source: AsyncIterable<unknown> }>
  pipePeerReadStream?: (this: unknown, peer: PeerId, source: AsyncIterable<unknown>) => Promise<void>
}

/**
 * A peer that lost its connection sends on a new stream. When the old one fails here later, gossipsub would send the
 * peer away with its new stream, which the peer goes on writing to: it would never be heard again.
 */
function outliveReplacedStreams ({ services: { pubsub } }: SeedbedLibp2p): void {
  const gossip = pubsub as Streams
  const { pipePeerReadStream } = gossip
  if (pipePeerReadStream === undefined) return
  gossip.pipePeerReadStream = async function (peer, source) {
    await pipePeerReadStream.call(this, peer, unlessReplaced(source, () => gossip.streamsInbound?.get(peer.toString())?.source !== source))
  }
}

async function * unlessReplaced (source: AsyncIterable<unknown>, isReplaced: () => boolean): AsyncGenerator<unknown, void, undefined> {
  try {
    yield * source
  } catch (error) {
    if (!isReplaced()) throw error
  }
}
