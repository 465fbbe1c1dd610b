// Where peers are that came through a front: its pipe ends on loopback, wherever they are.
import type { Connection } from '@libp2p/interface'
import type { NetworkOptions } from '../options.ts'

/** What a front pipes to. */
export const FRONT_LISTEN_ADDRESS = '/ip4/127.0.0.1/tcp/0/ws'
const FROM_FRONT = /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws(?:\/p2p\/[^/]+)?$/

/**
 * The address of a connection's other side; empty where a front that the world reaches hides it. Taken for one of this
 * machine, a stranger would be believed about addresses of this machine and its network.
 */
export function remoteAddressOf ({ direction, remoteAddr }: Pick<Connection, 'direction' | 'remoteAddr'>, { behindFront }: NetworkOptions): string {
  const address = remoteAddr.toString()
  return behindFront === 'world' && direction === 'inbound' && FROM_FRONT.test(address) ? '' : address
}
