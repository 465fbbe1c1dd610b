// What needs sockets: `#sockets` resolves to node.ts, or to browser.ts where a bundler takes the condition "browser".
import type { FetchCandidate } from '../hedged-fetch.ts'
import type { TorrentStoreLimits } from '../limits.ts'
import type { Swarm, SwarmOptions } from '../swarm/swarm.ts'
import type { ByteDuplex } from '../wire/byte-duplex.ts'
import type { Listener, ListenOptions } from '../wire/listener.ts'
import type { Serving } from '../wire/serve.ts'
import type { TcpCandidateOptions } from '../wire/tcp-candidate.ts'

export interface Sockets {
  /** Opens a port whose connections `serve` gets, within the caps. LISTEN_FAILED, UNSUPPORTED. */
  listenTcp (options: ListenOptions, limits: TorrentStoreLimits, serve: (socket: ByteDuplex) => Serving): Promise<Listener>
  /** A BitTorrent peer at a TCP address, as a candidate to fetch from. Throws UNSUPPORTED. */
  tcpCandidate (host: string, port: number, options?: TcpCandidateOptions): FetchCandidate
  /** Nothing is opened, loaded or sent before it is needed. Throws UNSUPPORTED. */
  createSwarm (options: SwarmOptions): Swarm
}
