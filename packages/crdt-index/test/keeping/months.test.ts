// Months that are kept, dropped, remembered and fetched again, between indices over a memory network.
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex, CrdtIndexOptions } from '../../src/crdt-index.ts'
import { decodeEnvelope } from '../../src/envelope/envelope.ts'
import { createSigner } from '../../src/identity/keys.ts'
import { META_PERIOD, type CommunityAddress, type ContentId, type ItemId } from '../../src/model.ts'
import { createMemoryNetwork } from '../../src/sync/memory-transport.ts'
import { until } from '../sync/memory-replica.ts'

const test = suite('months')
const ada = createSigner(new Uint8Array(32).fill(1))
const bob = createSigner(new Uint8Array(32).fill(2))
const HOUR = 3_600_000
const NOW = Date.UTC(2026, 5, 15)
/** From the newest on. */
const MONTHS = [202606, 202605, 202604, 202603, 202602, 202601] as const
const timeIn = (period: number): number => Date.UTC(Math.floor(period / 100), period % 100 - 1, 10)
const contentOf = (period: number, n = 0): ContentId => `${period}${n}`.padStart(40, '0') as ContentId

async function open (options: Partial<CrdtIndexOptions>): Promise<CrdtIndex> {
  return await createCrdtIndex({ db: new MemoryLevel(), clock: () => NOW, syncIntervalMs: HOUR, ...options })
}

/** A community of ada's with a post and a comment in each month, and bob's vote on each post. */
async function fill (index: CrdtIndex): Promise<{ address: CommunityAddress, items: Map<number, ItemId> }> {
  const { address } = await index.create({ founder: ada, slug: 'months', title: 'Months' })
  const items = new Map<number, ItemId>()
  for (const period of MONTHS) {
    const item = await index.writer(ada).post({ community: address, contentId: contentOf(period), length: 100, title: `post of ${period}`, createdMs: timeIn(period) })
    await index.writer(ada).comment({ community: address, period, contentId: contentOf(period, 1), length: 100, createdMs: timeIn(period) + 1000, root: item, parent: item })
    await index.writer(bob).vote({ community: address, period, item, value: 1 })
    items.set(period, item)
  }
  return { address, items }
}

const held = (index: CrdtIndex, address: CommunityAddress): Array<[number, string]> => index.status(address).shards.map(({ period, holding }) => [period, holding])
const titles = (index: CrdtIndex, address: CommunityAddress): Array<[string, number, boolean]> => index.feed({ communities: [address], sort: 'new', limit: 100 }).items.map(({ title, up, asOfMs }) => [title, up, asOfMs === null])

const met = (...indices: CrdtIndex[]) => (address: CommunityAddress): boolean => indices.every(index => index.status(address).sync.state === 'synced')

test('who keeps two months gets those alone, knows of the others, and fetches one when it is wanted', async () => {
  const network = createMemoryNetwork()
  const [near, far] = [network.peer('a'), network.peer('b')]
  await using author = await open({ transport: near })
  const { address, items } = await fill(author)
  await using reader = await open({ transport: far, retain: { months: 2 } })
  await reader.join(address)
  far.connect('a')
  await until(() => met(author, reader)(address), 'met')
  assert.equal(held(reader, address), [[META_PERIOD, 'whole'], [202606, 'whole'], [202605, 'whole'], [202604, 'absent'], [202603, 'absent'], [202602, 'absent'], [202601, 'absent']])
  assert.equal(reader.status(address).shards.map(({ elsewhere }) => elsewhere), [0, 0, 0, 3, 3, 3, 3])
  assert.equal([reader.status(address).sync.missing, reader.status(address).retain], [0, { months: 2 }])
  assert.equal(titles(reader, address), [['post of 202606', 1, true], ['post of 202605', 1, true]])
  assert.is(author.status(address).shards.every(({ holding, state }) => holding === 'whole' && state === 'synced'), true, 'nothing is withheld')
  assert.equal(author.status(address).sync.exchanges.map(({ state }) => state), ['equal'])

  assert.equal(await reader.want(address, 202603), { holding: 'whole' })
  assert.is(reader.item(address, 202603, items.get(202603)!)?.up, 1)
  assert.equal(reader.thread({ community: address, period: 202603, item: items.get(202603)! })?.length, 1)
  assert.equal(held(reader, address).filter(([, holding]) => holding === 'absent').map(([period]) => period), [202604, 202602, 202601])
})

