// A peer behind a front: what the front pipes to, which nobody else is told of, and where those are that came through it.
import type { Connection, Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Front, NetworkOptions } from '../options.ts'

const LISTEN_ADDRESS = '/ip4/127.0.0.1/tcp/0/ws'
const ON_LOOPBACK = /^\/ip4\/127\.0\.0\.1\/tcp\/(\d+)\/ws(?:\/|$)/
const FROM_FRONT = /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws(?:\/p2p\/[^/]+)?$/

export interface FrontListener {
  /** To listen on before anything else: that is how its address is told from those of other listeners. */
  readonly listen: readonly string[]
  /** What others are told: every address of the peer but this listener's. */
  announceFilter (addresses: Multiaddr[]): Multiaddr[]
  /** Tells the front its port, once the peer listens. */
  started (libp2p: Pick<Libp2p, 'getMultiaddrs'>): void
}

export function createFrontListener (front: Front | undefined): FrontListener {
  let own: number | null = null
  return {
    listen: front === undefined ? [] : [LISTEN_ADDRESS],
    announceFilter: addresses => own === null ? addresses : addresses.filter(address => portOf(address) !== own),
    started (libp2p) {
      if (front === undefined) return
      own = libp2p.getMultiaddrs().map(portOf).find(port => port !== null) ?? null
      if (own !== null) front.listening(own)
    }
  }
}

/** Of a WebSocket listener on loopback; null for other addresses. */
function portOf (address: Multiaddr): number | null {
  const [, port] = ON_LOOPBACK.exec(address.toString()) ?? []
  return port === undefined ? null : Number(port)
}

/**
 * The address of a connection's other side; empty where a front that the world reaches hides it. Taken for one of this
 * machine, a stranger would be believed about addresses of this machine and its network.
 */
export function remoteAddressOf ({ direction, remoteAddr }: Pick<Connection, 'direction' | 'remoteAddr'>, { behindFront }: NetworkOptions): string {
  const address = remoteAddr.toString()
  return behindFront?.reachedBy === 'world' && direction === 'inbound' && FROM_FRONT.test(address) ? '' : address
}
