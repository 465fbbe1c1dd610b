import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex, CrdtIndexOptions, IndexEvents } from '../../src/crdt-index.ts'
import { encodeEnvelope } from '../../src/envelope/envelope.ts'
import { findStamp, stampBits, stampWork } from '../../src/envelope/stamp.ts'
import type { Signer } from '../../src/identity/keys.ts'
import { DROPPED_AT_ONCE, REOPEN_INTERVAL_MS, RETRY_INTERVAL_MS } from '../../src/limits.ts'
import type { AuthorId, Channel, CommunityAddress, ContentId, Transport } from '../../src/model.ts'
import { createMemoryNetwork, type MemoryTransport } from '../../src/sync/memory-transport.ts'
import { copyOf, memory, type Memory } from '../checkpoint/world.ts'
import { seeded } from '../random.ts'
import { createWorld, envelopesOf, fitting, open, signerOf, START_MS, totalOf, type World } from './world.ts'

const test = suite('storage budgets')
const LATER = START_MS + 31 * 24 * 3600 * 1000

async function openIndex (maxBytes: number, options: Partial<CrdtIndexOptions> = {}): Promise<CrdtIndex> {
  return await createCrdtIndex({ db: new MemoryLevel(), clock: () => LATER, storage: { maxBytesPerCommunity: maxBytes }, ...options })
}

/** Connected with the one that has all. */
function beside (peer: MemoryTransport): MemoryTransport {
  peer.connect('full')
  return peer
}

async function until (holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 12_000; i++) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error(`never: ${what}`)
}

async function worldOf (seed: number, authors = 6, most = 10): Promise<World> {
  return await createWorld(seeded(seed), { authors, most })
}

async function give (index: CrdtIndex, { address, genesis, counted }: World): Promise<void> {
  await index.join(address, genesis)
  await index.ingest(address, counted.map(({ bytes }) => bytes))
}

const hashes = async (index: CrdtIndex, address: CommunityAddress): Promise<string[]> => (await envelopesOf(index, address)).map(({ hash }) => hash).sort()
const authorsIn = async (index: CrdtIndex, address: CommunityAddress): Promise<Set<AuthorId>> => new Set((await envelopesOf(index, address)).map(({ header }) => header.author))

let contents = 0
async function post (index: CrdtIndex, signer: Signer, community: CommunityAddress, title = 'a post'): Promise<void> {
  await index.writer(signer).post({ community, contentId: `a${(++contents).toString(16).padStart(39, '0')}` as ContentId, length: 10, title, createdMs: START_MS })
}

test('what fits is kept whole, and says so', async () => {
  const world = await worldOf(1)
  await using index = await openIndex(totalOf(world))
  const told: unknown[] = []
  index.on('storage', event => { told.push(event) })
  await give(index, world)
  assert.is((await hashes(index, world.address)).length, world.counted.length)
  assert.equal(index.status(world.address).storage, { bytes: totalOf(world), budgetBytes: totalOf(world), authors: 6, authorsLeftOut: 0, partial: false })
  assert.equal(told, [])
})

test('one byte less leaves out the lowest rank, and tells so once', async () => {
  const world = await worldOf(1)
  const maxBytes = totalOf(world) - 1
  await using index = await openIndex(maxBytes)
  const told: Array<IndexEvents['storage']> = []
  index.on('storage', event => { told.push(event) })
  await give(index, world)
  assert.equal(await hashes(index, world.address), fitting(world, maxBytes))
  const { storage, shards, authors } = index.status(world.address)
  assert.is(storage.authors, 5)
  assert.is(authors, 5)
  assert.is(storage.authorsLeftOut, 1)
  assert.ok(storage.partial && storage.bytes <= maxBytes)
  assert.ok(shards.length > 0 && shards.every(({ holding }) => holding === 'partial'))
  assert.equal(told.map(({ community, partial }) => [community, partial]), [[world.address, true]])
  await index.budget(world.address, maxBytes + 1)
  assert.equal(told.map(({ partial }) => partial), [true, false])
  assert.ok(index.status(world.address).shards.every(({ holding }) => holding === 'whole'), 'nobody is left out any more, and no peer says that there is more')
})

