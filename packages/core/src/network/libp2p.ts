// The libp2p node a Seedbed node runs on. Limits that libp2p sets silently are raised on purpose, and named here.
import { gossipsub, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { gossipsubOptions } from '@seedbed/crdt-index'
import { createLibp2p } from 'libp2p'
import type { NetworkOptions } from '../options.ts'
import { listenFailed } from './listen-failed.ts'

export type SeedbedLibp2p = Libp2p<{ pubsub: GossipSub }>

export const DEFAULT_LISTEN: readonly string[] = ['/ip4/127.0.0.1/tcp/0']

/** Members of one household or company share an address; libp2p's default of 5 connections a second refuses them. */
const INBOUND_CONNECTIONS_PER_SECOND = 50
const PENDING_INBOUND_CONNECTIONS = 100
const MAX_CONNECTIONS = 300

/** Started when it resolves. Errors: NETWORK_FAILED when no address can be bound. */
export async function createLibp2pNode (privateKey: PrivateKey, { listen = DEFAULT_LISTEN, mdns: useMdns = false }: NetworkOptions): Promise<SeedbedLibp2p> {
  try {
    return await createLibp2p({
      privateKey,
      addresses: { listen: [...listen] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: {
        maxConnections: MAX_CONNECTIONS,
        inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND,
        maxIncomingPendingConnections: PENDING_INBOUND_CONNECTIONS
      },
      ...(useMdns ? { peerDiscovery: [mdns()] } : {}),
      services: { identify: identify(), ping: ping(), pubsub: gossipsub(gossipsubOptions()) }
    })
  } catch (cause) {
    throw listenFailed(listen.join(', '), cause)
  }
}