test('a month that is dropped is shown as it was last known, over a restart too, until it is here again', async () => {
  const network = createMemoryNetwork()
  const [near, far] = [network.peer('a'), network.peer('b')]
  await using author = await open({ transport: near })
  const { address, items } = await fill(author)
  const db = new MemoryLevel()
  let reader = await open({ db, transport: far })
  await reader.join(address)
  far.connect('a')
  await until(() => met(author, reader)(address), 'met')
  const before = MONTHS.map(period => reader.item(address, period, items.get(period)!))

  let shown = 0
  reader.on('communities', () => { shown++ })
  let isDone = false
  const watched = (async () => {
    for (; !isDone; await new Promise(resolve => setImmediate(resolve))) assert.is(titles(reader, address).length, MONTHS.length, 'nobody sees a month empty meanwhile')
  })()
  await reader.retain(address, { months: 3 })
  isDone = true
  await watched
  assert.ok(shown > 0)
  const expectDropped = (index: CrdtIndex): void => {
    assert.equal(held(index, address).filter(([, holding]) => holding === 'absent').map(([period]) => period), [202603, 202602, 202601])
    assert.equal(MONTHS.map(period => index.item(address, period, items.get(period)!)), before.map((item, at) => item === undefined ? item : { ...item, asOfMs: at < 3 ? null : NOW }))
    assert.equal(titles(index, address), MONTHS.map((period, at) => [`post of ${period}`, 1, at < 3]))
    assert.equal(index.authored({ communities: [address], author: ada.author, kind: 'posts', limit: 100 }).items.length, 6)
    assert.equal(index.thread({ community: address, period: 202601, item: items.get(202601)! }), [], 'comments are not remembered')
    assert.equal(index.status(address).shards.find(({ period }) => period === 202601)?.asOfMs, NOW)
    assert.is(index.holding(address, 202601), 'absent')
  }
  expectDropped(reader)
  await reader.close()
  far.disconnect('a')
  reader = await open({ db })
  expectDropped(reader)
  assert.equal(await reader.want(address, 202602), { holding: 'absent' }, 'nobody is there')
  await reader.close()

  const again = network.peer('c')
  reader = await open({ db, transport: again })
  again.connect('a')
  await until(() => reader.status(address).sync.state === 'synced', 'met again')
  await author.writer(bob).comment({ community: address, period: 202602, contentId: contentOf(202602, 7), length: 10, createdMs: NOW, root: items.get(202602)!, parent: items.get(202602)! })
  assert.equal(await reader.want(address, 202602), { holding: 'whole' })
  const live = reader.item(address, 202602, items.get(202602)!)
  assert.equal([live?.kind === 'post' ? live.comments : 0, live?.asOfMs], [2, null], 'live totals again')
  await reader.release(address, 202602)
  const last = reader.item(address, 202602, items.get(202602)!)
  assert.equal([last?.kind === 'post' ? last.comments : 0, last?.asOfMs], [2, NOW])
  await reader.retain(address, 'all')
  await until(() => reader.status(address).shards.every(({ holding, asOfMs }) => holding === 'whole' && asOfMs === null), 'all is here again')
  assert.is(reader.status(address).digest, author.status(address).digest)
  await reader.close()
})