test('a budget that was lowered a lot drops all that it has to, in turns', async () => {
  const authors = DROPPED_AT_ONCE + 8
  await using source = await openIndex(Infinity)
  const founder = signerOf(0)
  const { address } = await source.create({ founder, slug: 'many', title: 'Many' })
  for (let n = 1; n <= authors; n++) await post(source, signerOf(n), address)
  await using index = await openIndex(Infinity)
  await index.join(address, source.genesis(address))
  await index.ingest(address, await Array.fromAsync(source.envelopes(address)))
  assert.is(index.status(address).storage.authors, authors + 1)
  const ended: string[] = []
  const turn = async (name: string, work: Promise<unknown>): Promise<void> => {
    await work
    ended.push(name)
  }
  await Promise.all([turn('budget', index.budget(address, 0)), turn('another', index.prefer(address, []))])
  assert.equal(ended, ['another', 'budget'])
  assert.equal(await authorsIn(index, address), new Set([founder.author]))
  assert.is(index.status(address).storage.authorsLeftOut, authors)
  await index.budget(address, Infinity)
  await index.ingest(address, await Array.fromAsync(source.envelopes(address)))
  assert.is(index.status(address).storage.authors, authors + 1)
  await Promise.all([index.budget(address, 0), index.budget(address, Infinity)])
  assert.is(index.status(address).storage.partial, false)
})

test('the views show what is held and nothing of who was dropped', async () => {
  const world = await worldOf(2)
  await using index = await openIndex(Infinity)
  await give(index, world)
  const posts = index.status(world.address).posts
  assert.ok(posts > 0)
  await index.budget(world.address, 0)
  assert.is(index.status(world.address).posts, 0)
  assert.equal(index.feed({ sort: 'new', window: 'all', limit: 100 }).items, [])
  assert.equal(await authorsIn(index, world.address), new Set([world.founder.author]))
  assert.is(index.community(world.address)?.title, 'A world', 'the definition stays')
})

test('who writes here is never dropped, nor refused', async () => {
  const world = await worldOf(3)
  const [, me] = world.authors as [Signer, Signer]
  await using index = await openIndex(0, { signers: [me] })
  await give(index, world)
  const mine = world.counted.filter(({ header }) => header.author === me.author).map(({ hash }) => hash)
  const definition = world.counted.filter(({ header }) => header.author === world.founder.author && header.period === 0).map(({ hash }) => hash)
  assert.equal(await hashes(index, world.address), [...mine, ...definition].sort())
  await post(index, me, world.address)
  const title = 'x'.repeat(300)
  const other = signerOf(77)
  await post(index, other, world.address, title)
  await post(index, other, world.address, title)
  assert.ok((await authorsIn(index, world.address)).has(other.author), 'who begins to write here stays too')
})

test('who writes here from now on comes back from peers', async () => {
  const world = await worldOf(3)
  const me = world.authors.at(-1)!
  const network = createMemoryNetwork()
  await using full = await openIndex(Infinity, { transport: network.peer('full') })
  await give(full, world)
  await using index = await openIndex(0, { transport: beside(network.peer('small')), syncIntervalMs: 3_600_000 })
  await index.join(world.address, world.genesis)
  await until(() => index.status(world.address).storage.authorsLeftOut > 0, 'met')
  await index.sync(world.address)
  assert.not.ok((await authorsIn(index, world.address)).has(me.author))
  index.writer(me)
  const mine = world.counted.filter(({ header }) => header.author === me.author).length
  await until(async () => (await envelopesOf(index, world.address)).filter(({ header }) => header.author === me.author).length === mine, 'what was written elsewhere is here')
})

