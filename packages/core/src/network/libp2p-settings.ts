// What every libp2p node of ours has, on whatever platform. Limits that libp2p sets silently are raised on purpose.
import { gossipsub, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { gossipsubOptions } from '@seedbed/crdt-index'
import type { Libp2pOptions } from 'libp2p'
import { IDENTIFY_PUSH_DELAY_MS } from '../limits.ts'

export type SeedbedLibp2p = Libp2p<{ pubsub: GossipSub }>
type Settings = Libp2pOptions<{ pubsub: GossipSub }>

/** `more`: services of one platform or role, such as a relay. */
export function libp2pSettings (privateKey: PrivateKey, more: Settings['services'] | object = {}): Settings {
  return {
    privateKey,
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      ...more,
      identify: identify(),
      // A page gets its address from a relay after it connected; until it says so, nobody can dial it.
      identifyPush: identifyPush({ debounce: IDENTIFY_PUSH_DELAY_MS }),
      ping: ping(),
      pubsub: gossipsub(gossipsubOptions())
    } as NonNullable<Settings['services']> // the type names the one service that we call ourselves
  }
}