test('what was written here stays when its month is dropped, and reaches those who keep it', async () => {
  const network = createMemoryNetwork()
  const [near, far, late] = [network.peer('a'), network.peer('b'), network.peer('c')]
  await using author = await open({ transport: near })
  const { address, items } = await fill(author)
  const cid = createSigner(new Uint8Array(32).fill(3))
  const db = new MemoryLevel()
  let reader = await open({ db, transport: far, signers: [cid] })
  await reader.join(address)
  far.connect('a')
  await until(() => met(author, reader)(address), 'met')
  const place = { community: address, period: 202601, item: items.get(202601)! }
  await reader.writer(cid).comment({ community: address, period: 202601, contentId: contentOf(202601, 5), length: 10, createdMs: NOW, root: place.item, parent: place.item })
  await reader.writer(cid).vote({ community: address, period: 202601, item: place.item, value: 1 })
  await until(() => author.thread(place)?.length === 2 && author.item(address, 202601, place.item)?.up === 2, 'told')
  await reader.retain(address, { months: 1 })
  const check = (): void => {
    assert.equal(held(reader, address).find(([period]) => period === 202601), [202601, 'partial'])
    assert.equal(reader.thread(place)?.map(({ contentId }) => contentId), [contentOf(202601, 5)])
    const post = reader.item(address, 202601, place.item)
    assert.equal(post?.kind === 'post' ? [post.up, post.comments, post.asOfMs] : null, [2, 2, NOW])
  }
  check()
  await reader.close()
  reader = await open({ db, signers: [] })
  check()
  assert.ok(await reader.entry(cid.author, address, 202601, 'votes', place.item))
  await reader.close()

  // Somebody who never had it gets it from here alone, and nothing else of the month.
  reader = await open({ db, signers: [cid], transport: network.peer('d'), retain: { months: 1 } })
  await using newcomer = await open({ transport: late })
  await newcomer.join(address, author.genesis(address))
  late.connect('d')
  await until(() => newcomer.item(address, 202601, place.item) === undefined && newcomer.status(address).shards.some(({ period, envelopes }) => period === 202601 && envelopes > 0), 'own words came')
  assert.equal(newcomer.status(address).shards.find(({ period }) => period === 202601)?.envelopes, reader.status(address).shards.find(({ period }) => period === 202601)?.envelopes)

  // A vote in a month that is not here makes it wanted.
  late.connect('a')
  await until(() => newcomer.item(address, 202602, items.get(202602)!) !== undefined, 'the newcomer has all')
  await reader.writer(cid).vote({ community: address, period: 202602, item: items.get(202602)!, value: -1 })
  await until(() => reader.holding(address, 202602) === 'whole', 'fetched')
  assert.is(reader.item(address, 202602, items.get(202602)!)?.down, 1)
  await until(() => author.item(address, 202602, items.get(202602)!)?.down === 1 && reader.status(address).unsent === 0, 'told')
  await reader.close()
})

test('what a peer does not keep waits to be sent to one that does', async () => {
  const network = createMemoryNetwork()
  const [near, far, late] = [network.peer('a'), network.peer('b'), network.peer('c')]
  await using author = await open({ transport: near })
  const { address } = await fill(author)
  await using short = await open({ transport: far, retain: { months: 1 } })
  await short.join(address)
  const all = author.status(address).unsent
  near.connect('b')
  await until(() => met(author, short)(address), 'met')
  const old = author.status(address).unsent
  assert.equal([all > old, old], [true, 15], 'five months of three envelopes')
  await using whole = await open({ transport: late })
  await whole.join(address)
  near.connect('c')
  await until(() => author.status(address).unsent === 0, 'sent')
})

test('signed words of months that are not kept go on to others, and are not stored', async () => {
  const network = createMemoryNetwork()
  const [one, two, three] = [network.peer('a'), network.peer('b'), network.peer('c')]
  await using author = await open({ transport: one })
  const { address, items } = await fill(author)
  await using between = await open({ transport: two, retain: { months: 1 } })
  await using end = await open({ transport: three })
  for (const index of [between, end]) await index.join(address, author.genesis(address))
  two.connect('a')
  two.connect('c')
  await until(() => met(author, between, end)(address), 'met')
  await author.writer(bob).vote({ community: address, period: 202602, item: items.get(202602)!, value: -1 })
  await until(() => end.status(address).shards.some(({ period, envelopes }) => period === 202602 && envelopes > 0), 'relayed')
  assert.is(between.holding(address, 202602), 'absent')
})

test('on a slow link the newest month answers while older ones are under way, and one that is wanted goes before them', async () => {
  const network = createMemoryNetwork({ delayMs: () => 15 })
  const [near, far] = [network.peer('b'), network.peer('a')] // the lower name begins
  await using author = await open({ transport: near })
  const { address, items } = await fill(author)
  await using reader = await open({ transport: far })
  await reader.join(address)
  const order: number[] = []
  let newest: unknown = null
  const wanted: Array<Promise<unknown>> = []
  reader.on('change', ({ period }) => {
    if (order.at(-1) !== period) order.push(period)
    if (period !== 202605 || wanted.length > 0) return
    newest = [reader.feed({ communities: [address], sort: 'new', limit: 10 }).items.filter(post => post.period === 202606).map(({ up, comments }) => [up, comments]), reader.status(address).sync.state]
    wanted.push(reader.want(address, 202602))
  })
  far.connect('b')
  await until(() => reader.status(address).sync.state === 'synced', 'all')
  assert.equal(newest, [[[1, 1]], 'syncing'])
  assert.equal(await Promise.all(wanted), [{ holding: 'whole' }])
  assert.equal(order, [META_PERIOD, 202606, 202605, 202602, 202604, 202603, 202601])
  assert.is(reader.item(address, 202602, items.get(202602)!)?.up, 1)
})

