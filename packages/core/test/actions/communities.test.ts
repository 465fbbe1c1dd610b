import { getEventListeners, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Level } from 'level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createNode } from '../../src/create-node.ts'
import { formatInvitation } from '../../src/discovery/invitation.ts'
import type { NodeEvents, SeedbedNode } from '../../src/node.ts'
import type { NodeOptions } from '../../src/options.ts'

const test = suite<{ dir: string }>('communities')

test.before.each(async context => { context.dir = await mkdtemp(path.join(tmpdir(), 'seedbed-communities-')) })
test.after.each(async ({ dir }) => { await rm(dir, { recursive: true, force: true }) })

const open = async (dir: string, name: string, network: NodeOptions['network'] = false): Promise<SeedbedNode> =>
  await createNode({ dataDir: path.join(dir, name), network, torrent: false })
const codeOf = async (call: Promise<unknown>): Promise<unknown> => await call.then(() => assert.unreachable(), (error: { code?: unknown }) => error.code ?? error)
const stampsOf = (node: SeedbedNode): Array<NodeEvents['stamp']> => {
  const stamps: Array<NodeEvents['stamp']> = []
  node.on('stamp', stamp => { stamps.push(stamp) })
  return stamps
}

async function until (what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if (holds()) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error(`never: ${what}`)
}

test('the founder\'s stamp is found while the community is made, once', async ({ dir }) => {
  let address: string
  {
    await using node = await open(dir, 'ada')
    const stamps = stampsOf(node)
    ;({ address } = await node.communities.create({ slug: 'seeds', difficulty: 8 }))
    await node.posts.create({ community: address, title: 'One', text: 'Text' })
    assert.equal(stamps.filter(({ found }) => found).map(({ community, expectedHashes }) => [community, expectedHashes]), [[address, 256]])
  }
  await using again = await open(dir, 'ada')
  const stamps = stampsOf(again)
  await again.posts.create({ community: address, title: 'Two', text: 'Text' })
  assert.equal(stamps, [])
})

test('a difficulty is a whole number up to 32', async ({ dir }) => {
  await using node = await open(dir, 'ada')
  for (const difficulty of [-1, 33, 0.5, Number.NaN]) assert.is(await codeOf(node.communities.create({ slug: 'seeds', difficulty })), 'USAGE')
})

test('an abort gives up the search and what waits for it, and so does close', async ({ dir }) => {
  const node = await open(dir, 'ada')
  const abort = new AbortController()
  const given = codeOf(node.communities.create({ slug: 'seeds', difficulty: 32, signal: abort.signal }))
  abort.abort(new Error('enough'))
  assert.is((await given as Error).message, 'enough')
  assert.equal(node.communities.list(), [])
  const closed = codeOf(node.communities.create({ slug: 'seeds', difficulty: 32 }))
  await node.close()
  assert.is(await closed, 'CLOSED')
})

test('an abort while the peers of a link are met leaves nothing joined, and nothing left that was joined before', async ({ dir }) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  await using node = await open(dir, 'ada', {})
  await using other = await open(dir, 'bob')
  const { address: own } = await node.communities.create({ slug: 'seeds', difficulty: 0 })
  const { address: foreign } = await other.communities.create({ slug: 'weeds', difficulty: 0 })
  for (const community of [foreign, own]) {
    const link = formatInvitation({ community, peers: [`/ip4/127.0.0.1/tcp/${(silent.address() as AddressInfo).port}/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5`], post: null })
    const abort = new AbortController()
    const joining = codeOf(node.communities.join(link, { signal: abort.signal }))
    await until('it is joined meanwhile', () => node.communities.list().some(({ address }) => address === community))
    abort.abort(new Error('enough'))
    assert.is((await joining as Error).message, 'enough')
    assert.equal(node.communities.list().map(({ address }) => address), [own])
  }
  silent.close()
})

