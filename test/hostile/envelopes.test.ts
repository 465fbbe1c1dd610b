// Forged envelopes, by gossip and by reconciliation: none is stored, passed on or seen in a view, and the peers that
// were lied to stay equal and go on.
// test-timeout-ms: 600000
import { createHash, randomBytes } from 'node:crypto'
import { createCrdtIndex, createMemoryNetwork, createSigner, decodeEnvelope, EnvelopeKind, hexToBytes, topicOf, type CommunityAddress, type ContentId, type CrdtIndex, type MemoryTransport, type Signer } from '@seedbed/crdt-index'
import { createItemSet } from '../../packages/crdt-index/src/sync/item-set.ts'
import { createSynchroniser } from '../../packages/crdt-index/src/sync/synchroniser.ts'
import type { Replica } from '../../packages/crdt-index/src/model.ts'
import { PERIOD } from '../../packages/crdt-index/test/documents/updates.ts'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../e2e/temporary-folder.ts'
import { forge, FORGED_AT_MS, genuine } from './forge.ts'

const test = suite('hostile/envelopes')
const clock = (): number => FORGED_AT_MS + 60_000
const signer = (): Signer => createSigner(randomBytes(32))

interface World {
  readonly alice: CrdtIndex
  readonly bob: CrdtIndex
  readonly author: Signer
  readonly community: CommunityAddress
  readonly post: ContentId
  readonly mallory: MemoryTransport
  /** A neighbour of Alice's that reads along. */
  readonly witness: MemoryTransport
  readonly connect: (peer: MemoryTransport) => void
}

/** Mallory knows Alice, Alice knows Bob. */
async function withWorld (work: (world: World) => Promise<void>): Promise<void> {
  const network = createMemoryNetwork()
  const [aliceTransport, bobTransport, mallory, witness] = [network.peer('alice'), network.peer('bob'), network.peer('mallory'), network.peer('witness')]
  aliceTransport.connect('bob')
  await using alice = await createCrdtIndex({ db: new MemoryLevel(), transport: aliceTransport, clock, syncIntervalMs: 500 })
  await using bob = await createCrdtIndex({ db: new MemoryLevel(), transport: bobTransport, clock, syncIntervalMs: 500 })
  const author = signer()
  const { address: community } = await alice.create({ founder: author, slug: 'target' })
  const post = randomBytes(20).toString('hex') as ContentId
  await alice.writer(author).post({ community, contentId: post, length: 100, title: 'Honest', createdMs: clock() - 1000 })
  await bob.join(community)
  await until('bob has the post', () => bob.find(post).length === 1)
  await work({ alice, bob, author, community, post, mallory, witness, connect: peer => { aliceTransport.connect(peer.self) } })
}

const stateOf = (index: CrdtIndex, community: CommunityAddress): unknown => {
  const { digest, posts, comments, authors, shards } = index.status(community)
  return { digest, posts, comments, authors, shards, feed: index.feed({ sort: 'top', window: 'all', limit: 100 }).items }
}

function prefixed (kind: number, bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + bytes.length)
  message[0] = kind
  message.set(bytes, 1)
  return message
}

async function settle (): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setTimeout(resolve, 10))
}

test('by gossip: nothing forged is stored or passed on; what is genuine still is', async () => {
  await withWorld(async ({ alice, bob, author, community, mallory, witness, connect }) => {
    const before = [stateOf(alice, community), stateOf(bob, community)]
    const forged = forge(community, signer(), author, createHash('sha256').update('elsewhere').digest('hex') as CommunityAddress)
    const topic = topicOf(community)
    const passedOn: Uint8Array[] = []
    witness.subscribe(topic, async data => {
      passedOn.push(data)
      return { verdict: 'ignore', reason: 'a witness' }
    })
    connect(witness)
    mallory.subscribe(topic, async () => ({ verdict: 'accept' }))
    connect(mallory)
    for (const { bytes } of forged) {
      await mallory.publish(topic, prefixed(0, bytes))
      await mallory.publish(topic, prefixed(1, bytes)) // as an announcement
      await mallory.publish(topic, bytes) // without a kind
    }
    for (const kind of [2, 3, 255]) await mallory.publish(topic, prefixed(kind, genuine(community, signer(), 1)))
    await settle()
    assert.equal([stateOf(alice, community), stateOf(bob, community)], before)
    assert.is(passedOn.length, 0)
    assert.is(forged.length > 30, true)

    const witnessed = signer()
    await mallory.publish(topic, prefixed(0, genuine(community, witnessed, 2)))
    await until('the genuine one reaches bob over alice', () => bob.status(community).authors === 2)
    assert.is(alice.status(community).digest, bob.status(community).digest)
    assert.equal(passedOn, [prefixed(0, genuine(community, witnessed, 2))])
  })
})

