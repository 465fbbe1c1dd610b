// The libp2p node of a Seedbed node in Node.js: TCP and WebSocket, multicast DNS, and a relay for pages on request.
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import type { PrivateKey } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { FRONT_CONNECTIONS_PER_SECOND, MAX_RELAYED_CONNECTIONS, MAX_RELAY_CONNECTIONS, MAX_RELAY_RESERVATIONS, RELAYED_CONNECTION_BYTES, RELAYED_CONNECTION_MS } from '../limits.ts'
import type { NetworkOptions } from '../options.ts'
import { createFrontListener } from './behind-front.ts'
import { libp2pSettings, type SeedbedLibp2p } from './libp2p-settings.ts'
import { listenFailed } from './listen-failed.ts'

const DEFAULT_LISTEN: readonly string[] = ['/ip4/127.0.0.1/tcp/0']

/** Members of one household or company share an address; libp2p's default of 5 connections a second refuses them. */
const INBOUND_CONNECTIONS_PER_SECOND = 50
const PENDING_INBOUND_CONNECTIONS = 100
const MAX_CONNECTIONS = 300

/** Started when it resolves. Errors: NETWORK_FAILED when no address can be bound. */
export async function createLibp2pNode (privateKey: PrivateKey, { listen = DEFAULT_LISTEN, announce = [], behindFront, mdns: useMdns = false, relay = false }: NetworkOptions): Promise<SeedbedLibp2p> {
  const front = createFrontListener(behindFront)
  try {
    const libp2p = await createLibp2p({
      ...libp2pSettings(privateKey, relay ? { relay: relayServer() } : {}),
      addresses: { listen: [...front.listen, ...listen], appendAnnounce: [...announce], announceFilter: front.announceFilter },
      transports: [tcp(), webSockets()],
      connectionManager: {
        maxConnections: relay ? MAX_RELAY_CONNECTIONS : MAX_CONNECTIONS,
        inboundConnectionThreshold: relay || behindFront !== undefined ? FRONT_CONNECTIONS_PER_SECOND : INBOUND_CONNECTIONS_PER_SECOND,
        maxIncomingPendingConnections: PENDING_INBOUND_CONNECTIONS
      },
      ...(useMdns ? { peerDiscovery: [mdns()] } : {})
    })
    front.started(libp2p)
    return libp2p
  } catch (cause) {
    throw listenFailed(listen.join(', '), cause)
  }
}

function relayServer (): ReturnType<typeof circuitRelayServer> {
  return circuitRelayServer({
    maxInboundHopStreams: MAX_RELAYED_CONNECTIONS,
    reservations: { maxReservations: MAX_RELAY_RESERVATIONS, defaultDurationLimit: RELAYED_CONNECTION_MS, defaultDataLimit: BigInt(RELAYED_CONNECTION_BYTES) }
  })
}
