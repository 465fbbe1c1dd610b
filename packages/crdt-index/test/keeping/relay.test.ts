// Over libp2p: who has no room for an author passes on what the author writes all the same, and is thought no worse of.
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex } from '../../src/crdt-index.ts'
import { createSigner } from '../../src/identity/keys.ts'
import type { ContentId } from '../../src/model.ts'
import { createLibp2pTransport, type Libp2pTransport } from '../../src/sync/libp2p-transport.ts'
import { createTestNode, type TestNode } from '../sync/libp2p-node.ts'
import { until } from '../sync/memory-replica.ts'

const test = suite('a relay without room')
const [founder, ada] = [1, 2].map(fill => createSigner(new Uint8Array(32).fill(fill))) as [ReturnType<typeof createSigner>, ReturnType<typeof createSigner>]
const HOUR = 3_600_000
const POSTS = 30

interface Peer { readonly node: TestNode, readonly transport: Libp2pTransport, readonly index: CrdtIndex }

const score = ({ node }: Peer, { transport }: Peer): number =>
  (node.services.pubsub as unknown as { score: { score (peer: string): number } }).score.score(transport.self)

test('passes on what it does not keep, and is not graylisted', async () => {
  await using owned = new AsyncDisposableStack()
  const peer = async (maxBytesPerCommunity: number): Promise<Peer> => {
    const node = await createTestNode()
    const transport = createLibp2pTransport(node)
    const index = await createCrdtIndex({ db: new MemoryLevel(), transport, syncIntervalMs: HOUR, storage: { maxBytesPerCommunity } })
    owned.defer(async () => {
      await index.close()
      await transport.close()
      await node.stop()
    })
    return { node, transport, index }
  }
  const [author, relay, reader] = [await peer(Infinity), await peer(0), await peer(Infinity)] as [Peer, Peer, Peer]
  const { address } = await author.index.create({ founder, slug: 'relayed', title: 'Relayed' })
  for (const { index } of [relay, reader]) await index.join(address, author.index.genesis(address))
  await author.node.dial(relay.node.getMultiaddrs())
  await reader.node.dial(relay.node.getMultiaddrs())
  await until(() => [relay, reader].every(({ index }) => index.community(address)?.title === 'Relayed'), 'the definition is everywhere')

  const scores: number[] = []
  for (let n = 1; n <= POSTS; n++) {
    await author.index.writer(ada).post({ community: address, contentId: n.toString(16).padStart(40, '0') as ContentId, length: 100, title: 'a post', createdMs: Date.now() })
    scores.push(score(author, relay), score(reader, relay), score(relay, author))
  }
  await until(() => reader.index.status(address).posts === POSTS, 'what the relay has no room for')
  assert.not.ok(author.node.getPeers().some(other => other.equals(reader.node.peerId)), 'there is no other way')
  const { posts, storage } = relay.index.status(address)
  assert.is(posts, 0)
  assert.ok(storage.partial && storage.authorsLeftOut === 1)
  scores.push(score(author, relay), score(reader, relay), score(relay, author))
  assert.ok(scores.every(each => each >= 0), `the lowest is ${Math.min(...scores)}`)
  const again = await Array.fromAsync(author.index.envelopes(address))
  assert.ok((await relay.index.ingest(address, again)).every(({ verdict }) => verdict !== 'reject'))
})

test.run()
