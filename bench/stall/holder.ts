// The peer that has everything; a process finds it over TCP, a page over WebSocket.
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createCrdtIndex, createLibp2pTransport, gossipsubOptions, type CommunityAddress } from '@seedbed/crdt-index'
import { createLibp2p } from 'libp2p'
import { MemoryLevel } from 'memory-level'
import { answer } from '../support/child.ts'
import { prepareSnapshots, type SnapshotPlan } from '../support/snapshots.ts'

export interface Held { readonly community: CommunityAddress, readonly digest: string, readonly tcp: string, readonly ws: string }

answer({
  async prepare (plan: SnapshotPlan): Promise<Held> {
    const db = new MemoryLevel()
    const community = await prepareSnapshots(db.sublevel('index'), plan)
    const libp2p = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'] },
      transports: [tcp(), webSockets()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: { identify: identify(), pubsub: gossipsub(gossipsubOptions()) }
    })
    const index = await createCrdtIndex({ db: db.sublevel('index'), transport: createLibp2pTransport(libp2p) })
    const addresses = libp2p.getMultiaddrs().map(String)
    const isWs = (address: string): boolean => address.includes('/ws')
    return { community, digest: index.status(community).digest, tcp: addresses.find(address => !isWs(address)) ?? '', ws: addresses.find(isWs) ?? '' }
  }
})
