// Somebody lists another author's post under an older time: deletes it, edits it, or lies about its length. What the
// author wrote stays what everybody reads, and what the author deleted goes.
// test-timeout-ms: 600000
import { randomBytes } from 'node:crypto'
import { authorSeed, createNode, createPhrase, parsePhrase, serialiseBody, type CommonNodeOptions, type PostId, type Published, type SeedbedNode } from '@seedbed/core'
import { createCrdtIndex, createSigner, periodOf, type CommunityAddress, type ContentId, type Signer } from '@seedbed/crdt-index'
import { createTorrentStore } from '@seedbed/torrent-store'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../e2e/temporary-folder.ts'

const test = suite('hostile/borrowed')

const LIES = ['deleted', 'edited', 'bogus edit', 'length'] as const
type Lie = typeof LIES[number]
const OFFLINE: CommonNodeOptions = { torrent: false, network: false }

interface Victim {
  readonly db: MemoryLevel
  readonly phrase: string
  readonly address: CommunityAddress
  readonly post: Published
}

async function createVictim (): Promise<Victim> {
  const db = new MemoryLevel()
  const phrase = createPhrase()
  await using node = await createNode({ db, phrase, ...OFFLINE })
  const { address } = await node.communities.create({ slug: 'target', difficulty: 0 })
  return { db, phrase, address, post: await node.posts.create({ community: address, title: 'By the victim', text: 'True text.' }) }
}

/** Writes what the attacker publishes into the victim's index, as if it had come from a peer. */
async function borrow ({ db, address, post }: Victim, lie: Lie | 'plain', evil: Signer, olderMs = 1): Promise<void> {
  const index = await createCrdtIndex({ db: db.sublevel('index') })
  const writer = index.writer(evil)
  const createdMs = post.createdAtMs - olderMs
  const period = periodOf(createdMs)
  const item = await writer.post({ community: address, contentId: post.id, length: lie === 'length' ? post.length + 1 : post.length, title: 'By evil', createdMs })
  if (lie === 'deleted') await writer.delete({ community: address, period, item })
  if (lie === 'edited' || lie === 'bogus edit') {
    const editedMs = post.createdAtMs + 5
    const store = await createTorrentStore({ db: db.sublevel('torrents') })
    const bytes = serialiseBody({ kind: 'post', author: evil.author, community: address, createdMs: editedMs, revises: post.id, title: 'By evil', text: 'FORGED' }, payload => evil.sign(payload))
    const forged = lie === 'edited' ? await store.put(bytes) : null
    await store.close()
    await writer.edit({ community: address, period, item, contentId: (forged?.infoHash ?? 'ab'.repeat(20)) as ContentId, length: bytes.length, title: 'By evil', editedMs })
  }
  await index.close()
}

async function showsTheVictim (node: SeedbedNode, victim: string, id: PostId, lie: string): Promise<void> {
  const live = node.live.thread(id)
  const texts = new Set<string | null>()
  let author: string | null = null
  const look = (): void => {
    const snapshot = live.getSnapshot()
    if (snapshot.state !== 'ready') return
    texts.add(snapshot.value.post.text)
    if (snapshot.value.post.text !== null) author = snapshot.value.post.author
  }
  const leave = live.subscribe(look)
  await until(`the live thread shows the text (${lie})`, () => author !== null)
  leave()
  texts.delete(null)
  assert.equal([author, ...texts], [victim, 'True text.'], lie)
}

/** Everything that takes the id answers with what the victim wrote. */
async function readsTheVictim (node: SeedbedNode, victim: string, { id, length }: Published, lie: string): Promise<void> {
  const options = { timeoutMs: 120_000 }
  const { post, title } = await node.thread(id, options)
  assert.equal([title, post.author, post.text, post.deleted], ['By the victim', victim, 'True text.', false], lie)
  const [listed, ...more] = await node.revisions.list(id)
  assert.equal([listed?.revision, listed?.length, more.length], [id, length, 0], lie)
  assert.is((await node.revisions.read(id, id, options)).text, 'True text.', lie)
  assert.is((await node.bodies.read(id, options)).text, 'True text.', lie)
  assert.match(await node.bodies.magnet(id), `xt=urn:btih:${id}&dn=By%20the%20victim&xl=${length}`, lie)
  assert.ok((await node.bodies.torrentFile(id, options)).length > 0, lie)
  const { score, seeding } = await node.votes.up(id, options)
  assert.equal([score, seeding], [1, (await node.status()).peerId !== null], lie) // an offline reader serves nobody
  const comment = await node.comments.create({ parent: id, text: 'An answer.', ...options })
  assert.equal((await node.thread(id, options)).comments.map(each => each.id), [comment.id], lie)
  assert.is((await node.votes.clear(id, options)).score, 0, lie)
  assert.equal((await node.feed()).items.map(({ author }) => author), [victim], lie)
  await showsTheVictim(node, victim, id, lie)
}

test('a reader who has the body: no listing of somebody else changes what is read', async () => {
  for (const lie of LIES) {
    const victim = await createVictim()
    await borrow(victim, lie, createSigner(randomBytes(32)))
    const author = createSigner(authorSeed(parsePhrase(victim.phrase))).author
    await using reader = await createNode({ db: victim.db, phrase: createPhrase(), ...OFFLINE })
    await readsTheVictim(reader, author, victim.post, lie)
  }
})

