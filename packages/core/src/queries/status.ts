import type { CrdtIndex, Transport } from '@seedbed/crdt-index'
import { topicOf } from '@seedbed/crdt-index'
import type { NodeStatus, PeerInfo } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import type { Network } from '../network/network.ts'

export function statusOf ({ index, torrents, signer }: NodeParts, network: Network | null, listener: { host: string, port: number } | null): NodeStatus {
  const { bodies, bytes } = torrents.stat()
  return {
    author: signer.author,
    peerId: network?.peerId ?? null,
    addresses: network?.addresses() ?? [],
    torrentPort: listener?.port ?? null,
    torrentHost: listener?.host ?? null,
    communities: index.communities().map(({ address, slug, title }) => {
      const { digest, posts, comments, authors, unsent, shards, sync, storage, retain } = index.status(address)
      const { state, peers, lastSyncMs, missing } = sync
      const exchanges = sync.exchanges.map(({ peer, lastMs, againMs, ...exchange }) => ({ peerId: peer, ...exchange, lastAtMs: lastMs, againAtMs: againMs }))
      return { address, slug, title, digest, posts, comments, authors, unsent, retain, shards, storage, sync: { state, peers, lastSyncAtMs: lastSyncMs, missing, exchanges } }
    }),
    bodies,
    bytes
  }
}

export function peersOf (index: CrdtIndex, network: Network, transport: Transport): PeerInfo[] {
  const topics = index.communities().map(({ address }) => ({ address, members: new Set(transport.peers(topicOf(address))) }))
  return network.connections().map(connection => ({
    ...connection,
    communities: topics.filter(({ members }) => members.has(connection.peerId)).map(({ address }) => address)
  }))
}
