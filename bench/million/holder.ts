// The peer that has everything: as an index, as a log of signed events, or as one shared Y.Doc. Each call is meant for a
// process of its own.
import { createCrdtIndex, createLibp2pTransport, type CommunityAddress } from '@seedbed/crdt-index'
import { createHash } from 'node:crypto'
import { Level } from 'level'
import { createBareLibp2p } from '../support/bare-libp2p.ts'
import { answer } from '../support/child.ts'
import { offerEvents, signEvents } from '../support/event-log.ts'
import { ballotsOf, prepareCrowd, signersOf, votesOfAuthors, type Ballot, type Crowd, type PreparedCrowd } from './crowd.ts'
import { offerDoc, sharedDoc } from './shared-doc.ts'

function openLevel (folder: string): Level<Uint8Array, Uint8Array> {
  return new Level(folder, { keyEncoding: 'view', valueEncoding: 'view' })
}

function * allBallots (crowd: Crowd): Generator<Ballot> {
  for (const [author, count] of votesOfAuthors(crowd).entries()) yield * ballotsOf(author, count, crowd)
}

/** Text as long as an id of so many bytes. */
function idOf (text: string, bytes: number): string {
  return createHash('sha256').update(text).digest().subarray(0, bytes).toString('base64url')
}

answer({
  /** Signs and stores everything. */
  async prepare ({ folder, crowd }: { folder: string, crowd: Crowd }): Promise<PreparedCrowd> {
    const db = openLevel(folder)
    const prepared = await prepareCrowd(db.sublevel('index'), crowd)
    await db.close()
    return prepared
  },
  async open ({ folder, community }: { folder: string, community: CommunityAddress }): Promise<{ peer: string, digest: string }> {
    const libp2p = await createBareLibp2p()
    const db = openLevel(folder)
    await db.open()
    const index = await createCrdtIndex({ db: db.sublevel('index'), transport: createLibp2pTransport(libp2p) })
    return { peer: String(libp2p.getMultiaddrs()[0]), digest: index.status(community).digest }
  },
  /** `votes` of the crowd's, each an event of its own. */
  async openLog ({ crowd, votes }: { crowd: Crowd, votes: number }): Promise<string> {
    const libp2p = await createBareLibp2p()
    await offerEvents(libp2p, signEvents(signersOf(crowd), allBallots(crowd), votes))
    return String(libp2p.getMultiaddrs()[0])
  },
  async openDoc (crowd: Crowd): Promise<string> {
    const libp2p = await createBareLibp2p()
    await offerDoc(libp2p, sharedDoc(crowd, post => idOf(`post ${post}`, 20), author => idOf(`author ${author}`, 32)))
    return String(libp2p.getMultiaddrs()[0])
  }
})