test('preferred authors stay before the founder, the founder and moderators before others', async () => {
  const world = await worldOf(4, 8)
  const [founder, , moderator, followed] = world.authors as [Signer, Signer, Signer, Signer]
  await using writing = await openIndex(Infinity)
  await give(writing, world)
  await writing.writer(founder).appoint({ community: world.address, author: moderator.author, role: 'moderator' })
  const all = (await envelopesOf(writing, world.address)).map(({ bytes }) => bytes)
  const sizeOf = (author: AuthorId): number => {
    const own = world.counted.filter(({ header }) => header.author === author)
    return totalOf({ ...world, counted: own })
  }
  const room = [founder, moderator, followed].reduce((sum, { author }) => sum + sizeOf(author), 2000)
  await using index = await openIndex(room)
  await index.join(world.address, world.genesis)
  await index.prefer(world.address, [followed.author])
  await index.ingest(world.address, all)
  for (let i = 0; i < 3; i++) await index.ingest(world.address, all)
  const kept = await authorsIn(index, world.address)
  for (const { author } of [founder, moderator, followed]) assert.ok(kept.has(author))
  await index.budget(world.address, sizeOf(founder.author) + sizeOf(followed.author) + 2000)
  assert.ok((await authorsIn(index, world.address)).has(followed.author))
  await index.budget(world.address, 2000 + sizeOf(followed.author))
  const last = await authorsIn(index, world.address)
  assert.ok(last.has(followed.author) && !last.has(moderator.author))
})

test('whom one begins to follow comes from peers, and pushes out others', async () => {
  const world = await worldOf(5, 8, 6)
  const maxBytes = Math.floor(totalOf(world) / 2)
  const out = world.authors.filter(({ author }) => !fitting(world, maxBytes).some(hash => world.counted.some(each => each.hash === hash && each.header.author === author)))
  const followed = out.find(({ author }) => author !== world.founder.author)!.author
  const network = createMemoryNetwork()
  await using full = await openIndex(Infinity, { transport: network.peer('full') })
  await give(full, world)
  await using index = await openIndex(maxBytes, { transport: beside(network.peer('small')), syncIntervalMs: 3_600_000 })
  await index.join(world.address, world.genesis)
  await until(() => index.status(world.address).storage.partial, 'it is left out')
  await until(async () => (await hashes(index, world.address)).join() === fitting(world, maxBytes).join(), 'what fits is here')
  await index.prefer(world.address, [followed])
  const expected = fitting(world, maxBytes, new Set([followed])).join()
  assert.ok(expected.length > 0 && expected !== fitting(world, maxBytes).join())
  await until(async () => (await hashes(index, world.address)).join() === expected, 'whom one follows is here')
  await index.prefer(world.address, [followed])
})

test('a larger budget brings from peers what was left out, and then they agree', async () => {
  const world = await worldOf(6)
  const network = createMemoryNetwork()
  await using full = await openIndex(Infinity, { transport: network.peer('full') })
  await give(full, world)
  await using index = await openIndex(Math.floor(totalOf(world) / 3), { transport: beside(network.peer('small')), syncIntervalMs: 3_600_000 })
  await index.join(world.address, world.genesis)
  await until(() => index.status(world.address).storage.partial, 'it is left out')
  await index.budget(world.address, null)
  assert.ok(index.status(world.address).storage.partial, 'null is the default of the options')
  await index.budget(world.address, 1e9)
  await until(() => index.status(world.address).digest === full.status(world.address).digest, 'all is here')
  assert.is(index.status(world.address).storage.partial, false)
})

