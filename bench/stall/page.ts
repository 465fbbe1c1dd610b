// A page that has nothing, with the index on its own thread. It starts with `start`, so that `join` is what is traced.
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createCrdtIndex, createLibp2pTransport, gossipsubOptions, type CommunityAddress } from '@seedbed/crdt-index'
import { Level } from 'level'
import { createLibp2p } from 'libp2p'

export interface PageJoining { readonly name: string, readonly community: CommunityAddress, readonly peer: string, readonly digest: string, readonly threads: boolean }

export interface PagePeer {
  /** Seconds until all is here. */
  join (): Promise<number>
}

export async function start ({ name, community, peer, digest, threads }: PageJoining): Promise<PagePeer> {
  const db = new Level(name)
  await db.open()
  const libp2p = await createLibp2p({
    addresses: { listen: [] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify(), pubsub: gossipsub(gossipsubOptions()) }
  })
  const noThreads = (): never => { throw new Error('no threads') }
  const index = await createCrdtIndex({ db: db.sublevel('index'), transport: createLibp2pTransport(libp2p), ...threads ? {} : { openVerifyPool: noThreads } })
  return {
    async join () {
      const beganMs = performance.now()
      await index.join(community)
      await libp2p.dial(multiaddr(peer))
      while (index.status(community).digest !== digest) await new Promise(resolve => setTimeout(resolve, 50))
      return (performance.now() - beganMs) / 1000
    }
  }
}