test('who has next to nothing of a month takes away nothing of what was known of it', async () => {
  const network = createMemoryNetwork()
  const [near, far, late] = [network.peer('a'), network.peer('b'), network.peer('c')]
  const author = await open({ transport: near })
  const { address, items } = await fill(author)
  await using reader = await open({ transport: far })
  await reader.join(address)
  far.connect('a')
  await until(() => met(author, reader)(address), 'met')
  await reader.retain(address, { months: 1 })
  // One that agrees on the month: both have the same single vote of it.
  await using poor = await open({ transport: late, signers: [bob] })
  await poor.join(address, author.genesis(address))
  far.disconnect('a')
  await author.close()
  await poor.writer(bob).vote({ community: address, period: 202602, item: items.get(202602)!, value: -1 })
  late.connect('b')
  await until(() => met(poor, reader)(address), 'met the other')
  assert.equal(await reader.want(address, 202602), { holding: 'partial' })
  await reader.sync(address)
  assert.is(reader.status(address).shards.find(({ period }) => period === 202602)?.agreeing, 1)
  assert.equal([reader.item(address, 202602, items.get(202602)!)?.asOfMs, reader.item(address, 202602, items.get(202602)!)?.up], [NOW, 1])
})

test('who has the posts of a month and not the votes takes away nothing of what was known of it', async () => {
  const network = createMemoryNetwork()
  const [far, late] = [network.peer('b'), network.peer('c')]
  await using author = await open({})
  const { address, items } = await fill(author)
  const all = await Array.fromAsync(author.envelopes(address))
  await using reader = await open({ transport: far })
  await reader.join(address, author.genesis(address))
  await reader.ingest(address, all)
  await reader.retain(address, { months: 1 })
  await using poor = await open({ transport: late })
  await poor.join(address, author.genesis(address))
  await poor.ingest(address, all.filter(envelope => decodeEnvelope(envelope).header.author === ada.author))
  late.connect('b')
  await until(() => met(poor, reader)(address), 'met')
  const known = (): unknown => [reader.item(address, 202602, items.get(202602)!)?.up, reader.item(address, 202602, items.get(202602)!)?.asOfMs]
  assert.equal(await reader.want(address, 202602), { holding: 'partial' })
  assert.ok(reader.status(address).shards.find(({ period }) => period === 202602)!.envelopes > 0, 'the posts came')
  assert.equal(known(), [1, NOW])
  await reader.ingest(address, all)
  await reader.sync(address)
  await until(() => met(poor, reader)(address) && reader.holding(address, 202602) === 'whole', 'all is here')
  assert.equal(known(), [1, null])
})

test('a vote that was counted when its month was dropped counts once, though its author writes here from then on', async () => {
  await using author = await open({})
  const { address, items } = await fill(author)
  const all = await Array.fromAsync(author.envelopes(address))
  const db = new MemoryLevel()
  let reader = await open({ db })
  await reader.join(address, author.genesis(address))
  await reader.ingest(address, all)
  await reader.retain(address, { months: 1 })
  const item = items.get(202602)!
  const known = (): unknown => {
    const post = reader.item(address, 202602, item)
    return post?.kind === 'post' ? [post.up, post.down, post.comments, post.asOfMs] : null
  }
  assert.equal(known(), [1, 0, 1, NOW])
  reader.writer(bob)
  reader.writer(ada)
  await reader.ingest(address, all)
  assert.is(reader.status(address).shards.find(({ period }) => period === 202602)?.envelopes, 3, 'their own words are kept')
  assert.equal(known(), [1, 0, 1, NOW])
  await reader.close()
  reader = await open({ db, signers: [bob], clock: () => NOW + 5000 })
  assert.equal(known(), [1, 0, 1, NOW], 'over a restart too')
  await reader.writer(bob).vote({ community: address, period: 202602, item, value: -1 })
  assert.equal(known(), [0, 1, 1, NOW], 'what they say now counts')
  await reader.close()
  reader = await open({ db, signers: [bob], clock: () => NOW + 5000 })
  assert.equal(reader.item(address, 202602, item)?.asOfMs, NOW)
  await reader.close()
})

