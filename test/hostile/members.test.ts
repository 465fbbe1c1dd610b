// A member of the community that lies about bodies: wrong bytes, somebody else's infohash, a text that is not what
// its entry says.
// test-timeout-ms: 600000
import path from 'node:path'
import { createNode, serialiseBody, SeedbedError, type PostId, type SeedbedErrorCode, type SeedbedNode } from '@seedbed/core'
import { periodOf, topicOf, type CommunityAddress, type ContentId, type Signer } from '@seedbed/crdt-index'
import { createMemoryBlobs, createTorrentStore, refOf } from '@seedbed/torrent-store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seedWith } from '../../packages/torrent-store/test/bodies.ts'
import { temporaryFolder, until } from '../e2e/temporary-folder.ts'
import { createMallory, type Mallory } from './mallory.ts'

const test = suite('hostile/members')
/** A text that is not what its entry says is told of as soon as it came. */
const MISMATCH_MS = 120_000

async function fails (code: SeedbedErrorCode, work: Promise<unknown>): Promise<void> {
  const error = await work.then(() => null, (reason: unknown) => reason)
  assert.instance(error, SeedbedError)
  assert.is((error as SeedbedError).code, code, (error as SeedbedError).message)
}

const addressesOf = async (node: SeedbedNode): Promise<string[]> => [...(await node.status()).addresses]
const digestOf = async (node: SeedbedNode): Promise<string | undefined> => (await node.status()).communities[0]?.digest

/** Says that she has every body there is, and gives `bytes` for it. */
async function seedLies (mallory: Mallory, bodies: ReadonlyMap<string, Uint8Array>): Promise<{ asked: number, served: number }> {
  const counts = { asked: 0, served: 0 }
  mallory.transport.handle('/seedbed/have/1', async channel => {
    counts.asked++
    await channel.read({ maxBytes: 20_000 })
    await channel.write(Uint8Array.of(255))
    await channel.close()
  })
  await mallory.serveBodies(duplex => {
    duplex.on('error', () => {})
    duplex.once('data', (first: Buffer) => {
      const infoHash = first.subarray(28, 48).toString('hex')
      const lie = bodies.get(infoHash)
      if (lie === undefined) { duplex.destroy(); return }
      counts.served++
      seedWith(duplex as never, { infoHash, length: lie.length } as never, lie)
    })
  })
  return counts
}

test('wrong bytes: the reader gets the body from an honest peer, or is told that it cannot be had', async () => {
  await using folder = await temporaryFolder('wrong-bytes')
  const author = await createNode({ dataDir: path.join(folder.path, 'author'), torrent: false })
  const { address } = await author.communities.create({ slug: 'lies', difficulty: 0 })
  const posts = []
  for (let i = 0; i < 6; i++) posts.push(await author.posts.create({ community: address, title: `Post ${i}`, text: `True text ${i}` }))
  await using mallory = await createMallory()
  const lies = new Map(posts.map(({ id, length }) => [id as string, new Uint8Array(length).fill(0x78)]))
  const counts = await seedLies(mallory, lies)
  await using reader = await createNode({ dataDir: path.join(folder.path, 'reader'), torrent: false, network: { connect: await addressesOf(author) } })
  for (const node of [reader, author]) await mallory.connect((await addressesOf(node))[0] ?? '')
  mallory.transport.subscribe(topicOf(address), async () => ({ verdict: 'accept' }))
  await reader.communities.join(address)
  await until('the reader knows the posts', async () => (await reader.feed()).items.length === posts.length)
  await until('the reader takes mallory for a member', () => reader.peers().some(({ peerId, communities }) => peerId === mallory.peerId && communities.length === 1))
  for (const { id, sha256 } of posts.slice(0, 4)) {
    const found = await reader.bodies.read(id)
    assert.equal([found.sha256, found.servedBy], [sha256, (await author.status()).peerId])
  }
  await author.close()
  await until('the author is gone', () => reader.peers().length === 1)
  const asking = new AbortController()
  const asked = reader.bodies.read(posts[4]?.id ?? '', { timeoutMs: 240_000, signal: asking.signal }).then(() => 'the lie', () => 'nothing')
  await until('mallory was asked and lied', () => counts.served > 0)
  asking.abort()
  assert.is(await asked, 'nothing')
  for (const { id } of posts.slice(4)) {
    await fails('BODY_UNAVAILABLE', reader.bodies.read(id, { timeoutMs: 1500 }))
    await fails('BODY_UNAVAILABLE', reader.votes.up(id, { timeoutMs: 500 }))
  }
  const { items } = await reader.feed()
  assert.ok(items.every(({ vote }) => vote === 0))
  assert.is((await reader.status()).bodies, 4)
})

