import { gossipsub, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { identify, type Identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { gossipsubOptions } from '../../src/sync/gossipsub-options.ts'

export type TestNode = Libp2p<{ identify: Identify, pubsub: GossipSub }>

/** A node on 127.0.0.1 that knows nobody. */
export async function createTestNode (): Promise<TestNode> {
  return await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { maxIncomingPendingConnections: 100, inboundConnectionThreshold: 1000, reconnectRetries: 0 },
    services: { identify: identify(), pubsub: gossipsub(gossipsubOptions()) }
  })
}
