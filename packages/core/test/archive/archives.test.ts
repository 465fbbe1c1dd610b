import * as fc from 'fast-check'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createGenesis, createSigner } from '@seedbed/crdt-index'
import { ARCHIVE_MAGIC, encodeRecord, RecordType } from '../../src/archive/archive-format.ts'
import { readArchive, type ArchiveRecord } from '../../src/archive/read-archive.ts'
import { serialiseBody } from '../../src/bodies/body-file.ts'
import { createNode } from '../../src/create-node.ts'
import { authorSeed, createPhrase, parsePhrase } from '../../src/identity/phrase.ts'
import type { CommonNodeOptions } from '../../src/options.ts'
import type { SeedbedNode } from '../../src/node.ts'
import { codeOf, until } from '../nodes.ts'

const test = suite('archives')

async function open (options: CommonNodeOptions & { phrase?: string } = {}): Promise<SeedbedNode> {
  return await createNode({ db: new MemoryLevel(), phrase: createPhrase(), network: false, torrent: false, ...options })
}

/** The chunks go through a copy of their own, as from a file. */
async function exportOf (node: SeedbedNode, community: string): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(node.archives.export({ community })))
}

async function recordsOf (archive: Uint8Array): Promise<ArchiveRecord[]> {
  return await Array.fromAsync(readArchive(archive))
}

function write (parts: readonly ArchiveRecord[]): Uint8Array {
  return Buffer.concat([ARCHIVE_MAGIC, ...parts.map(({ type, payload }) => encodeRecord(type, payload)), encodeRecord(RecordType.end)])
}

interface Sample { readonly community: string, readonly post: string, readonly comment: string, readonly archive: Buffer, readonly phrase: string }

/** Ada's post and Bob's comment and upvote, told from one to the other in archives. */
async function makeSample (): Promise<Sample> {
  const phrase = createPhrase()
  await using ada = await open({ phrase })
  await using bob = await open()
  const { address } = await ada.communities.create({ slug: 'gardening', title: 'Gardening', difficulty: 0 })
  const post = await ada.posts.create({ community: address, title: 'Slugs', text: 'They eat everything.' })
  await ada.posts.create({ community: address, title: 'Snails', text: 'They too.' })
  await bob.archives.import(await exportOf(ada, address))
  await bob.votes.up(post.id)
  const comment = await bob.comments.create({ parent: post.id, text: 'Beer traps.' })
  await ada.archives.import(await exportOf(bob, address))
  return { community: address, post: post.id, comment: comment.id, archive: await exportOf(ada, address), phrase }
}

const sample = await makeSample()

test('another peer gets the community with its texts, votes and digest, without a network', async () => {
  await using node = await open()
  const { community, ...counts } = await node.archives.import(sample.archive)
  assert.is(community.address, sample.community)
  assert.is(community.title, 'Gardening')
  const records = await recordsOf(sample.archive)
  assert.equal(counts, { envelopes: records.filter(({ type }) => type === RecordType.envelope).length, bodies: 3, refused: 0 })
  const { items } = await node.feed({ sort: 'top' })
  assert.equal(items.map(({ title, score, comments }) => [title, score, comments]), [['Slugs', 1, 1], ['Snails', 0, 0]])
  const thread = await node.thread(sample.post)
  assert.is(thread.post.text, 'They eat everything.')
  assert.equal(thread.comments.map(({ id, text }) => [id, text]), [[sample.comment, 'Beer traps.']])
  const { totals } = await node.seeds.list()
  assert.equal([totals.own.bodies, totals.upvoted.bodies, totals.cached.bodies], [0, 0, 3])
})

test('equal contents give equal bytes, and a second import changes nothing', async () => {
  await using node = await open()
  await node.archives.import(sample.archive)
  assert.ok((await exportOf(node, 'gardening')).equals(sample.archive))
  const { community: _, ...counts } = await node.archives.import(sample.archive)
  assert.equal(counts, { envelopes: 0, bodies: 0, refused: 0 })
  assert.ok((await exportOf(node, sample.community)).equals(sample.archive))
})