test('after a restart the same are left out, the same budget holds, and they are not asked for again', async () => {
  const world = await worldOf(7, 10, 6)
  const maxBytes = Math.floor(totalOf(world) / 2)
  const kept = fitting(world, maxBytes)
  const leftOut = world.counted.length - kept.length
  const network = createMemoryNetwork()
  const db = memory()
  let sent = 0
  await using full = await openIndex(Infinity, { transport: counting(network.peer('full'), bytes => { sent += bytes }) })
  await give(full, world)
  const first = await openIndex(1e9, { db, transport: beside(network.peer('small')), syncIntervalMs: 3_600_000 })
  await first.join(world.address, world.genesis)
  await first.budget(world.address, maxBytes)
  await until(async () => (await hashes(first, world.address)).join() === kept.join(), 'what fits is here')
  await first.sync(world.address)
  const once = sent
  const before = first.status(world.address)
  await first.close()
  sent = 0
  await using second = await openIndex(1e9, { db, transport: beside(network.peer('small again')), syncIntervalMs: 3_600_000 })
  assert.equal(second.status(world.address).storage, before.storage)
  assert.is(second.status(world.address).digest, before.digest)
  await second.sync(world.address)
  assert.ok(second.status(world.address).sync.lastSyncMs !== null)
  assert.ok(sent > 0 && sent < once / 4, `${sent} bytes after ${once}, a share of ${leftOut} of ${world.counted.length} left out`)
  assert.ok(leftOut * 3 > world.counted.length)
  assert.equal(second.status(world.address).storage, before.storage)
})

/** Tells of the bytes that the peer sends over channels. */
function counting (peer: MemoryTransport, onSent: (bytes: number) => void): Transport {
  const counted = (channel: Channel): Channel => ({
    read: async options => await channel.read(options),
    async write (frame, options) {
      onSent(frame.length)
      await channel.write(frame, options)
    },
    close: async () => { await channel.close() },
    abort: reason => { channel.abort(reason) }
  })
  return {
    self: peer.self,
    subscribe: (topic, onMessage) => { peer.subscribe(topic, onMessage) },
    unsubscribe: topic => { peer.unsubscribe(topic) },
    publish: async (topic, data) => await peer.publish(topic, data),
    peers: topic => peer.peers(topic),
    onPeer: listener => peer.onPeer(listener),
    handle: (protocol, handler) => peer.handle(protocol, async (channel, from) => { await handler(counted(channel), from) }),
    open: async (name, protocol, options) => counted(await peer.open(name, protocol, options))
  }
}

test('a database of an earlier release, without rows, ends alike', async () => {
  const world = await worldOf(8)
  const db = memory()
  const maxBytes = Math.floor(totalOf(world) / 2)
  const old = await openIndex(Infinity, { db })
  await give(old, world)
  await old.close()
  const bare: Memory = await copyOf(db, key => key.includes('!ranked!') || key.includes('!budgets!'))
  await using index = await openIndex(maxBytes, { db: bare })
  assert.equal(await hashes(index, world.address), fitting(world, maxBytes))
})

test('damaged rows are found again', async () => {
  const world = await worldOf(8)
  const db = memory()
  const maxBytes = Math.floor(totalOf(world) / 2)
  const old = await openIndex(maxBytes, { db })
  await give(old, world)
  await old.close()
  const copy = await copyOf(db)
  for (const [key, value] of await copy.iterator().all()) {
    if (!/!(ranked|budgets)!/.test(Buffer.from(key).toString('latin1'))) continue
    value[0]! ^= 1
    await copy.put(key, value)
  }
  await using index = await openIndex(maxBytes, { db: copy })
  await give(index, world)
  assert.equal(await hashes(index, world.address), fitting(world, maxBytes))
})