test('each forgery by itself is kept out, whatever came before it', async () => {
  await withWorld(async ({ alice, bob, author, community, mallory, connect }) => {
    const topic = topicOf(community)
    mallory.subscribe(topic, async () => ({ verdict: 'accept' }))
    connect(mallory)
    for (const { name, bytes } of forge(community, signer(), author, 'f'.repeat(64) as CommunityAddress)) {
      const before = alice.status(community).digest
      await mallory.publish(topic, prefixed(0, bytes))
      await new Promise(resolve => setTimeout(resolve, 2))
      assert.is(alice.status(community).digest, before, name)
    }
    await settle()
    assert.is(bob.status(community).authors, 1)
    assert.is(bob.status(community).digest, alice.status(community).digest)
  })
})

function placeOf (bytes: Uint8Array): { author: Uint8Array, kind: EnvelopeKind, hash: Uint8Array } {
  try {
    const { header, hash } = decodeEnvelope(bytes)
    return { author: hexToBytes(header.author), kind: header.kind, hash: hexToBytes(hash) }
  } catch {
    const hash = new Uint8Array(createHash('sha256').update(bytes).digest())
    return { author: hash, kind: EnvelopeKind.delta, hash }
  }
}

// Apart, because the first fault ends the session, and snapshots are asked for first.
for (const [name, kind] of Object.entries({ snapshots: EnvelopeKind.snapshot, deltas: EnvelopeKind.delta })) {
  test(`by reconciliation: a peer that holds forged ${name} only`, async () => {
    await withWorld(async ({ alice, bob, author, community, post, mallory, connect }) => {
      const before = [stateOf(alice, community), stateOf(bob, community)]
      const forged = forge(community, signer(), author, 'e'.repeat(64) as CommunityAddress).filter(({ bytes }) => bytes.length > 0 && placeOf(bytes).kind === kind)
      assert.ok(forged.length > 1)
      const asked = new Set<string>()
      const places = forged.map(({ bytes }) => placeOf(bytes)) // named as they would be if they were right, so that they are ingested
      const hashes = places.map(({ hash }) => hash)
      const byHash = new Map(forged.map(({ bytes }, i) => [Buffer.from(hashes[i] ?? []).toString('hex'), bytes]))
      const replica: Replica = {
        communities: () => [community],
        genesis: () => undefined,
        acceptGenesis: async () => ({ verdict: 'ignore', reason: 'not asked for' }),
        shards: () => [{ period: PERIOD, digest: new Uint8Array(32).fill(7), count: hashes.length }],
        items: () => createItemSet(places.map(({ author, kind, hash }) => Uint8Array.of(...author.subarray(0, 7), kind === EnvelopeKind.snapshot ? 0 : 1, ...hash))),
        covers: () => [],
        read: async (_community, _period, wanted) => wanted.map(hash => {
          const name = Buffer.from(hash).toString('hex')
          asked.add(name)
          return byHash.get(name)
        }),
        ingest: async (_community, envelopes) => envelopes.map(() => ({ verdict: 'ignore', reason: 'no interest' }))
      }
      await using evil = { ...createSynchroniser({ transport: mallory, replica, clock, topicOf, intervalMs: 200 }), async [Symbol.asyncDispose] () { await this.close() } }
      evil.join(community)
      connect(mallory)
      await until('alice asked for the forgeries', () => asked.size > forged.length / 2)
      await alice.sync(community)
      await settle()
      assert.equal([stateOf(alice, community), stateOf(bob, community)], before)
      await bob.writer(signer()).vote({ community, period: PERIOD, item: bob.find(post)[0]?.item ?? assert.unreachable() as never, value: 1 })
      await until('honest votes still arrive', () => alice.find(post)[0]?.score === 1)
      assert.is(alice.status(community).digest, bob.status(community).digest)
    })
  })
}

test('a wrong genesis is not taken for the community\'s', async () => {
  const network = createMemoryNetwork()
  const [aliceTransport, mallory] = [network.peer('alice'), network.peer('mallory')]
  await using alice = await createCrdtIndex({ db: new MemoryLevel(), transport: aliceTransport, clock, syncIntervalMs: 200 })
  await using elsewhere = await createCrdtIndex({ db: new MemoryLevel(), clock })
  const { address: other } = await elsewhere.create({ founder: signer(), slug: 'another' })
  const wanted = 'd'.repeat(64) as CommunityAddress
  let given = 0
  const genuineGenesis = Uint8Array.of(0, ...Buffer.from(other, 'hex'))
  const replica: Replica = {
    communities: () => [wanted],
    genesis: () => { given++; return genuineGenesis },
    acceptGenesis: async () => ({ verdict: 'ignore', reason: 'not asked for' }),
    shards: () => [],
    items: () => createItemSet([]),
    covers: () => [],
    read: async (_community, _period, hashes) => hashes.map(() => undefined),
    ingest: async (_community, envelopes) => envelopes.map(() => ({ verdict: 'ignore', reason: 'no interest' }))
  }
  await using evil = { ...createSynchroniser({ transport: mallory, replica, clock, topicOf, intervalMs: 200 }), async [Symbol.asyncDispose] () { await this.close() } }
  evil.join(wanted)
  await alice.join(wanted)
  aliceTransport.connect('mallory')
  await until('mallory gave a genesis', () => given > 0)
  await settle()
  assert.is(alice.community(wanted)?.slug, null)
})

test.run()