test('the author\'s own bodies are pinned again when the author imports', async () => {
  await using node = await open({ phrase: sample.phrase })
  await node.archives.import(sample.archive)
  const { totals } = await node.seeds.list()
  assert.equal([totals.own.bodies, totals.cached.bodies], [2, 1])
  assert.ok(await node.delete(sample.post))
})

test('an archive in chunks of any length is taken like one in a piece', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 4000 }), async length => {
    await using node = await open()
    async function * chunks (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < sample.archive.length; at += length) yield Uint8Array.from(sample.archive.subarray(at, at + length))
    }
    assert.is((await node.archives.import(chunks())).bodies, 3)
  }), { numRuns: 5 })
})

test('a part of an archive is BAD_ARCHIVE, and what was whole in it is kept', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: sample.archive.length - 1 }), async cut => {
    await using node = await open()
    assert.is(await codeOf(node.archives.import(sample.archive.subarray(0, cut))), 'BAD_ARCHIVE')
    const whole: ArchiveRecord[] = []
    await codeOf((async () => { for await (const record of readArchive(sample.archive.subarray(0, cut))) whole.push(record) })())
    assert.is(node.communities.list().length, whole.length > 0 ? 1 : 0)
    assert.is((await node.seeds.list()).items.length, whole.filter(({ type }) => type === RecordType.body).length)
    // The rest may come later.
    assert.is((await node.archives.import(sample.archive)).refused, 0)
    assert.ok((await exportOf(node, sample.community)).equals(sample.archive))
  }), { numRuns: 12 })
})

test('a changed byte costs what it is in, and nothing else gets in by it', async () => {
  const records = await recordsOf(sample.archive)
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: records.length - 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }), async (which, where, flip) => {
    await using node = await open()
    const changed = records.map(({ type, payload }, at) => {
      const copy = Uint8Array.from(payload)
      const place = where % copy.length
      if (at === which) copy[place] = (copy[place] ?? 0) ^ flip
      return { type, payload: copy }
    })
    const { envelopes, bodies, refused } = await node.archives.import(write(changed))
    assert.ok(refused >= 1)
    assert.is(envelopes + bodies + refused, records.length - 1)
    const sound = new Set(records.map(({ payload }) => Buffer.from(payload).toString('hex')))
    for (const { payload } of await recordsOf(await exportOf(node, sample.community))) assert.ok(sound.has(Buffer.from(payload).toString('hex')))
  }), { numRuns: 25 })
})

test('bodies that no valid envelope lists are refused, whoever signed them', async () => {
  await using node = await open()
  const signer = createSigner(authorSeed(parsePhrase(createPhrase())))
  const stray = serialiseBody({ kind: 'post', author: signer.author, community: sample.community as never, createdMs: Date.now(), title: 'Buy', text: 'Now.' }, bytes => signer.sign(bytes))
  const records = await recordsOf(sample.archive)
  const { bodies, refused } = await node.archives.import(write([...records, { type: RecordType.body, payload: stray }, { type: RecordType.body, payload: new TextEncoder().encode('no body at all') }]))
  assert.equal([bodies, refused], [3, 2])
  assert.is((await node.seeds.list()).items.length, 3)
})

test('what belongs to another community does not come in with this one', async () => {
  await using other = await open()
  const { address } = await other.communities.create({ slug: 'cooking', difficulty: 0 })
  await other.posts.create({ community: address, title: 'Soup', text: 'Hot.' })
  const foreign = await recordsOf(await exportOf(other, address))
  const own = await recordsOf(sample.archive)
  const mixed = [...own, ...foreign.slice(1)].sort((a, b) => a.type - b.type)
  await using node = await open()
  const { refused, bodies } = await node.archives.import(write(mixed))
  assert.equal([refused, bodies], [foreign.length - 1, 3])
  assert.equal(node.communities.list().map(({ address }) => address), [sample.community])
  assert.ok((await exportOf(node, sample.community)).equals(sample.archive))
})

test('a genesis that is none changes nothing', async () => {
  await using node = await open()
  const garbage = { type: RecordType.genesis, payload: new Uint8Array(100) }
  const forged = createGenesis({ founder: createSigner(new Uint8Array(32).fill(7)), slug: 'seeds', difficulty: 0, nonce: new Uint8Array(16) }).bytes.slice()
  forged[3] = (forged[3] ?? 0) ^ 1
  for (const genesis of [garbage, { type: RecordType.genesis, payload: forged }]) {
    assert.is(await codeOf(node.archives.import(write([genesis]))), 'BAD_ARCHIVE')
    assert.equal(node.communities.list(), [])
  }
})