test('a genesis that was damaged and is learnt again shows what was known without a restart', async () => {
  const author = await open({})
  const { address, items } = await fill(author)
  const genesis = author.genesis(address)!
  const all = await Array.fromAsync(author.envelopes(address))
  await author.close()
  const db = new MemoryLevel()
  {
    await using reader = await open({ db })
    await reader.join(address, genesis)
    await reader.ingest(address, all)
    await reader.retain(address, { months: 2 })
  }
  const bytes = { keyEncoding: 'view', valueEncoding: 'view' } as const
  for await (const [key, value] of db.iterator<Uint8Array, Uint8Array>(bytes)) {
    if (Buffer.from(key).toString('latin1').includes('!communities!')) await db.put<Uint8Array, Uint8Array>(key, value.with(20, value[20]! ^ 1), bytes)
  }
  await using reader = await open({ db })
  assert.is(reader.community(address)?.founder, null)
  assert.equal(titles(reader, address), [])
  await reader.join(address, genesis)
  assert.equal(titles(reader, address), MONTHS.map((period, at) => [`post of ${period}`, 1, at < 2]))
  assert.is(reader.item(address, 202601, items.get(202601)!)?.asOfMs, NOW)
})

test('a clock that is years ahead drops nothing; a month in which somebody writes takes the place of the oldest', async () => {
  await using author = await open({})
  const { address } = await fill(author)
  const db = new MemoryLevel()
  const months = { months: 2 }
  const words = async (): Promise<Uint8Array[]> => await Array.fromAsync(author.envelopes(address))
  const heldBy = (index: CrdtIndex): Array<[number, number]> => index.status(address).shards.filter(({ envelopes }) => envelopes > 0).map(({ period, envelopes }) => [period, envelopes])
  const heldAt = async (nowMs: number, use: (index: CrdtIndex) => Promise<void> = async () => {}): Promise<Array<[number, number]>> => {
    await using index = await open({ db, retain: months, clock: () => nowMs })
    await index.join(address, author.genesis(address))
    await use(index)
    await new Promise(resolve => setTimeout(resolve, 20)) // what a start drops it drops at once
    return heldBy(index)
  }
  const before = await heldAt(NOW, async index => { await index.ingest(address, await words()) })
  assert.equal(before.map(([period]) => period), [META_PERIOD, 202606, 202605])
  assert.equal(await heldAt(Date.UTC(2036, 0, 1)), before)
  const july = Date.UTC(2026, 6, 3)
  assert.equal(await heldAt(july), before, 'nobody wrote in July')
  await using later = await open({ clock: () => july })
  await later.join(address, author.genesis(address))
  await later.writer(bob).post({ community: address, contentId: contentOf(202607), length: 1, title: 'July', createdMs: july })
  await heldAt(july, async index => { await index.ingest(address, await Array.fromAsync(later.envelopes(address))) })
  await heldAt(july, async index => { await until(() => heldBy(index).map(([period]) => period).join() === `${META_PERIOD},202607,202606`, 'May is dropped') })
  assert.equal((await heldAt(july, async index => { await index.retain(address, { months: 1 }) })).map(([period]) => period), [META_PERIOD, 202607], 'asked for')
})

test('wanting, retaining and releasing refuse what is no month and no choice', async () => {
  await using index = await open({})
  const { address } = await fill(index)
  for (const months of [0, -1, 1.5, Number.NaN, 1201]) await index.retain(address, { months }).then(() => assert.unreachable(), error => { assert.instance(error, TypeError) })
  await index.want(address, 202613).then(() => assert.unreachable(), error => { assert.instance(error, TypeError) })
  await index.want('0'.repeat(64) as CommunityAddress, 202601).then(() => assert.unreachable(), error => { assert.is(error.code, 'NOT_JOINED') })
  await open({ retain: { months: 0 } }).then(() => assert.unreachable(), error => { assert.instance(error, TypeError) })
})

test.run()
