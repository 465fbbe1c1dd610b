// Gossipsub opens one stream to each peer when it connects, and never again: where that failed, or the stream ended
// later (a buffer ran over, a frame was too long), the two stay connected and hear nothing of each other, one of them
// without knowing. So whoever is connected and has no stream is introduced to it anew.
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Connection, PeerId } from '@libp2p/interface'
import { GOSSIP_STREAM_CHECK_MS } from '../limits.ts'
import type { Scheduler } from './scheduler.ts'

export interface GossipStreamsOptions {
  readonly pubsub: GossipSub
  /** Peers that are connected, each once. */
  readonly connected: () => Iterable<string>
  /** The connection to use. */
  readonly connectionTo: (peer: string) => Connection | undefined
  /** Called for a peer that could not be written to for a while, and now can: it may have missed something. */
  readonly onRevived: (peer: string) => void
  readonly scheduler: Scheduler
}

/** Public fields of the class that the interface does not name, and what its registrar calls for a new connection. */
interface GossipSubParts {
  readonly peers?: ReadonlyMap<string, PeerId>
  readonly streamsOutbound?: ReadonlyMap<string, unknown>
  onPeerConnected? (peer: PeerId, connection: Connection): void
}

/** Looks every GOSSIP_STREAM_CHECK_MS; the returned function ends that. */
export function keepGossipStreams ({ pubsub, connected, connectionTo, onRevived, scheduler }: GossipStreamsOptions): () => void {
  const parts = pubsub as GossipSubParts
  /** Connected ones that speak gossipsub, and of these whoever had no stream at the last look. */
  const speakers = new Set<string>()
  const mute = new Set<string>()
  let cancel = (): void => {}

  const check = (): void => {
    cancel = scheduler.after(GOSSIP_STREAM_CHECK_MS, check)
    const here = new Set(connected())
    for (const peer of parts.peers?.keys() ?? []) speakers.add(peer)
    for (const peer of speakers) {
      if (!here.has(peer)) {
        speakers.delete(peer)
        mute.delete(peer)
      } else if (parts.streamsOutbound?.has(peer) === true) {
        if (mute.delete(peer)) onRevived(peer)
      } else {
        mute.add(peer)
        const connection = connectionTo(peer)
        if (connection !== undefined) parts.onPeerConnected?.(connection.remotePeer, connection)
      }
    }
  }
  cancel = scheduler.after(GOSSIP_STREAM_CHECK_MS, check)
  return () => { cancel() }
}
