import { randomBytes } from 'node:crypto'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../src/create-crdt-index.ts'
import type { CrdtIndex } from '../src/crdt-index.ts'
import { createSigner, type Signer } from '../src/identity/keys.ts'
import { itemIdOf } from '../src/identity/ids.ts'
import type { CrdtIndexError } from '../src/errors.ts'
import type { Database } from '../src/store/index-store.ts'
import type { CommunityAddress, ContentId, Transport } from '../src/model.ts'
import { createMemoryNetwork } from '../src/sync/memory-transport.ts'

const test = suite('crdt index')
const signer = (): Signer => createSigner(randomBytes(32))
const contentId = (): ContentId => randomBytes(20).toString('hex') as ContentId

async function openIndex (db: Database = new MemoryLevel(), transport?: Transport): Promise<CrdtIndex> {
  return await createCrdtIndex({ db, syncIntervalMs: 1000, ...(transport === undefined ? {} : { transport }) })
}

async function until (what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if (holds()) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error(`never: ${what}`)
}

async function post (index: CrdtIndex, by: Signer, community: CommunityAddress, title = 'a post'): Promise<ContentId> {
  const id = contentId()
  await index.writer(by).post({ community, contentId: id, length: 100, title, createdMs: Date.now() })
  return id
}

test('a post, a comment and votes are projected as they are written', async () => {
  await using index = await openIndex()
  const [ada, bob, cyd] = [signer(), signer(), signer()]
  const { address, title } = await index.create({ founder: ada, slug: 'seeds', title: 'Seeds' })
  assert.is(title, 'Seeds')
  const id = await post(index, ada, address)
  const [item] = index.find(id)
  assert.ok(item)
  const { period } = item
  await index.writer(bob).vote({ community: address, period, item: item.item, value: 1 })
  await index.writer(cyd).vote({ community: address, period, item: item.item, value: -1 })
  await index.writer(cyd).vote({ community: address, period, item: item.item, value: 1 })
  const comment = contentId()
  await index.writer(bob).comment({ community: address, period, contentId: comment, length: 5, createdMs: Date.now(), root: item.item, parent: item.item })
  const reply = contentId()
  await index.writer(ada).comment({ community: address, period, contentId: reply, length: 5, createdMs: Date.now(), root: item.item, parent: itemIdOf(bob.author, comment) })
  const page = index.feed({ sort: 'top', window: 'day', limit: 10 })
  assert.equal(page.items.map(({ contentId, score, up, down, comments }) => ({ contentId, score, up, down, comments })), [{ contentId: id, score: 2, up: 2, down: 0, comments: 2 }])
  assert.equal(index.thread(item)?.map(({ contentId, depth }) => [contentId, depth]), [[comment, 0], [reply, 1]])
  await index.writer(cyd).vote({ community: address, period, item: item.item, value: 0 })
  assert.is(index.feed({ sort: 'top', window: 'day', limit: 10 }).items[0]?.score, 1)
})

test('a vote on own content is refused', async () => {
  await using index = await openIndex()
  const ada = signer()
  const { address } = await index.create({ founder: ada, slug: 'seeds' })
  const id = await post(index, ada, address)
  const [item] = index.find(id)
  assert.ok(item)
  try {
    await index.writer(ada).vote({ community: address, period: item.period, item: item.item, value: 1 })
    assert.unreachable()
  } catch (error) {
    assert.is((error as CrdtIndexError).code, 'OWN_CONTENT')
  }
})

test('everything is there again after a reopening, with the same digest', async () => {
  const db = new MemoryLevel()
  const authors = Array.from({ length: 5 }, signer)
  const [founder] = authors as [Signer, ...Signer[]]
  let index = await openIndex(db)
  const { address } = await index.create({ founder, slug: 'seeds', title: 'Seeds' })
  const ids: ContentId[] = []
  for (const author of authors) for (let i = 0; i < 10; i++) ids.push(await post(index, author, address, `post ${i}`))
  for (const author of authors) {
    for (const id of ids) {
      const [item] = index.find(id)
      if (item !== undefined && item.author !== author.author) await index.writer(author).vote({ community: address, period: item.period, item: item.item, value: 1 })
    }
  }
  await index.close()
  const before = index.status(address)
  const feed = index.feed({ sort: 'top', window: 'all', limit: 100 })
  index = await openIndex(db)
  assert.equal(index.feed({ sort: 'top', window: 'all', limit: 100 }), feed)
  assert.is(index.status(address).digest, before.digest)
  assert.is(index.community(address)?.title, 'Seeds')
  assert.ok(feed.items.every(({ score }) => score === 4))
  await index.close()
})