test('a borrowed infohash: no inherited votes, and the rightful listing is read', async () => {
  await using folder = await temporaryFolder('borrowed')
  await using alice = await createNode({ dataDir: path.join(folder.path, 'alice'), torrent: false })
  await using bob = await createNode({ dataDir: path.join(folder.path, 'bob'), torrent: false, network: { connect: await addressesOf(alice) } })
  const { address } = await alice.communities.create({ slug: 'borrowed', difficulty: 0 })
  const post = await alice.posts.create({ community: address, title: 'By Alice', text: 'I wrote this.' })
  await bob.communities.join(address)
  await until('bob knows the post', async () => (await bob.feed()).items.length === 1)

  await using mallory = await createMallory()
  const index = await mallory.index()
  await mallory.connect((await addressesOf(alice))[0] ?? '')
  await index.join(address)
  await until('mallory has the community', () => index.find(post.id).length === 1)
  // Older than Alice's, so that it comes first where time decides.
  const createdMs = post.createdAtMs - 1000
  await index.writer(mallory.signer).post({ community: address, contentId: post.id, length: post.length, title: 'By Mallory', createdMs })
  const borrowed = index.find(post.id).find(({ author }) => author === mallory.signer.author)
  assert.ok(borrowed)
  await using accomplice = await createMallory()
  const second = await accomplice.index()
  await accomplice.connect((await addressesOf(bob))[0] ?? '')
  await second.join(address)
  await until('the accomplice has both listings', () => second.find(post.id).length === 2)
  await second.writer(accomplice.signer).vote({ community: address, period: borrowed.period, item: borrowed.item, value: 1 })
  await until('bob, who has no body yet, sees both listings', async () => (await bob.feed()).items.some(({ author, score }) => author === mallory.signer.author && score === 1))
  await until('everybody has both', async () => await digestOf(alice) === await digestOf(bob))
  assert.equal((await alice.feed()).items.map(({ author }) => author), [alice.author], 'she has the body, which says whose it is')

  for (const node of [alice, bob]) {
    const read = await node.bodies.read(post.id)
    assert.equal([read.text, read.sha256], ['I wrote this.', post.sha256])
    const thread = await node.thread(post.id)
    assert.equal([thread.title, thread.post.author, thread.post.text, thread.post.score], ['By Alice', alice.author, 'I wrote this.', 0])
  }
  const vote = await bob.votes.up(post.id)
  assert.equal([vote.score, vote.seeding], [1, true])
  const comment = await bob.comments.create({ parent: post.id, text: 'An answer to Alice.' })
  await until('alice has vote and answer', async () => {
    const { post: shown, comments } = await alice.thread(post.id)
    return shown.score === 1 && comments[0]?.id === comment.id
  })
  for (const node of [alice, bob]) assert.equal((await node.feed()).items.map(({ author, score }) => [author, score]), [[alice.author, 1]])
  await fails('OWN_CONTENT', alice.votes.up(post.id))
  await until('equal digests', async () => await digestOf(alice) === await digestOf(bob))
})