test('a peer that joined looks for its stamp before anybody waits, a command without network does not', async ({ dir }) => {
  await using ada = await open(dir, 'ada', {})
  const { address } = await ada.communities.create({ slug: 'seeds', difficulty: 8 })
  const [peer = ''] = (await ada.status()).addresses
  {
    await using bob = await open(dir, 'bob', { connect: [peer] })
    const stamps = stampsOf(bob)
    await bob.communities.join(address)
    await until('the stamp is found', () => stamps.some(({ found }) => found))
    const before = stamps.length
    await bob.posts.create({ community: address, title: 'One', text: 'Text' })
    assert.is(stamps.length, before)
  }
  // The same folder without the stamp, of which nothing was written: a command does not look before it writes.
  await using cyd = await open(dir, 'cyd', { connect: [peer] })
  await cyd.communities.join(address)
  await until('the community is known', () => cyd.communities.list()[0]?.slug === 'seeds')
  await cyd.close()
  await forgetStamps(path.join(dir, 'cyd', 'db'))
  {
    await using command = await open(dir, 'cyd')
    const stamps = stampsOf(command)
    await new Promise(resolve => setTimeout(resolve, 200))
    assert.equal(stamps, [])
    await command.posts.create({ community: address, title: 'Two', text: 'Text' })
    assert.is(stamps.at(-1)?.found, true)
  }
})

async function forgetStamps (location: string): Promise<void> {
  const db = new Level(location)
  await db.sublevel('index').sublevel('stamps').clear()
  await db.close()
}

test('a community tells its difficulty, and joining leaves nothing on the caller\'s signal', async ({ dir }) => {
  await using node = await open(dir, 'ada', {})
  assert.is((await node.communities.create({ slug: 'seeds', difficulty: 3 })).difficulty, 3)
  const { signal } = new AbortController()
  const joined = await node.communities.join('ab'.repeat(32), { timeoutMs: 1, signal })
  assert.equal([joined.difficulty, joined.slug], [null, null])
  assert.is(getEventListeners(signal, 'abort').length, 0)
  assert.equal(new Set(node.communities.list().map(({ difficulty }) => difficulty)), new Set([3, null]))
})

test('a community is found by its address in either case; slugs that two have lead to their addresses', async ({ dir }) => {
  await using node = await open(dir, 'ada')
  const one = await node.communities.create({ slug: 'seeds', difficulty: 0 })
  const two = await node.communities.create({ slug: 'seeds', difficulty: 0 })
  assert.is(node.communities.resolve(` ${one.address.toUpperCase()} `).address, one.address)
  assert.throws(() => node.communities.resolve('seeds'), ({ code, message }: { code: string, message: string }) => code === 'AMBIGUOUS_COMMUNITY' && message.includes(one.address) && message.includes(two.address))
})

test('what nothing serves is not called seeding, and a name that cannot be one is called a name', async ({ dir }) => {
  const post = async (node: SeedbedNode, community: string): Promise<string> => (await node.posts.create({ community, title: 'One', text: 'Text' })).id
  let id: string
  {
    await using alone = await open(dir, 'ada')
    const { address } = await alone.communities.create({ slug: 'seeds', difficulty: 0 })
    id = await post(alone, address)
    assert.equal([(await alone.feed()).items[0]?.seeding, (await alone.thread(id)).post.seeding], [false, false])
    for (const [name, wrong] of [['a\nb', /^The name has the control character/], ['n'.repeat(400), /the name .* at most 100 bytes/]] as const) {
      await alone.profiles.set({ name }).then(() => assert.unreachable(), ({ message }: Error) => { assert.match(message, wrong) })
    }
  }
  await using online = await open(dir, 'ada', {})
  assert.equal([(await online.feed()).items[0]?.seeding, (await online.thread(id)).post.seeding], [true, true])
})

test('a community has a room of its own, after a restart too, until the usual one is chosen again', async ({ dir }) => {
  const budgets = async (node: SeedbedNode): Promise<number[]> => (await node.status()).communities.map(({ storage }) => storage.budgetBytes)
  let usual = 0
  {
    await using node = await open(dir, 'ada')
    await node.communities.create({ slug: 'garden', difficulty: 0 })
    const [before = 0] = await budgets(node)
    usual = before
    await node.communities.budget('garden', 2 ** 20)
    for (const bytes of [-1, Number.NaN, '5', undefined]) assert.is(await codeOf(node.communities.budget('garden', bytes as number)), 'USAGE', String(bytes))
    assert.is(await codeOf(node.communities.budget('nowhere', 1)), 'UNKNOWN_COMMUNITY')
    assert.equal(await budgets(node), [2 ** 20])
  }
  await using node = await open(dir, 'ada')
  assert.equal(await budgets(node), [2 ** 20])
  await node.communities.budget('garden', Infinity)
  assert.equal(await budgets(node), [Infinity])
  await node.communities.budget('garden', null)
  assert.equal(await budgets(node), [usual])
  assert.ok(usual > 2 ** 20)
})

test.run()