test('two peers exchange what they missed and what is new, and agree', async () => {
  const network = createMemoryNetwork()
  const [a, b] = [network.peer('a'), network.peer('b')]
  await using left = await openIndex(new MemoryLevel(), a)
  await using right = await openIndex(new MemoryLevel(), b)
  const [ada, bob] = [signer(), signer()]
  const { address } = await left.create({ founder: ada, slug: 'seeds', title: 'Seeds' })
  for (let i = 0; i < 40; i++) await post(left, ada, address, `post ${i}`)
  await right.join(address)
  a.connect('b')
  await until('the newcomer knows the community', () => right.community(address)?.title === 'Seeds')
  await until('the newcomer has all posts', () => right.status(address).posts === 40)
  assert.is(right.status(address).digest, left.status(address).digest)
  const [item] = right.find(right.feed({ sort: 'new', window: 'all', limit: 1 }).items[0]?.contentId as ContentId)
  assert.ok(item)
  await right.writer(bob).vote({ community: address, period: item.period, item: item.item, value: 1 })
  await until('the vote arrives by gossip', () => left.item(address, item.period, item.item)?.score === 1)
  assert.is(right.status(address).digest, left.status(address).digest)
})

test('many votes of one author are folded into snapshots and spread over parts', async () => {
  const db = new MemoryLevel()
  await using index = await openIndex(db)
  const [ada, bob] = [signer(), signer()]
  const { address } = await index.create({ founder: ada, slug: 'seeds' })
  const id = await post(index, ada, address)
  const [item] = index.find(id)
  assert.ok(item)
  for (let i = 0; i < 4200; i++) await index.writer(bob).vote({ community: address, period: item.period, item: itemIdOf(ada.author, contentId()), value: 1 })
  const status = index.status(address)
  const month = status.shards.find(({ period }) => period === item.period)
  assert.ok(month !== undefined && month.envelopes < 700, `${month?.envelopes} envelopes`)
  let votes = 0
  for await (const { root } of index.entries(bob.author)) if (root === 'votes') votes++
  assert.is(votes, 4200)
})

async function votesOf (index: CrdtIndex, author: Signer): Promise<string[]> {
  const votes: string[] = []
  for await (const { root, key, value } of index.entries(author.author)) if (root === 'votes') votes.push(`${key} ${Number(value[0])}`)
  return votes.sort()
}

test('two devices of one author write at once, offline from each other, and lose nothing', async () => {
  const network = createMemoryNetwork()
  const [a, b] = [network.peer('a'), network.peer('b')]
  await using left = await openIndex(new MemoryLevel(), a)
  await using right = await openIndex(new MemoryLevel(), b)
  const [ada, bob] = [signer(), signer()]
  const { address } = await left.create({ founder: ada, slug: 'seeds' })
  const id = await post(left, ada, address)
  await right.join(address)
  a.connect('b')
  await until('the post is known', () => right.find(id).length === 1)
  a.disconnect('b')
  const [item] = left.find(id)
  assert.ok(item)
  const others = Array.from({ length: 60 }, () => itemIdOf(ada.author, contentId()))
  for (const [i, other] of others.entries()) {
    await left.writer(bob).vote({ community: address, period: item.period, item: other, value: 1 })
    if (i % 2 === 0) await right.writer(bob).vote({ community: address, period: item.period, item: itemIdOf(ada.author, contentId()), value: -1 })
  }
  a.connect('b')
  await until('they agree', () => left.status(address).digest === right.status(address).digest)
  assert.is((await votesOf(left, bob)).length, 90)
  assert.equal(await votesOf(left, bob), await votesOf(right, bob))
})

test('a device restored from a backup takes another id and writes again what it wrote since', async () => {
  const network = createMemoryNetwork()
  const [a, b, c] = [network.peer('a'), network.peer('b'), network.peer('c')]
  await using other = await openIndex(new MemoryLevel(), a)
  const [ada, bob] = [signer(), signer()]
  const { address } = await other.create({ founder: ada, slug: 'seeds' })
  const [item] = other.find(await post(other, ada, address))
  assert.ok(item)
  const vote = async (index: CrdtIndex, value: 1 | -1): Promise<string> => {
    const voted = itemIdOf(ada.author, contentId())
    await index.writer(bob).vote({ community: address, period: item.period, item: voted, value })
    return `${voted} ${value}`
  }
  const db = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })
  const written: string[] = []
  const first = await openIndex(db, b)
  await first.join(address)
  b.connect('a')
  await until('the post is known', () => first.item(address, item.period, item.item) !== undefined)
  for (let i = 0; i < 5; i++) written.push(await vote(first, 1))
  const backup = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })
  for await (const [key, value] of db.iterator()) await backup.put(key, value)
  for (let i = 0; i < 20; i++) written.push(await vote(first, 1)) // after the backup, and the network saw it
  await until('all arrived', () => other.status(address).digest === first.status(address).digest)
  await first.close()
  b.close()
  await using restored = await openIndex(backup, c)
  for (let i = 0; i < 8; i++) written.push(await vote(restored, -1)) // with numbers that are taken already
  c.connect('a')
  await until('they agree', () => restored.status(address).digest === other.status(address).digest)
  await until('nothing is lost', () => restored.status(address).digest === other.status(address).digest)
  for (let i = 0; i < 3000 && (await votesOf(other, bob)).length < written.length; i++) await new Promise(resolve => setTimeout(resolve, 20))
  assert.equal(await votesOf(restored, bob), written.sort())
  assert.equal(await votesOf(other, bob), written)
})

test.run()
