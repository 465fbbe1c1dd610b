// Stamps where they are needed: writes that wait for one, and envelopes without a good one.
import { randomBytes } from 'node:crypto'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as Y from 'yjs'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex, IndexEvents } from '../../src/crdt-index.ts'
import { encodePost } from '../../src/documents/schema.ts'
import { encodeEnvelope } from '../../src/envelope/envelope.ts'
import type { StampFinder } from '../../src/envelope/stamp-finder.ts'
import { findStamp, stampBits } from '../../src/envelope/stamp.ts'
import { topicOf } from '../../src/identity/ids.ts'
import { createSigner, type Signer } from '../../src/identity/keys.ts'
import { periodOf } from '../../src/identity/period.ts'
import { EnvelopeKind, type AuthorId, type CommunityAddress, type ContentId, type Transport, type Verdict } from '../../src/model.ts'
import { createMemoryNetwork, type MemoryTransport } from '../../src/sync/memory-transport.ts'

const test = suite('admission')
const DIFFICULTY = 6
const signer = (): Signer => createSigner(randomBytes(32))
const contentId = (): ContentId => randomBytes(20).toString('hex') as ContentId
const post = async (index: CrdtIndex, by: Signer, community: CommunityAddress): Promise<unknown> =>
  await index.writer(by).post({ community, contentId: contentId(), length: 100, title: 'a post', createdMs: Date.now() })
const codeOf = async (call: Promise<unknown>): Promise<unknown> => await call.then(() => assert.unreachable(), (error: { code?: unknown }) => error.code ?? error)

/** Counts searches, and finds nothing before `go` for the authors that it holds back. */
function countingFinder (heldBack: AuthorId[] = []): { finder: StampFinder, searches: AuthorId[], go: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const searches: AuthorId[] = []
  return {
    searches,
    go: resolve,
    finder: {
      find: async (community, author, difficulty, { signal } = {}) => {
        searches.push(author)
        const { promise: aborted, reject } = Promise.withResolvers<never>()
        signal?.addEventListener('abort', () => { reject(signal.reason) })
        if (heldBack.includes(author)) await Promise.race([promise, aborted])
        return findStamp(community, author, difficulty)
      },
      close: () => {}
    }
  }
}

async function until (what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if (holds()) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error(`never: ${what}`)
}

test('two writes share one search, and a restart does not search again', async () => {
  const db = new MemoryLevel()
  const [ada, bob] = [signer(), signer()]
  const first = countingFinder()
  let index = await createCrdtIndex({ db, stampFinder: first.finder })
  const told: Array<IndexEvents['stamp']> = []
  index.on('stamp', event => { told.push(event) })
  const { address } = await index.create({ founder: ada, slug: 'seeds', difficulty: DIFFICULTY, title: 'Seeds' })
  await Promise.all([post(index, bob, address), post(index, bob, address), post(index, ada, address)])
  assert.equal(first.searches, [ada.author, bob.author])
  assert.equal(told.filter(({ found }) => found).map(({ author, expectedHashes }) => [author, expectedHashes]), [[ada.author, 64], [bob.author, 64]])
  await index.close()
  const second = countingFinder()
  index = await createCrdtIndex({ db, stampFinder: second.finder })
  await Promise.all([post(index, bob, address), post(index, ada, address)])
  assert.is(await index.writer(bob).admit(address, { background: true }), true)
  assert.equal(second.searches, [])
  assert.is(index.status(address).posts, 5)
  await index.close()
})

test('while a write waits for its stamp, others write and what peers send comes in', async () => {
  const network = createMemoryNetwork()
  const [here, there] = [network.peer('here'), network.peer('there')]
  const [ada, bob, cyd] = [signer(), signer(), signer()]
  const { finder, go } = countingFinder([bob.author])
  await using index = await createCrdtIndex({ db: new MemoryLevel(), stampFinder: finder, transport: here, syncIntervalMs: 1000 })
  await using other = await createCrdtIndex({ db: new MemoryLevel(), transport: there, syncIntervalMs: 1000 })
  const { address } = await index.create({ founder: ada, slug: 'seeds', difficulty: DIFFICULTY })
  let done = false
  const waiting = post(index, bob, address).then(() => { done = true })
  await post(index, ada, address)
  await other.join(address)
  here.connect('there')
  await until('the other peer knows the community', () => other.community(address)?.slug === 'seeds')
  await post(other, cyd, address)
  await until('what the other peer wrote is here', () => index.status(address).posts === 2)
  assert.is(done, false)
  go()
  await waiting
  await until('the write that waited is there', () => other.status(address).posts === 3)
})

test('close and leave end a search, and its write fails', async () => {
  const [ada, bob] = [signer(), signer()]
  const { finder } = countingFinder([bob.author])
  const index = await createCrdtIndex({ db: new MemoryLevel(), stampFinder: finder })
  const { address } = await index.create({ founder: ada, slug: 'seeds', difficulty: DIFFICULTY })
  const { address: second } = await index.create({ founder: ada, slug: 'seeds', difficulty: DIFFICULTY })
  const [left, closed] = [codeOf(post(index, bob, address)), codeOf(post(index, bob, second))]
  await index.leave(address)
  assert.is(await left, 'NOT_JOINED')
  await index.close()
  assert.is(await closed, 'CLOSED')
})