test('what is dropped leaves the disk, also from below a checkpoint, and leaving the community leaves nothing', async () => {
  const world = await worldOf(9)
  const db = memory()
  const rows = async (name: string): Promise<number> => (await db.keys().all()).filter(key => Buffer.from(key).toString('latin1').includes(`!${name}!`)).length
  const first = await openIndex(Infinity, { db, checkpoints: { intervalMs: 1e9, minEnvelopes: 1 } })
  await give(first, world)
  await first.close()
  assert.is(await rows('envelopes'), world.counted.length)
  assert.ok(await rows('checkpoints') > 0)
  const maxBytes = Math.floor(totalOf(world) / 2)
  const kept = fitting(world, maxBytes).length
  const second = await openIndex(maxBytes, { db, checkpoints: { intervalMs: 1e9, minEnvelopes: 1 } })
  assert.is((await hashes(second, world.address)).length, kept)
  await second.close()
  const third = await openIndex(maxBytes, { db, checkpoints: { intervalMs: 1e9, minEnvelopes: 1 } })
  assert.is((await hashes(third, world.address)).length, kept)
  await third.close()
  assert.is(await rows('envelopes'), kept)
  assert.ok(await rows('ranked') > 0)
  assert.ok(await rows('budgets') > 0)
  await using fourth = await openIndex(maxBytes, { db })
  await fourth.leave(world.address)
  for (const name of ['envelopes', 'ranked', 'budgets', 'superseded', 'changed']) assert.is(await rows(name), 0, name)
})

test('a full disk drops later', async () => {
  const world = await worldOf(10)
  const db = memory()
  await using index = await openIndex(Infinity, { db })
  await give(index, world)
  const batch = db.batch.bind(db)
  db.batch = (async () => { throw new Error('no space left') }) as never
  const before = await hashes(index, world.address)
  try {
    await index.budget(world.address, 0)
    assert.unreachable()
  } catch (error) {
    assert.is((error as { code?: string }).code, 'STORAGE_FAILED')
  }
  assert.equal(await hashes(index, world.address), before)
  assert.ok(index.status(world.address).posts > 0)
  db.batch = batch
  await index.budget(world.address, 0)
  assert.equal(await authorsIn(index, world.address), new Set([world.founder.author]))
})

test('an index whose disk is full starts over its budget, and drops as soon as there is room', async () => {
  const world = await worldOf(10)
  const db = memory()
  {
    await using index = await openIndex(Infinity, { db })
    await give(index, world)
  }
  const batch = db.batch.bind(db)
  db.batch = (async () => { throw new Error('no space left') }) as never
  await using index = await openIndex(0, { db })
  assert.is(index.status(world.address).storage.partial, false)
  assert.ok(index.status(world.address).posts > 0)
  db.batch = batch
  await index.ingest(world.address, [])
  assert.equal(await authorsIn(index, world.address), new Set([world.founder.author]))
})

test('whoever shrinks makes room within the hour, and not before', async () => {
  const world = await worldOf(11, 8, 6)
  let nowMs = LATER
  const maxBytes = Math.floor(totalOf(world) / 2)
  await using index = await openIndex(maxBytes, { clock: () => nowMs })
  await give(index, world)
  const expected = fitting(world, maxBytes)
  const bytes = world.counted.map(each => each.bytes)
  assert.equal(await hashes(index, world.address), expected)
  nowMs += REOPEN_INTERVAL_MS
  await index.ingest(world.address, bytes)
  await index.ingest(world.address, bytes)
  assert.equal(await hashes(index, world.address), expected, 'nothing shrank')
  const { authorsLeftOut } = index.status(world.address).storage
  nowMs += RETRY_INTERVAL_MS
  await index.ingest(world.address, [])
  assert.ok(index.status(world.address).storage.authorsLeftOut < authorsLeftOut, 'the first of those left out is tried again')
  await index.ingest(world.address, bytes)
  assert.equal(await hashes(index, world.address), expected)
})

/** An envelope of a new author with this stamp, that posts something. */
async function envelopeOf (world: Pick<World, 'address' | 'genesis'>, signer: Signer, stamp: Uint8Array, title = 'a post'): Promise<Uint8Array> {
  await using index = await createCrdtIndex({ db: new MemoryLevel(), clock: () => LATER })
  await index.join(world.address, world.genesis)
  await post(index, signer, world.address, title)
  const one = (await Array.fromAsync(index.envelopes(world.address))).map(open).find(({ header }) => header.author === signer.author)
  const { header, bytes } = one!
  return encodeEnvelope({ ...header, stamp }, bytes.subarray(bytes.length - header.updateLength), signer).bytes
}

