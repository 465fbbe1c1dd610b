// A peer that passes on what others write is judged for what it passed on, so nothing may count against it that the
// receivers do not take for reasons of their own, nor what a hostile neighbour of it sends.
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex } from '../../src/crdt-index.ts'
import { signedEnvelopes } from '../../src/sync/envelope-format.ts'
import { topicOf } from '../../src/identity/ids.ts'
import { createSigner } from '../../src/identity/keys.ts'
import type { Clock, ContentId } from '../../src/model.ts'
import { createLibp2pTransport, type Libp2pTransport } from '../../src/sync/libp2p-transport.ts'
import { createTestNode, type TestNode } from './libp2p-node.ts'
import { until } from './memory-replica.ts'

const test = suite('an honest relay')
const ada = createSigner(new Uint8Array(32).fill(1))
const mallory = createSigner(new Uint8Array(32).fill(2))
const HOUR = 3_600_000
const GRAYLISTED = -400

interface Peer { readonly node: TestNode, readonly transport: Libp2pTransport, readonly index: CrdtIndex, readonly db: MemoryLevel }

/** What `of` thinks of `peer`. */
const score = ({ node }: Pick<Peer, 'node'>, { transport }: Pick<Peer, 'transport'>): number =>
  (node.services.pubsub as unknown as { score: { score (peer: string): number } }).score.score(transport.self)

test('is never graylisted for what receivers keep out, nor for what a hostile neighbour sends', async () => {
  await using owned = new AsyncDisposableStack()
  const bare = async (): Promise<Pick<Peer, 'node' | 'transport'>> => {
    const node = await createTestNode()
    const transport = createLibp2pTransport(node)
    owned.defer(async () => {
      await transport.close()
      await node.stop()
    })
    return { node, transport }
  }
  const peer = async (clock: Clock = Date.now): Promise<Peer> => {
    const { node, transport } = await bare()
    const db = new MemoryLevel()
    const index = await createCrdtIndex({ db, transport, clock, syncIntervalMs: HOUR })
    owned.defer(async () => { await index.close() })
    return { node, transport, index, db }
  }
  const author = await peer()
  const relay = await peer()
  const slow = await peer(() => Date.now() - HOUR)
  const full = await peer()
  const sound = await peer()
  const { address } = await author.index.create({ founder: ada, slug: 'c', title: 'C' })
  const genesis = author.index.genesis(address)
  for (const { index } of [relay, slow, full, sound]) await index.join(address, genesis)
  for (const other of [author, slow, full, sound]) await other.node.dial(relay.node.getMultiaddrs())
  await until(() => [relay, sound, full].every(({ index }) => index.status(address).sync.state === 'synced'), 'met')
  await until(() => slow.index.status(address).sync.exchanges[0]?.state === 'early', 'the slow clock is told of')

  const hostile = await bare()
  hostile.transport.subscribe(topicOf(address), async () => ({ verdict: 'ignore', reason: 'mine' }))
  await hostile.node.dial(relay.node.getMultiaddrs())
  await until(() => relay.transport.peers(topicOf(address)).includes(hostile.transport.self), 'the hostile one is there')
  full.db.batch = (async () => { throw new Error('no space left') }) as never

  const scores: number[] = []
  const watch = (): void => { scores.push(...[slow, full, sound].map(receiver => score(receiver, relay)), score(author, relay)) }
  const write = async (n: number): Promise<void> => {
    await author.index.writer(ada).post({ community: address, contentId: n.toString(16).padStart(40, '0') as ContentId, length: 100, title: 'a post', createdMs: Date.now() })
    watch()
  }
  for (let n = 1; n <= 20; n++) await write(n)
  await until(() => sound.index.status(address).posts === 20, 'what is genuine passes')

  // Genuine envelopes as bytes, to be garbled, and one that nobody else has.
  const genuine = await Array.fromAsync(author.index.envelopes(address))
  const alone = await createCrdtIndex({ db: new MemoryLevel() })
  owned.defer(async () => { await alone.close() })
  await alone.join(address, genesis)
  await alone.writer(mallory).post({ community: address, contentId: 'f'.repeat(40) as ContentId, length: 100, title: 'never given', createdMs: Date.now() })
  const withheld = await Array.fromAsync(alone.envelopes(address))
  const send = async (type: number, body: Uint8Array): Promise<void> => { await hostile.transport.publish(topicOf(address), Buffer.concat([Uint8Array.of(type), body])) }
  for (const envelope of withheld) await send(1, signedEnvelopes.announce(envelope))
  for (const envelope of genuine) {
    await send(1, signedEnvelopes.announce(envelope))
    await send(0, envelope)
  }
  for (const [n, envelope] of genuine.entries()) {
    const garbled = envelope.slice()
    garbled[n % garbled.length] = (garbled[n % garbled.length] ?? 0) ^ 1
    await send(0, garbled)
  }
  for (let n = 0; n < 10; n++) await send(n % 4, new Uint8Array(100 + n).fill(n))
  await until(() => score(relay, hostile) < GRAYLISTED, 'the relay hears the hostile one no more')

  for (let n = 21; n <= 40; n++) await write(n)
  await until(() => sound.index.status(address).posts === 40, 'what is genuine still passes')
  watch()
  assert.ok(scores.every(score => score >= 0), `the lowest is ${Math.min(...scores)}`)
  assert.is(slow.index.status(address).posts, 0)
  assert.is(full.index.status(address).posts, 0)
})

test.run()