test('a newcomer fetches the first revision by its infohash and decides', async () => {
  for (const lie of LIES) {
    const victim = await createVictim()
    await borrow(victim, lie, createSigner(randomBytes(32)))
    await using author = await createNode({ db: victim.db, phrase: victim.phrase, torrent: false })
    await using reader = await createNode({ db: new MemoryLevel(), phrase: createPhrase(), torrent: false, network: { connect: (await author.status()).addresses } })
    await reader.communities.join(victim.address)
    await until('the reader has both listings', async () => (await reader.status()).communities[0]?.digest === (await author.status()).communities[0]?.digest)
    assert.match(await reader.bodies.magnet(victim.post.id), `xt=urn:btih:${victim.post.id}`)
    await showsTheVictim(reader, author.author, victim.post.id, lie)
    await readsTheVictim(reader, author.author, victim.post, lie)
  }
})

test('while nobody has the body, nothing of a borrowed listing is shown as the text, and each call ends in time', async () => {
  const victim = await createVictim()
  for (const lie of LIES) await borrow(victim, lie, createSigner(randomBytes(32)), 1 + LIES.indexOf(lie))
  const store = await createTorrentStore({ db: victim.db.sublevel('torrents') })
  await store.delete(victim.post.id as never)
  await store.close()
  await using author = await createNode({ db: victim.db, phrase: victim.phrase, torrent: false })
  await using reader = await createNode({ db: new MemoryLevel(), phrase: createPhrase(), torrent: false, network: { connect: (await author.status()).addresses } })
  await reader.communities.join(victim.address)
  await until('the reader has all listings', async () => (await reader.status()).communities[0]?.digest === (await author.status()).communities[0]?.digest)
  const { id } = victim.post
  // The signal tells a call that does not keep to its time: it would reject with another error.
  const options = { timeoutMs: 300, signal: AbortSignal.timeout(8000) }
  const codes = await Promise.all([
    reader.bodies.read(id, options), reader.votes.up(id, options), reader.votes.clear(id, options), reader.revisions.list(id, options), reader.revisions.read(id, id, options),
    reader.comments.create({ parent: id, text: 'An answer.', ...options })
  ].map(async call => await call.then(() => 'answered', (error: { code?: string }) => error.code)))
  assert.equal(new Set(codes), new Set(['BODY_UNAVAILABLE']))
  const { post } = await reader.thread(id, options)
  assert.equal([post.available, post.text, post.deleted], [false, null, false])
})

test('what its author deleted goes, whoever lists it too', async () => {
  const victim = await createVictim()
  await borrow(victim, 'plain', createSigner(randomBytes(32)), -1)
  await using author = await createNode({ ...victim, ...OFFLINE })
  assert.is((await author.status()).bodies, 1)
  await author.delete(victim.post.id)
  await until('the body is dropped', async () => (await author.status()).bodies === 0)
  assert.equal((await author.feed()).items, [], 'the borrowed listing is no post')
})

test('what is cached can be dropped, though somebody lists the reader\'s own post as an edit of it', async () => {
  const victim = await createVictim()
  const phrase = createPhrase()
  const reader = await createNode({ db: victim.db, phrase, ...OFFLINE })
  const own = await reader.posts.create({ community: victim.address, title: 'Own', text: 'Own text.' })
  await reader.close()
  const evil = createSigner(randomBytes(32))
  await borrow(victim, 'plain', evil)
  const index = await createCrdtIndex({ db: victim.db.sublevel('index') })
  const item = index.find(victim.post.id).find(({ author }) => author === evil.author)
  assert.ok(item)
  await index.writer(evil).edit({ community: victim.address, period: item.period, item: item.item, contentId: own.id, length: own.length, title: 'By evil', editedMs: own.createdAtMs })
  await index.close()
  await using again = await createNode({ db: victim.db, phrase, ...OFFLINE })
  assert.equal((await again.seeds.list()).items.map(({ id, why, title }) => [id, why, title]), [[own.id, 'own', 'Own'], [victim.post.id, 'cached', 'By the victim']])
  assert.equal(await again.seeds.drop(victim.post.id), { id: victim.post.id, bodies: 1 })
})

test('what was deleted while a borrowed listing stood is dropped at the next start, and a borrowed deletion drops nothing', async () => {
  const victim = await createVictim()
  await borrow(victim, 'deleted', createSigner(randomBytes(32)))
  const reader = await createNode({ db: victim.db, phrase: createPhrase(), ...OFFLINE })
  assert.is((await reader.status()).bodies, 1)
  await reader.close()
  const { author } = createSigner(authorSeed(parsePhrase(victim.phrase)))
  await borrow(victim, 'plain', createSigner(randomBytes(32)), 0)
  // The tombstone of the author's other device, which came while this one was closed.
  const index = await createCrdtIndex({ db: victim.db.sublevel('index') })
  const own = index.find(victim.post.id).find(each => each.author === author)
  assert.ok(own)
  await index.writer(createSigner(authorSeed(parsePhrase(victim.phrase)))).delete({ community: victim.address, period: own.period, item: own.item })
  await index.close()
  await using last = await createNode({ ...victim, ...OFFLINE })
  assert.is((await last.status()).bodies, 0)
})

test.run()
