// What needs sockets: `#sockets` resolves to node.ts, or to browser.ts where a bundler takes the condition "browser".
import type { FetchCandidate } from '../hedged-fetch.ts'
import type { TorrentStoreLimits } from '../limits.ts'
import type { Swarm, SwarmOptions } from '../swarm/swarm.ts'
import type { Listener, ListenOptions, ServeConnection } from '../wire/listener.ts'
import type { TcpCandidateOptions } from '../wire/tcp-candidate.ts'

export interface Sockets {
  /** Opens ports whose connections `serve` gets, within the caps. LISTEN_FAILED, UNSUPPORTED. */
  listen (options: ListenOptions, limits: TorrentStoreLimits, serve: ServeConnection): Promise<Listener>
  /** A BitTorrent peer at a TCP address, as a candidate to fetch from. Throws UNSUPPORTED. */
  tcpCandidate (host: string, port: number, options?: TcpCandidateOptions): FetchCandidate
  /** A BitTorrent peer that is dialled over uTP. Throws UNSUPPORTED. */
  utpCandidate (host: string, port: number, options?: TcpCandidateOptions): FetchCandidate
  /** Nothing is opened, loaded or sent before it is needed. Throws UNSUPPORTED. */
  createSwarm (options: SwarmOptions): Swarm
}
