// The network without Seedbed: the libp2p node that references run on, with the same transports and the same gossipsub.
import { gossipsub, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { identify, type Identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { gossipsubOptions } from '@seedbed/crdt-index'
import { createLibp2p } from 'libp2p'

export type BareLibp2p = Libp2p<{ identify: Identify, pubsub: GossipSub }>

/** Listens on 127.0.0.1 and knows nobody. */
export async function createBareLibp2p (): Promise<BareLibp2p> {
  return await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub(gossipsubOptions()) }
  })
}
