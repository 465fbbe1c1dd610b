// Garbage on every protocol that a node speaks: it goes on answering, stays equal with honest peers, and neither
// memory nor streams pile up. An unhandled rejection fails the file in the runner.
// test-timeout-ms: 600000
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { deflateRawSync } from 'node:zlib'
import type { Connection } from '@libp2p/interface'
import { createNode, type SeedbedNode } from '@seedbed/core'
import { topicOf, type CommunityAddress } from '@seedbed/crdt-index'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { extended, handshake, message, uint32 } from '../../packages/torrent-store/test/bodies.ts'
import { createRandom } from '../e2e/random.ts'
import { temporaryFolder, until } from '../e2e/temporary-folder.ts'
import { forge, FORGED_AT_MS, genuine } from './forge.ts'
import { createMallory, type Mallory } from './mallory.ts'

const test = suite('hostile/streams')
const seed = Number(process.env['SEEDBED_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const MAX_GROWTH_BYTES = 50e6
/** Gossipsub keeps messages for twelve heartbeats of a second, which come late on a busy machine. */
const GIVEN_BACK_AFTER_MS = 120_000
const STREAMS_AT_ONCE = 40
/** In one round. */
const STREAMS = 250
const clock = (): number => FORGED_AT_MS + 60_000

interface World { readonly alice: SeedbedNode, readonly bob: SeedbedNode, readonly community: CommunityAddress, readonly post: string }

async function withWorld (work: (world: World) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder('streams')
  await using alice = await createNode({ dataDir: path.join(folder.path, 'alice'), torrent: false, clock })
  await using bob = await createNode({ dataDir: path.join(folder.path, 'bob'), torrent: false, clock, network: { connect: [...(await alice.status()).addresses] } })
  const { address } = await alice.communities.create({ slug: 'target', difficulty: 0 })
  const { id } = await alice.posts.create({ community: address, title: 'Before', text: 'Before the attack.' })
  await bob.communities.join(address)
  await until('bob has the post', async () => (await bob.feed()).items.length === 1)
  await work({ alice, bob, community: address, post: id })
}

/** Honest peers still exchange posts, bodies and votes, within a time that a person would wait. */
async function goesOn ({ alice, bob, community }: World, name: string): Promise<void> {
  const { id, sha256 } = await alice.posts.create({ community, title: name, text: `Written during ${name}.` })
  await until(`${name}: bob has the new post`, async () => (await bob.feed({ limit: 1000 })).items.some(post => post.id === id))
  assert.is((await bob.votes.up(id)).sha256, sha256)
  assert.is((await bob.thread(id)).post.text, `Written during ${name}.`)
  await until(`${name}: the vote arrives and the digests are equal`, async () => {
    const digests = await Promise.all([alice, bob].map(async node => (await node.status()).communities[0]?.digest))
    return digests[0] === digests[1] && (await alice.feed({ limit: 1000 })).items.some(post => post.id === id && post.score === 1)
  })
}

function varint (value: number): Buffer {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push(value % 128 + 128)
  return Buffer.from([...bytes, value])
}
const frame = (bytes: Uint8Array): Buffer => Buffer.concat([varint(bytes.length), bytes])

/** What is written on a stream of each protocol. */
function payloads (post: string, community: CommunityAddress): Record<string, readonly Uint8Array[]> {
  const topic = Buffer.from(topicOf(community))
  const cbor = (...bytes: number[]): Buffer => frame(Buffer.from(bytes))
  const common = [
    Buffer.alloc(0), Buffer.of(0), Buffer.alloc(100), randomBytes(10), randomBytes(100_000), frame(randomBytes(1000)),
    varint(2 ** 40), Buffer.alloc(20, 255), Buffer.concat([varint(1_000_000), randomBytes(100)]), Buffer.concat([varint(20_000_000), randomBytes(1000)])
  ]
  const hello = cbor(0x84, 0, 0x58, 32, ...Buffer.from(community, 'hex'), 0xf5, 0xf6)
  return {
    '/seedbed/sync/2': [
      ...common, cbor(0x9f), cbor(0xa0), cbor(0x9b, 255, 255, 255, 255, 255, 255, 255, 255), cbor(...Buffer.alloc(5000, 0x81)), cbor(0x81, 0x18, 99), cbor(0x82, 0, 0xf6),
      hello, Buffer.concat([hello, hello]), Buffer.concat([hello, frame(randomBytes(500))]), Buffer.concat([hello, cbor(0x84, 5, 0x80, 0, 0x40)]),
      Buffer.concat([hello, cbor(0x84, 5, 0x81, 0x83, 0, 0x58, 32, ...Buffer.alloc(32), 0x1b, 0, 31, 255, 255, 255, 255, 255, 255, 0, 0x40)]),
      Buffer.concat([hello, cbor(0x84, 5, 0x80, 0, 0x40), cbor(0x84, 6, 0x1a, 0, 3, 0x17, 0x73, 0xf6, 0x58, 200, ...randomBytes(200))]),
      cbor(0x84, 13, 0x58, 32, ...Buffer.from(community, 'hex'), 0, 0x58, 32, ...randomBytes(32)),
      Buffer.concat([hello, cbor(0x84, 5, 0x80, 0, 0x40), cbor(0x83, 9, 0x58, 32, ...randomBytes(32), 0x40)]),
      Buffer.concat([hello, cbor(0x83, 14, 0x1a, 0, 15, 255, 255, 0x59, 4, 0, ...deflateRawSync(Buffer.alloc(1_000_000)).subarray(0, 1024).toJSON().data)])
    ],
    '/seedbed/have/1': [
      ...common, frame(Buffer.of(255)), frame(Buffer.concat([Buffer.of(topic.length), topic])), frame(Buffer.concat([Buffer.of(topic.length), topic, randomBytes(19)])),
      frame(Buffer.concat([Buffer.of(topic.length), topic, randomBytes(512 * 20)])), frame(Buffer.concat([Buffer.of(topic.length), topic, randomBytes(513 * 20)])), frame(Buffer.concat([Buffer.of(200), randomBytes(60)]))
    ],
    '/seedbed/bt/1': [
      ...common, handshake(post), handshake('0'.repeat(40)), Buffer.concat([handshake(post), randomBytes(5000)]), Buffer.concat([handshake(post), uint32(0xffffffff)]),
      Buffer.concat([handshake(post), message(6, uint32(0, 0, 16_384)), message(6, uint32(7, 0, 16_384)), message(6, uint32(0, 0, 0x7fffffff))]),
      Buffer.concat([handshake(post), ...Array.from({ length: 500 }, () => message(6, uint32(0, 0, 50)))]), Buffer.concat([handshake(post), extended(0, 'l'.repeat(20_000))]),
      Buffer.concat([handshake(post), extended(0, 'd1:md11:ut_metadatai1eee'), extended(1, 'd8:msg_typei0e5:piecei99e')]), Buffer.alloc(20_000, 0x13)
    ]
  }
}

async function attackStreams (mallory: Mallory, connection: Connection, protocol: string, lies: readonly Uint8Array[], random: (below: number) => number): Promise<number> {
  let opened = 0
  const attempts = Array.from({ length: STREAMS }, (_, i) => lies[i % lies.length] ?? new Uint8Array())
  const worker = async (): Promise<void> => {
    for (let lie = attempts.shift(); lie !== undefined; lie = attempts.shift()) {
      try {
        const stream = await mallory.stream(connection, protocol)
        opened++
        stream.send(lie)
        const end = random(3)
        if (end === 0) stream.abort(new Error('gone'))
        else if (end === 1) await stream.close({ signal: AbortSignal.timeout(50) })
        else await new Promise(resolve => setTimeout(resolve, random(30))) // and is left open
      } catch { /* refused, reset or too late: what the node does to liars is its own affair */ }
    }
  }
  await Promise.all(Array.from({ length: STREAMS_AT_ONCE }, worker))
  return opened
}

function memory (): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Waits until what is kept for a while is gone; what stays is a leak. */
async function givesBack (name: string, before: number): Promise<void> {
  const peak = memory() - before
  await until(`${name}: less than ${MAX_GROWTH_BYTES} bytes more than before`, () => memory() - before < MAX_GROWTH_BYTES, { limitMs: GIVEN_BACK_AFTER_MS, sees: () => memory() - before })
  console.log(`${name}: ${(peak / 1e6).toFixed(1)} MB grown, ${((memory() - before) / 1e6).toFixed(1)} MB kept`)
}

for (const protocol of ['/seedbed/sync/2', '/seedbed/have/1', '/seedbed/bt/1']) {
  test(`${protocol}: garbage, half frames and streams that are left open`, async () => {
    console.log(`seed ${seed}`)
    await withWorld(async world => {
      const { alice, community, post } = world
      const [address = ''] = (await alice.status()).addresses
      const lies = payloads(post, community)[protocol] ?? []
      const random = createRandom(seed)
      await goesOn(world, 'a quiet time')
      const before = memory()
      let opened = 0
      for (let round = 0; round < 3; round++) {
        await using mallory = await createMallory(clock)
        mallory.transport.subscribe(topicOf(community), async () => ({ verdict: 'accept' }))
        const connection = await mallory.connect(address)
        // Libp2p ends a connection on which more than ten streams arrive before it is set up on both sides.
        await until('mallory is taken for a member', () => mallory.transport.peers(topicOf(community)).length > 0)
        const attack = attackStreams(mallory, connection, protocol, lies, random)
        await goesOn(world, `attack ${round}`)
        opened += await attack
        await goesOn(world, `after attack ${round}`)
      }
      assert.ok(opened > STREAMS, `${opened} streams`)
      await givesBack(`${protocol}, ${opened} streams`, before)
    })
  })
}

test('gossip: forgeries and garbage, large and many', async () => {
  await withWorld(async world => {
    const { alice, bob, community } = world
    const [address = ''] = (await alice.status()).addresses
    await goesOn(world, 'a quiet time')
    const before = { memory: memory(), status: (await bob.status()).communities[0] }
    let sent = 0
    for (let round = 0; round < 4; round++) {
      await using mallory = await createMallory(clock)
      const victim = { ...mallory.signer, author: alice.author }
      const forged = forge(community, mallory.signer, victim, 'b'.repeat(64) as CommunityAddress)
      const messages = [...forged.flatMap(({ bytes }) => [Buffer.concat([Buffer.of(0), bytes]), Buffer.concat([Buffer.of(1), bytes])]), ...Array.from({ length: 100 }, (_, i) => randomBytes(1 + i * 997)), randomBytes(900_000)]
      const topic = topicOf(community)
      mallory.transport.subscribe(topic, async () => ({ verdict: 'accept' }))
      await mallory.connect(address)
      await until('mallory is taken for a member', () => mallory.transport.peers(topic).length > 0)
      // Another order each time: the first few rejects are all that a peer is listened to.
      for (let i = 0; i < messages.length; i++) {
        await mallory.transport.publish(topic, messages[(i + round * 37) % messages.length] ?? new Uint8Array()).then(() => { sent++ }, () => {})
      }
      await goesOn(world, `gossip ${round}`)
    }
    const after = (await bob.status()).communities[0]
    assert.equal([after?.authors, after?.posts], [before.status?.authors, (before.status?.posts ?? 0) + 4], 'only the honest posts came')
    assert.ok(sent > 200)
    // What is genuine is heard on the same way, so silence would not pass for safety.
    await using stranger = await createMallory(clock)
    const topic = topicOf(community)
    stranger.transport.subscribe(topic, async () => ({ verdict: 'accept' }))
    await stranger.connect(address)
    await until('the stranger is taken for a member', () => stranger.transport.peers(topic).length > 0)
    await stranger.transport.publish(topic, Buffer.concat([Buffer.of(0), genuine(community, stranger.signer, 1)]))
    await until('the genuine vote reaches bob', async () => (await bob.status()).communities[0]?.authors === (after?.authors ?? 0) + 1)
    await givesBack(`gossip, ${sent} messages`, before.memory)
  })
})

test.run()
