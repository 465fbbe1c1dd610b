// Bodies between members: who is served what over libp2p, and whom to ask for what is not here.
import { topicOf, type ContentId, type CrdtIndex, type IndexEvents } from '@seedbed/crdt-index'
import type { TorrentStore } from '@seedbed/torrent-store'
import { contentIdOfKey } from '../bodies/content-key.ts'
import { infoHashOf, type BodySources } from '../bodies/library.ts'
import type { Verdicts } from '../bodies/verdicts.ts'
import { MAX_REMEMBERED_SOURCES } from '../limits.ts'
import type { Pins } from '../retention/pins.ts'
import { createHolders } from './holders.ts'
import type { Network } from './network.ts'

export interface SharedBodies {
  readonly sources: BodySources
  close (): void
}

/**
 * Serves bodies over libp2p and asks for them there. Strangers get what is pinned; members of a community get what is
 * cached of it too.
 */
export async function shareBodies ({ network, index, torrents, pins, verdicts }: { network: Network, index: CrdtIndex, torrents: TorrentStore, pins: Pins, verdicts: Verdicts }): Promise<SharedBodies> {
  const { transport } = network
  /** What its author deleted is not given to anybody, whoever else lists it. */
  const isListed = async (id: ContentId, where: (topic: string) => boolean): Promise<boolean> => (await verdicts.rightful(id)).some(({ community, deleted }) => !deleted && where(topicOf(community)))
  const holders = createHolders(transport, async (topic, id) => await torrents.has(infoHashOf(id)) && await isListed(id, each => each === topic))
  const tellers = createTellers(index)
  await network.serveBodies((duplex, peer) => {
    torrents.serve(duplex, {
      mayServe: async infoHash => {
        const id = infoHash as string as ContentId
        return await isListed(id, topic => transport.peers(topic).includes(peer)) || await pins.isPinned(id)
      }
    })
  })
  const sources: BodySources = {
    peers: topic => transport.peers(topic),
    ask: async (topic, peers, ids, signal) => await holders.ask(topic, peers, ids, signal),
    candidate: peer => network.candidate(peer),
    teller: id => {
      const peer = tellers.of(id)
      return peer !== undefined && network.isConnected(peer) ? peer : undefined
    }
  }
  return {
    sources,
    close () {
      holders.close()
      tellers.close()
    }
  }
}

interface Tellers {
  of (id: ContentId): string | undefined
  close (): void
}

/** Remembers who told of a content first: that peer most likely has it. */
function createTellers (index: CrdtIndex): Tellers {
  const tellers = new Map<ContentId, string>()
  const end = index.on('change', ({ changes, from }: IndexEvents['change']) => {
    if (from === null) return
    for (const { root, key, before, after } of changes) {
      if ((root !== 'posts' && root !== 'comments' && root !== 'edits') || before !== undefined || after === undefined) continue
      const id = contentIdOfKey(key)
      tellers.delete(id)
      tellers.set(id, from)
      const oldest = tellers.size > MAX_REMEMBERED_SOURCES ? tellers.keys().next().value : undefined
      if (oldest !== undefined) tellers.delete(oldest)
    }
  })
  return { of: id => tellers.get(id), close: end }
}