test('what its author deleted is neither given nor taken', async () => {
  await using ada = await open({ phrase: sample.phrase })
  await ada.archives.import(sample.archive)
  await ada.delete(sample.post)
  const bodiesOf = async (archive: Uint8Array): Promise<number> => (await recordsOf(archive)).filter(({ type }) => type === RecordType.body).length
  const after = await exportOf(ada, sample.community)
  assert.is(await bodiesOf(after), 2)
  await using node = await open()
  await node.archives.import(after)
  assert.is((await node.archives.import(sample.archive)).bodies, 0)
  assert.is((await node.seeds.list()).items.length, 2)
})

test('an archive from the future is left out until its time has come', async () => {
  let nowMs = Date.now() + 3_600_000
  await using early = await open({ clock: () => nowMs })
  const { address } = await early.communities.create({ slug: 'tomorrow', difficulty: 0, title: 'Tomorrow' })
  const archive = await exportOf(early, address)
  nowMs = Date.now()
  await using node = await open({ clock: () => nowMs })
  assert.equal([(await node.archives.import(archive)).refused, node.communities.resolve('tomorrow').title], [1, null])
  nowMs += 3_600_000
  assert.equal([(await node.archives.import(archive)).envelopes, node.communities.resolve('tomorrow').title], [1, 'Tomorrow'])
})

test('what was left is joined again, and the author\'s devices learn of it', async () => {
  await using node = await open()
  await node.archives.import(sample.archive)
  await node.communities.leave(sample.community)
  assert.equal([node.communities.list(), node.personal.state().communities], [[], []])
  assert.is((await node.archives.import(sample.archive)).bodies, 0) // they had stayed as cached ones
  assert.equal(node.personal.state().communities, [sample.community])
  assert.is((await node.thread(sample.post)).post.text, 'They eat everything.')
})

test('the quota holds for what an archive brings', async () => {
  await using ada = await open()
  const { address } = await ada.communities.create({ slug: 'long', difficulty: 0 })
  for (let i = 0; i < 20; i++) await ada.posts.create({ community: address, title: `post ${i}`, text: 'x'.repeat(10_000) })
  const archive = await exportOf(ada, address)
  await using node = await open({ cacheBytes: 50_000 })
  assert.is((await node.archives.import(archive)).bodies, 20)
  await until('the cache fits its quota', async () => (await node.seeds.list()).totals.cached.bytes <= 50_000)
  const { cached } = (await node.seeds.list()).totals
  assert.ok(cached.bytes <= 50_000 && cached.bodies > 0, String(cached.bytes))
})

test('both ways end with the signal, and what is not there is told', async () => {
  await using node = await open()
  await node.archives.import(sample.archive)
  assert.is(await codeOf(exportOf(node, 'nowhere')), 'UNKNOWN_COMMUNITY')
  await node.communities.join('ab'.repeat(32))
  assert.is(await codeOf(exportOf(node, 'ab'.repeat(32))), 'UNKNOWN_COMMUNITY')
  const reason = Object.assign(new Error('enough'), { code: 'ENOUGH' })
  const ended = new AbortController()
  ended.abort(reason)
  assert.is(await codeOf(Array.fromAsync(node.archives.export({ community: sample.community, signal: ended.signal }))), 'ENOUGH')
  assert.is(await codeOf(node.archives.import(sample.archive, { signal: ended.signal })), 'ENOUGH')
  const later = new AbortController()
  let closed = false
  async function * slow (): AsyncGenerator<Uint8Array> {
    try {
      for (let at = 0; at < sample.archive.length; at += 100) {
        if (at > 1000) later.abort(reason)
        yield sample.archive.subarray(at, at + 100)
      }
    } finally {
      closed = true
    }
  }
  assert.is(await codeOf(node.archives.import(slow(), { signal: later.signal })), 'ENOUGH')
  assert.ok(closed)
})

test.run()
