import type { Stream } from '@libp2p/interface'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { GOSSIP_INLINE_BYTES } from '../../src/limits.ts'
import type { Scheduler } from '../../src/sync/scheduler.ts'
import { createLibp2pTransport, type Libp2pTransport } from '../../src/sync/libp2p-transport.ts'
import { createSynchroniser, type Synchroniser } from '../../src/sync/synchroniser.ts'
import { createTestNode, type TestNode } from './libp2p-node.ts'
import { communityOf, createMemoryReplica, envelopeOf, format, genesisOf, topicOf, until, type MemoryReplica } from './memory-replica.ts'

const test = suite('synchroniser over libp2p')
const community = communityOf('c')

interface Peer { readonly node: TestNode, readonly transport: Libp2pTransport, readonly replica: MemoryReplica, readonly sync: Synchroniser }
const open: Peer[] = []
test.after.each(async () => {
  await Promise.all(open.splice(0).map(async ({ node, transport, sync }) => {
    await sync.close()
    await transport.close()
    await node.stop()
  }))
})

async function peerWith (genesis: boolean, scheduler?: Scheduler): Promise<Peer> {
  const node = await createTestNode()
  const transport = createLibp2pTransport(node, scheduler === undefined ? {} : { scheduler })
  const replica = createMemoryReplica()
  const sync = createSynchroniser({ transport, replica, clock: Date.now, topicOf, format, intervalMs: 3_600_000 })
  replica.join(community, genesis ? genesisOf('c') : undefined)
  sync.join(community)
  const peer = { node, transport, replica, sync }
  open.push(peer)
  return peer
}
async function connect (a: Peer, b: Peer): Promise<void> {
  await a.node.dial(b.node.getMultiaddrs())
  const met = ({ sync }: Peer): boolean => sync.status(community).state === 'synced'
  await until(() => met(a) && met(b), 'the two met')
}

test('a newcomer gets genesis and envelopes of up to the largest size, both ways', async () => {
  const [a, b] = [await peerWith(true), await peerWith(false)]
  a.replica.add(community, ...Array.from({ length: 300 }, (_, n) => envelopeOf({ author: n % 9, period: [0, 202512, 202601][n % 3] ?? 0, length: 5000 })))
  a.replica.add(community, ...Array.from({ length: 10 }, () => envelopeOf({ length: 262_144 })))
  b.replica.add(community, envelopeOf({ period: 202511 }))
  await connect(a, b)
  assert.is(b.replica.count(community), 311)
  assert.equal(a.replica.digests(community), b.replica.digests(community))
  assert.equal(b.replica.genesis(community), genesisOf('c'))
})

test('a burst of envelopes crosses a line by gossip, a large one by announcement', async () => {
  const [a, b, c] = [await peerWith(true), await peerWith(true), await peerWith(true)]
  await connect(a, b)
  await connect(b, c)
  const timeMs = Date.now()
  const envelopes = [...Array.from({ length: 400 }, () => envelopeOf({ timeMs, length: 1500 })), envelopeOf({ timeMs, length: GOSSIP_INLINE_BYTES + 10_000 })]
  a.replica.add(community, ...envelopes)
  for (const envelope of envelopes) a.sync.publish(community, envelope)
  await until(() => c.replica.count(community) === 401 && b.replica.count(community) === 401, 'both have all')
  assert.ok(c.replica.batches.every(({ from }) => from === b.transport.self))
})

test('invalid messages lower the score of who passed them on, until it is heard no more', async () => {
  const [a, b] = [await peerWith(true), await peerWith(true)]
  await connect(a, b)
  const score = (): number => (b.node.services.pubsub as unknown as { score: { score (peer: string): number } }).score.score(a.transport.self)
  assert.ok(score() >= 0)
  for (let n = 0; n < 6; n++) a.sync.publish(community, envelopeOf({ invalid: true }))
  await until(() => score() < -400, 'the score fell below the graylist threshold')
  assert.is(b.replica.count(community), 0)
})

test('a gossip stream that ended while the two are connected is opened again, and what was missed is brought', async () => {
  const looks = new Set<() => void>()
  const byHand: Scheduler = {
    after (_delayMs, call) {
      looks.add(call)
      return () => { looks.delete(call) }
    }
  }
  const look = (): void => {
    for (const call of [...looks]) {
      looks.delete(call)
      call()
    }
  }
  const [a, b] = [await peerWith(true, byHand), await peerWith(true, byHand)]
  await connect(a, b)
  const { streamsOutbound } = a.node.services.pubsub as unknown as { streamsOutbound: Map<string, { rawStream: Stream }> }
  for (const { rawStream } of streamsOutbound.values()) rawStream.abort(new Error('the buffer ran over'))
  await until(() => streamsOutbound.size === 0 && b.transport.peers(topicOf(community)).length === 0, 'a cannot speak, and b has forgotten it')
  a.replica.add(community, envelopeOf()) // comes while nobody can tell of it
  await until(() => { look(); return b.replica.count(community) === 1 }, 'b has it')
  await until(() => streamsOutbound.size === 1 && b.transport.peers(topicOf(community)).length === 1, 'the two meet again')
  const envelope = envelopeOf({ timeMs: Date.now() })
  a.replica.add(community, envelope)
  let sent = 0
  a.sync.publish(community, envelope, () => { sent++ })
  await until(() => sent === 1 && b.replica.count(community) === 2, 'gossip works again')
  assert.is(a.node.getConnections().length, 1, 'over one and the same connection')
})

test('a peer that goes is told, and one that comes back is brought up to date', async () => {
  const [a, b] = [await peerWith(true), await peerWith(true)]
  await connect(a, b)
  await a.node.hangUp(b.node.peerId)
  await until(() => a.sync.status(community).state === 'alone' && b.sync.status(community).state === 'alone', 'both alone')
  a.replica.add(community, envelopeOf(), envelopeOf())
  await connect(b, a)
  assert.is(b.replica.count(community), 2)
})

test.run()