test('entries that their bodies contradict are listed and never read, voted on or stored', async () => {
  await using folder = await temporaryFolder('contradiction')
  await using alice = await createNode({ dataDir: path.join(folder.path, 'alice'), torrent: false })
  const { address } = await alice.communities.create({ slug: 'target', difficulty: 0 })
  const honest = await alice.posts.create({ community: address, title: 'Honest', text: 'Honest text.' })
  await using mallory = await createMallory()
  const index = await mallory.index()
  await using torrents = await createTorrentStore({ db: createMemoryBlobs() })
  await mallory.serveBodies(duplex => { torrents.serve(duplex) })
  mallory.transport.handle('/seedbed/have/1', async channel => {
    await channel.read({ maxBytes: 20_000 })
    await channel.write(Uint8Array.of(255))
    await channel.close()
  })
  await mallory.connect((await addressesOf(alice))[0] ?? '')
  await index.join(address)
  await until('mallory has the community', () => index.find(honest.id).length === 1)

  const createdMs = Date.now() - 5000
  const elsewhere = 'c'.repeat(64) as CommunityAddress
  const other = (await createMallory())
  const post = (signer: Signer, more: { community?: CommunityAddress, title?: string, createdMs?: number, text?: string, signedBy?: Signer } = {}): Uint8Array => serialiseBody(
    { kind: 'post', author: signer.author, community: address, createdMs, title: 'Listed', text: 'Some text.', ...more }, bytes => (more.signedBy ?? signer).sign(bytes)
  )
  const lies: Record<string, Uint8Array> = {
    'signed by another key': post(mallory.signer, { signedBy: other.signer }),
    'of another author': post(other.signer),
    'of another community': post(mallory.signer, { community: elsewhere }),
    'of another title': post(mallory.signer, { title: 'Another' }),
    'of another time': post(mallory.signer, { createdMs: createdMs + 1 }),
    'no body file at all': new TextEncoder().encode('just text\n'),
    'a comment listed as a post': serialiseBody({ kind: 'comment', author: mallory.signer.author, community: address, createdMs, root: honest.id, parent: honest.id, text: 'x' }, bytes => mallory.signer.sign(bytes)),
    'with a carriage return': new TextEncoder().encode(new TextDecoder().decode(post(mallory.signer, { text: 'line one' })).replace('line one', 'line\r one')),
    'with bytes that are no UTF-8': Uint8Array.of(...post(mallory.signer), 0xff, 0x0a)
  }
  const control = post(mallory.signer, { text: 'This one is true.' })
  const ids = new Map<string, PostId>()
  for (const [name, body] of [...Object.entries(lies), ['control', control] as const]) {
    const ref = await torrents.put(body)
    ids.set(name, ref.infoHash as string as PostId)
    await index.writer(mallory.signer).post({ community: address, contentId: ref.infoHash as string as ContentId, length: ref.length, title: 'Listed', createdMs })
  }
  await other[Symbol.asyncDispose]()
  await until('alice has every listing', async () => (await alice.feed()).items.length === ids.size + 1)
  await until('alice takes mallory for a member', () => alice.peers().some(({ communities }) => communities.length === 1))
  const before = (await alice.status()).bodies
  for (const name of Object.keys(lies)) {
    const id = ids.get(name) ?? assert.unreachable(name) as never
    await fails('BODY_MISMATCH', alice.bodies.read(id, { timeoutMs: MISMATCH_MS }))
    await fails('BODY_MISMATCH', alice.votes.up(id, { timeoutMs: MISMATCH_MS }))
    await fails('BODY_MISMATCH', alice.votes.down(id, { timeoutMs: MISMATCH_MS }))
    const { post: shown } = await alice.thread(id, { timeoutMs: 2000 })
    assert.equal([shown.available, shown.text, shown.vote, shown.seeding], [false, null, 0, false], name)
  }
  assert.is((await alice.status()).bodies, before, 'none of them was kept')
  const controlId = ids.get('control') ?? assert.unreachable() as never
  assert.is((await alice.bodies.read(controlId)).text, 'This one is true.')
  assert.is((await alice.votes.up(controlId)).seeding, true)
  assert.is(periodOf(createdMs), index.find(controlId)[0]?.period)
  assert.is(refOf(control).infoHash, controlId)

  // A comment whose body names another parent than its entry.
  const [root] = index.find(honest.id)
  assert.ok(root)
  const comment = serialiseBody({ kind: 'comment', author: mallory.signer.author, community: address, createdMs: Date.now(), root: honest.id, parent: controlId, text: 'Out of context.' }, bytes => mallory.signer.sign(bytes))
  const ref = await torrents.put(comment)
  const parsed = Date.parse(/created: (\S+)/.exec(new TextDecoder().decode(comment))?.[1] ?? '')
  await index.writer(mallory.signer).comment({ community: address, period: root.period, contentId: ref.infoHash as string as ContentId, length: ref.length, createdMs: parsed, root: root.item, parent: root.item })
  await until('alice lists the comment', async () => (await alice.thread(honest.id)).comments.length === 1)
  const thread = await alice.thread(honest.id)
  assert.equal([thread.post.text, thread.comments[0]?.available], ['Honest text.', false])
})

test.run()