test('a search that is given up makes no community', async () => {
  const ada = signer()
  const { finder } = countingFinder([ada.author])
  await using index = await createCrdtIndex({ db: new MemoryLevel(), stampFinder: finder })
  const abort = new AbortController()
  const made = codeOf(index.create({ founder: ada, slug: 'seeds', difficulty: DIFFICULTY, signal: abort.signal }))
  abort.abort(new Error('enough'))
  assert.is((await made as Error).message, 'enough')
  assert.equal(index.communities(), [])
})

test('nothing hard is searched unasked', async () => {
  const [ada, bob] = [signer(), signer()]
  const { finder, searches } = countingFinder([bob.author])
  await using index = await createCrdtIndex({ db: new MemoryLevel(), stampFinder: { ...finder, find: async (community, author, difficulty, options) => difficulty > 20 ? (searches.push(author), new Uint8Array(8)) : await finder.find(community, author, difficulty, options) } })
  const { address } = await index.create({ founder: ada, slug: 'seeds', difficulty: DIFFICULTY })
  const background = index.writer(bob).admit(address, { background: true })
  await until('the easy one is searched', () => searches.includes(bob.author))
  await index.leave(address)
  assert.is(await codeOf(background), 'NOT_JOINED')
  const hard = await hardGenesis(ada)
  await index.join(hard.address, hard.bytes)
  searches.length = 0
  assert.is(await index.writer(bob).admit(hard.address, { background: true }), false)
  assert.equal(searches, [])
})

async function hardGenesis (founder: Signer): Promise<{ address: CommunityAddress, bytes: Uint8Array }> {
  const { createGenesis } = await import('../../src/envelope/genesis.ts')
  return createGenesis({ founder, slug: 'hard', difficulty: 32, nonce: new Uint8Array(16) })
}

/** A transport whose messages come from the test, which sees the verdict that gossip gets. */
function tapped (peer: MemoryTransport): { transport: Transport, receive: (topic: string, data: Uint8Array) => Promise<Verdict | undefined> } {
  const handlers = new Map<string, Parameters<Transport['subscribe']>[1]>()
  return {
    receive: async (topic, data) => await handlers.get(topic)?.(data, 'stranger'),
    transport: {
      self: peer.self,
      subscribe (topic, handler) {
        handlers.set(topic, handler)
        peer.subscribe(topic, handler)
      },
      unsubscribe: topic => { peer.unsubscribe(topic) },
      publish: async (topic, data) => await peer.publish(topic, data),
      peers: topic => peer.peers(topic),
      onPeer: listener => peer.onPeer(listener),
      handle: (protocol, handler) => peer.handle(protocol, handler),
      open: async (name, protocol, options) => await peer.open(name, protocol, options)
    }
  }
}

test('gossip rejects missing, wrong, foreign and too easy stamps, and nothing of them is held', async () => {
  const { transport, receive } = tapped(createMemoryNetwork().peer('here'))
  const [ada, bob] = [signer(), signer()]
  await using index = await createCrdtIndex({ db: new MemoryLevel(), transport })
  const { address } = await index.create({ founder: ada, slug: 'seeds', difficulty: 10 })
  const { address: other } = await index.create({ founder: ada, slug: 'others', difficulty: 10 })
  const { address: free } = await index.create({ founder: ada, slug: 'free' })
  const timeMs = Date.now()
  let seq = 0
  const send = async (community: CommunityAddress, stamp: Uint8Array): Promise<Verdict | undefined> => {
    const doc = new Y.Doc()
    doc.clientID = 7
    const { root, key, value } = encodePost({ contentId: contentId(), length: 10, createdMs: timeMs, title: 'spam' })
    doc.getMap(root).set(key, value)
    const { bytes } = encodeEnvelope({ community, period: periodOf(timeMs), part: 0, device: 7, seq: ++seq, timeMs, kind: EnvelopeKind.delta, seen: new Map(), stamp }, Y.encodeStateAsUpdate(doc), bob)
    return await receive(topicOf(community), new Uint8Array([0, ...bytes]))
  }
  const searchNot = (difficulty: number, isGood: (bits: number) => boolean): Uint8Array => {
    for (let i = 0; ; i++) {
      const stamp = new Uint8Array(8)
      new DataView(stamp.buffer).setUint32(0, i)
      if (isGood(stampBits({ community: address, author: bob.author, stamp })) && difficulty > 0) return stamp
    }
  }
  const hostile: ReadonlyArray<readonly [string, CommunityAddress, Uint8Array]> = [
    ['none', address, new Uint8Array()],
    ['wrong', address, searchNot(10, bits => bits === 0)],
    ['too easy by one bit', address, searchNot(10, bits => bits === 9)],
    ['another author\'s', address, foreign(findStamp(address, ada.author, 10), address, bob.author)],
    ['another community\'s', address, foreign(findStamp(other, bob.author, 10), address, bob.author)],
    ['one where none is asked for', free, findStamp(free, bob.author, 4)]
  ]
  for (const [what, community, stamp] of hostile) assert.equal(await send(community, stamp), { verdict: 'reject', reason: 'admission stamp' }, what)
  for (const community of [address, other, free]) assert.is(index.status(community).posts, 0)
  assert.equal(await send(address, findStamp(address, bob.author, 10)), { verdict: 'accept' })
  assert.equal(await send(free, new Uint8Array()), { verdict: 'accept' })
  assert.is(index.status(address).posts, 1)
})

/** That it is no good here by chance would make the test fail once in 2^10 runs. */
function foreign (stamp: Uint8Array, community: CommunityAddress, author: AuthorId): Uint8Array {
  const moved = stamp.slice()
  while (stampBits({ community, author, stamp: moved }) >= 10) moved[0] = (moved[0] ?? 0) + 1
  return moved
}

test.run()
