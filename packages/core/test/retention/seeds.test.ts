// Seeds, quota and the feed's marks between real nodes on loopback.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SeedbedError } from '../../src/errors.ts'
import type { SeedbedNode } from '../../src/node.ts'
import { connect, until, withNodes } from '../queries/live/nodes.ts'

const test = suite('core/retention/seeds')

async function codeOf (work: Promise<unknown>): Promise<string> {
  const error = await work.then(() => null, (reason: unknown) => reason)
  return error instanceof SeedbedError ? error.code : String(error)
}

const why = async (node: SeedbedNode): Promise<Record<string, string>> => Object.fromEntries((await node.seeds.list()).items.map(({ id, why }) => [id, why]))

test('why each body is here follows votes and membership; only cached ones can be dropped', async () => {
  await withNodes(async start => {
    const [alice, bob] = await Promise.all([start('alice'), start('bob')])
    const { address } = await alice.communities.create({ slug: 'garden', difficulty: 0 })
    const [read, voted] = await Promise.all(['read', 'voted'].map(async title => await alice.posts.create({ community: address, title, text: `the text of ${title}` })))
    assert.ok(read && voted)
    await connect(bob, alice)
    await bob.communities.join(address)
    await until('bob lists both', async () => (await bob.feed()).items.length === 2)
    const own = await bob.posts.create({ community: address, title: 'own', text: 'my own text' })
    await bob.bodies.read(read.id)
    await bob.votes.up(voted.id)

    const { items, totals, cacheBytes } = await bob.seeds.list()
    assert.equal(items.map(({ id, revision, kind, title, community, why, bytes, sha256 }) => ({ id, revision, kind, title, community, why, bytes, sha256 })), [
      { ...own, why: 'own' as const }, { ...voted, title: 'voted', why: 'upvoted' as const }, { ...read, why: 'cached' as const }
    ].map(({ id, community, length, sha256, why }) => ({ id, revision: id, kind: 'post', title: why === 'own' ? 'own' : why === 'upvoted' ? 'voted' : 'read', community, why, bytes: length, sha256 })))
    assert.equal(totals, { own: { bodies: 1, bytes: own.length }, upvoted: { bodies: 1, bytes: voted.length }, cached: { bodies: 1, bytes: read.length } })
    assert.is(cacheBytes, 256 * 1024 * 1024)
    assert.is((await bob.seeds.list({ limit: 1 })).items.length, 1)
    assert.equal((await bob.seeds.list({ limit: 1 })).totals, totals)
    for (const limit of [0, 1.5, 100_001]) assert.is(await codeOf(bob.seeds.list({ limit })), 'USAGE')

    assert.is(await codeOf(bob.seeds.drop(own.id)), 'PINNED')
    assert.is(await codeOf(bob.seeds.drop(voted.id)), 'PINNED')
    assert.is(await codeOf(bob.seeds.drop('zz')), 'BAD_ID')
    assert.equal(await bob.seeds.drop(read.id), { id: read.id, bodies: 1 })
    assert.equal(await bob.seeds.drop(read.id), { id: read.id, bodies: 0 })
    await bob.votes.clear(voted.id)
    assert.equal(await why(bob), { [own.id]: 'own', [voted.id]: 'cached' })
    assert.equal(await bob.seeds.drop(voted.id), { id: voted.id, bodies: 1 })
    assert.equal(await why(bob), { [own.id]: 'own' })

    await bob.communities.leave(address)
    const [left] = (await bob.seeds.list()).items
    assert.equal({ id: left?.id, title: left?.title, why: left?.why, community: left?.community, kind: left?.kind }, { id: own.id, title: 'own', why: 'cached', community: address, kind: 'post' }, 'the file itself tells')
    assert.equal(await bob.seeds.drop(own.id), { id: own.id, bodies: 1 })
  })
})

test('reading goes on for ever under a small quota, and what is own or upvoted stays, also after a restart', async () => {
  await withNodes(async start => {
    const alice = await start('alice')
    let bob = await start('bob', { cacheBytes: 30_000 })
    const { address } = await alice.communities.create({ slug: 'garden', difficulty: 0 })
    const posts: string[] = []
    for (let i = 0; i < 12; i++) posts.push((await alice.posts.create({ community: address, title: `post ${i}`, text: `${i} `.repeat(3000) })).id)
    await connect(bob, alice)
    await bob.communities.join(address)
    await until('bob lists all', async () => (await bob.feed()).items.length === posts.length)
    const own = (await bob.posts.create({ community: address, title: 'own', text: 'mine '.repeat(8000) })).id
    const votes = posts.slice(0, 3)
    for (const id of votes) await bob.votes.up(id)
    for (const id of posts) await bob.bodies.read(id)
    const check = async (): Promise<void> => {
      await until('the cache fits its quota', async () => (await bob.seeds.list()).totals.cached.bytes <= 30_000)
      const { totals, items } = await bob.seeds.list()
      assert.equal([totals.own.bodies, totals.upvoted.bodies], [1, votes.length])
      assert.ok(items.some(({ id, why }) => id === own && why === 'own'))
      for (const vote of votes) assert.ok(items.some(({ id, why }) => id === vote && why === 'upvoted'))
    }
    await check()
    assert.ok((await bob.seeds.list()).totals.cached.bodies > 0)
    await bob.close()
    bob = await start('bob', { cacheBytes: 0 })
    await until('nothing is cached', async () => (await bob.seeds.list()).totals.cached.bodies === 0)
    await check()
    // Votes taken back: what they pinned is cached, and the quota is nothing.
    for (const vote of votes) await bob.votes.clear(vote)
    await until('only the own one is left', async () => (await bob.seeds.list()).items.length === 1)
    assert.is((await bob.bodies.read(own)).servedBy, null)
  })
})

test('the feed says how many seeds are known, without waiting to find out', async () => {
  await withNodes(async start => {
    const [alice, bob, carol] = await Promise.all([start('alice'), start('bob'), start('carol')])
    const { address } = await alice.communities.create({ slug: 'garden', difficulty: 0 })
    const { id } = await alice.posts.create({ community: address, title: 'title', text: 'text' })
    const seeds = async (node: SeedbedNode): Promise<number | null | undefined> => (await node.feed()).items[0]?.seeds
    assert.is(await seeds(alice), 1, 'its own')
    for (const node of [bob, carol]) {
      await connect(node, alice)
      await node.communities.join(address)
    }
    await connect(carol, bob)
    await until('carol has it in her feed', async () => (await carol.feed()).items.length === 1)
    const told: string[] = []
    carol.on('seeds', ({ community }) => { told.push(community) })
    await until('carol knows that alice has it', async () => await seeds(carol) === 1)
    assert.ok(told.every(community => community === address))
    await bob.votes.up(id)
    await until('alice and carol hear of the second seed', async () => await seeds(alice) === 2 && await seeds(carol) === 2)
    await carol.bodies.read(id)
    assert.is(await seeds(carol), 3)
    await carol.seeds.drop(id)
    await Promise.all([alice.close(), bob.close()])
    await until('nobody is left who has it', async () => await seeds(carol) === 0)
  })
})

test.run()