test('a thousand keys with minimum stamps push out nobody with a better stamp, nor whom one follows', async () => {
  const difficulty = 2
  const founder = signerOf(1)
  await using writing = await createCrdtIndex({ db: new MemoryLevel(), clock: () => LATER })
  const { address } = await writing.create({ founder, slug: 'attacked', difficulty, title: 'T' })
  const world = { address, genesis: writing.genesis(address)! }
  const [honest, followed] = [signerOf(500_000), signerOf(500_001)]
  const good = findStamp(address, honest.author, 14)
  const plain = findStamp(address, followed.author, difficulty)
  const honestEnvelope = await envelopeOf(world, honest, good, 'honest')
  const followedEnvelope = await envelopeOf(world, followed, plain, 'followed')
  const sample = open(honestEnvelope)
  const update = sample.bytes.subarray(sample.bytes.length - sample.header.updateLength)
  const sybils: Uint8Array[] = []
  for (let n = 0; sybils.length < 1000; n++) {
    const sybil = signerOf(n + 2)
    const stamp = findStamp(address, sybil.author, difficulty)
    if (stampBits({ community: address, author: sybil.author, stamp }) < 14) sybils.push(encodeEnvelope({ ...sample.header, stamp }, update, sybil).bytes)
  }
  for (const order of ['first', 'last'] as const) {
    await using index = await openIndex(64 * 1024)
    await index.join(address, world.genesis)
    await index.prefer(address, [followed.author])
    const flood = async (): Promise<void> => { for (let at = 0; at < sybils.length; at += 100) await index.ingest(address, sybils.slice(at, at + 100)) }
    if (order === 'first') await index.ingest(address, [honestEnvelope, followedEnvelope])
    await flood()
    if (order === 'last') await index.ingest(address, [honestEnvelope, followedEnvelope])
    const kept = await authorsIn(index, address)
    assert.ok(kept.has(honest.author) && kept.has(followed.author), order)
    const { storage } = index.status(address)
    assert.ok(storage.bytes <= 64 * 1024 && storage.authors > 50 && storage.authorsLeftOut > 800, JSON.stringify(storage))
  }
})

test('an author who finds a better stamp is kept for it', async () => {
  const founder = signerOf(1)
  await using writing = await createCrdtIndex({ db: new MemoryLevel(), clock: () => LATER })
  const { address } = await writing.create({ founder, slug: 'better', difficulty: 1, title: 'T' })
  const world = { address, genesis: writing.genesis(address)! }
  const authors = Array.from({ length: 20 }, (_, n) => signerOf(n + 2))
  const envelopes = await Promise.all(authors.map(async author => await envelopeOf(world, author, findStamp(address, author.author, 1))))
  await using index = await openIndex(10 * (600 + 512))
  await index.join(address, world.genesis)
  await index.ingest(address, envelopes)
  const kept = await authorsIn(index, address)
  const out = authors.find(({ author }) => !kept.has(author))!
  assert.ok(kept.size > 2)
  const better = findStamp(address, out.author, 12)
  assert.ok(stampWork({ community: address, author: out.author, stamp: better }) < stampWork({ community: address, author: out.author, stamp: findStamp(address, out.author, 1) }))
  await index.ingest(address, [await envelopeOf(world, out, better, 'again')])
  assert.ok((await authorsIn(index, address)).has(out.author))
  const before = (await envelopesOf(index, address)).filter(({ header }) => header.author === out.author).length
  await index.ingest(address, envelopes)
  assert.is((await envelopesOf(index, address)).filter(({ header }) => header.author === out.author).length, before + 1, 'what was passed on before is taken now')
})

test('what is no budget is refused', async () => {
  const world = await worldOf(12, 2, 2)
  await using index = await openIndex(Infinity)
  await index.join(world.address, world.genesis)
  for (const bytes of [-1, Number.NaN]) {
    try {
      await index.budget(world.address, bytes)
      assert.unreachable()
    } catch (error) {
      assert.instance(error, TypeError)
    }
  }
})

test.run()
