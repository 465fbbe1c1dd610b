// The peer that has everything: the index with its votes, and the same votes as a log of signed events.
import { createCrdtIndex, createLibp2pTransport } from '@seedbed/crdt-index'
import { createBareLibp2p } from '../support/bare-libp2p.ts'
import { answer } from '../support/child.ts'
import { offerEvents, signEvents } from '../support/event-log.ts'
import { AUTHORS, ballots, prepareVotes, signerOf, VOTES } from '../support/votes.ts'

const libp2p = await createBareLibp2p()

answer({
  async prepare (months: 1 | 12) {
    const { db, community, microsecondsAVote } = await prepareVotes(months)
    const index = await createCrdtIndex({ db: db.sublevel('index'), transport: createLibp2pTransport(libp2p) })
    const { digest, shards } = index.status(community)
    return { community, digest, microsecondsAVote, envelopes: shards.reduce((sum, { envelopes }) => sum + envelopes, 0), peer: libp2p.getMultiaddrs()[0]?.toString() }
  },
  /** Signs every vote as an event of its own and offers them over one stream. */
  async prepareLog (): Promise<void> {
    await offerEvents(libp2p, signEvents(Array.from({ length: AUTHORS }, (_, author) => signerOf(author)), ballots(), VOTES))
  }
})
