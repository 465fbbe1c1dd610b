import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createPhrase } from '../../src/identity/phrase.ts'
import type { FeedPage, NodeEvents } from '../../src/node.ts'
import { codeOf, until } from '../nodes.ts'
import { openTabs } from './tabs.ts'

const test = suite('one peer for several tabs')

test('two tabs share one peer: calls, errors, live queries and events', async () => {
  await using tabs = await openTabs()
  const first = await tabs.open()
  const second = await tabs.open()
  assert.is(tabs.nodes.length, 1, 'one worker runs')
  assert.is(second.author, first.author)
  const placeOf = (tab: typeof first): string | null => {
    const moment = tab.hosting.getSnapshot()
    return moment.state === 'ready' ? moment.value.place : null
  }
  assert.equal([placeOf(first), placeOf(second)], ['here', 'elsewhere'])

  const events: Array<NodeEvents['entry']> = []
  first.on('entry', event => { events.push(event) })
  const { address } = await first.communities.create({ slug: 'tabs', difficulty: 0 })
  using feed = first.live.feed({ communities: [address] })
  let tellings = 0
  feed.subscribe(() => { tellings++ })
  const post = await second.posts.create({ community: address, title: 'From the second', text: 'text' })
  const shown = (): readonly string[] => {
    const moment = feed.getSnapshot()
    return moment.state === 'ready' ? moment.value.items.map(({ id }) => id) : []
  }
  await until('the post is in the first tab\'s feed', () => shown().includes(post.id))
  await until('the first tab hears of the entry', () => events.some(({ id, own }) => id === post.id && own))
  assert.ok(tellings > 0)

  const bytes = (await first.bodies.read(post.id)).bytes
  assert.ok(bytes instanceof Uint8Array && bytes.length > 0)
  assert.is(await codeOf(second.votes.up(post.id)), 'OWN_CONTENT')
  assert.is(await codeOf(second.thread('nonsense')), 'BAD_ID')
  assert.is(await codeOf(second.feed({ signal: AbortSignal.abort() })), String(20), 'the reason itself: an AbortError')
})

test('a live value keeps what did not change, and an iterator sees each new one', async () => {
  await using tabs = await openTabs()
  const tab = await tabs.open()
  const other = await tabs.open()
  const { address } = await tab.communities.create({ slug: 'shared', difficulty: 0 })
  const old = await tab.posts.create({ community: address, title: 'Old', text: 'old' })
  using feed = other.live.feed({ sort: 'new' })
  const values = feed[Symbol.asyncIterator]()
  const first: FeedPage | undefined = (await values.next()).value
  await tab.posts.create({ community: address, title: 'New', text: 'new' })
  const second: FeedPage | undefined = (await values.next()).value
  assert.is(second?.items.length, 2)
  const was = first?.items.find(({ id }) => id === old.id)
  assert.ok(was !== undefined && second?.items.includes(was), 'the old post is the same object')
  await values.return?.()
})

test('when the leading tab closes another takes over, with data and live queries', async () => {
  await using tabs = await openTabs()
  const first = await tabs.open()
  const second = await tabs.open()
  const third = await tabs.open()
  const { address } = await first.communities.create({ slug: 'moving', difficulty: 0 })
  const before = await first.posts.create({ community: address, title: 'Before', text: 'before' })
  using feed = third.live.feed({ communities: [address], sort: 'new' })
  const heard: string[] = []
  feed.subscribe(() => {})
  third.on('entry', ({ id }) => { heard.push(id) })
  await until('the feed shows the post', () => { const now = feed.getSnapshot(); return now.state === 'ready' && now.value.items.length === 1 })
  await first.close()
  assert.is(await codeOf(first.status()), 'CLOSED')
  const after = await second.posts.create({ community: address, title: 'After', text: 'after' })
  await until('the live query goes on', () => { const now = feed.getSnapshot(); return now.state === 'ready' && now.value.items.length === 2 })
  const moment = feed.getSnapshot()
  assert.equal(moment.state === 'ready' ? moment.value.items.map(({ id }) => id).toSorted() : [], [before.id, after.id].toSorted())
  await until('events go on', () => heard.includes(after.id))
  assert.is(tabs.nodes.length, 2, 'one after the other')
})

test('a worker that goes unasked is replaced', async () => {
  await using tabs = await openTabs()
  const tab = await tabs.open()
  const other = await tabs.open()
  const { address } = await tab.communities.create({ slug: 'lost', difficulty: 0 })
  tabs.loseWorker()
  await until('another one runs', () => tabs.nodes.length === 2)
  for (const each of [tab, other]) assert.equal((await each.communities.list()).map(community => community.address), [address])
})

test('a newer release takes over; the older tab is told to reload', async () => {
  await using tabs = await openTabs()
  const older = await tabs.open({}, 1)
  const { address } = await older.communities.create({ slug: 'kept', difficulty: 0 })
  const newer = await tabs.open({}, 2)
  assert.is(newer.author, older.author)
  assert.equal((await newer.communities.list()).map(one => one.address), [address])
  assert.is(await codeOf(older.status()), 'VERSION_MISMATCH')
  const moment = older.hosting.getSnapshot()
  assert.is(moment.state === 'ready' ? moment.value.failure?.code : null, 'VERSION_MISMATCH')
  assert.is(await codeOf(tabs.open({}, 1)), 'VERSION_MISMATCH')
  assert.is((await newer.communities.list()).length, 1)
})

test('what keeps the peer from starting is told, and the next tab may try', async () => {
  await using tabs = await openTabs()
  assert.is(await codeOf(tabs.open({ phrase: 'not a phrase' })), 'BAD_PHRASE')
  const tab = await tabs.open({ phrase: createPhrase() })
  assert.match(tab.author, /^[0-9a-f]{64}$/)
})

test('streams go both ways: an archive comes in parts and is taken in from parts', async () => {
  await using tabs = await openTabs()
  await using others = await openTabs()
  const from = await tabs.open()
  const to = await others.open()
  const { address } = await from.communities.create({ slug: 'archived', difficulty: 0 })
  for (let i = 0; i < 3; i++) await from.posts.create({ community: address, title: `Post ${i}`, text: 'x'.repeat(50_000) })
  const parts: Uint8Array[] = []
  for await (const part of from.archives.export({ community: address })) parts.push(part)
  assert.ok(parts.length > 1, `${parts.length} parts`)
  await to.archives.import((async function * () { yield * parts })())
  assert.is((await to.feed()).items.length, 3)
  assert.is(await codeOf(Array.fromAsync(from.archives.export({ community: 'unknown' }))), 'UNKNOWN_COMMUNITY')
  const aborted = new AbortController()
  const reading = from.archives.export({ community: address, signal: aborted.signal })[Symbol.asyncIterator]()
  await reading.next()
  aborted.abort(new Error('enough'))
  assert.match(await codeOf(reading.next()) ?? '', 'enough')
})

test('a node can be used before its peer is up', async () => {
  await using tabs = await openTabs()
  const { author } = await tabs.open()
  await using others = await openTabs()
  const unknown = others.begin()
  assert.throws(() => unknown.node.author, (error: { code?: string }) => error.code === 'NOT_RUNNING')
  const early = unknown.node.communities.create({ slug: 'early', difficulty: 0 })
  using joined = unknown.node.live.communities()
  joined.subscribe(() => {})
  assert.is(joined.getSnapshot().state, 'loading')
  assert.is(others.nodes.length, 0, 'no peer yet')
  const node = await unknown.opened
  assert.is(node, unknown.node)
  const { address } = await early
  await until('the live query goes on', () => {
    const moment = joined.getSnapshot()
    return moment.state === 'ready' && moment.value.some(one => one.address === address)
  })
  const noted = others.begin({ author })
  assert.is(noted.node.author, author, 'as far as the caller knows')
  await noted.opened
  assert.is(noted.node.author, node.author, 'as the peer says')
})

test('what is called before a peer that cannot start fails with it', async () => {
  await using tabs = await openTabs()
  const { node, opened } = tabs.begin({ phrase: 'not a phrase' })
  const call = codeOf(node.status())
  assert.is(await codeOf(opened), 'BAD_PHRASE')
  assert.is(await call, 'CLOSED')
  assert.is(await codeOf(node.status()), 'CLOSED')
  assert.is(await codeOf(tabs.begin({ signal: AbortSignal.abort(new Error('never wanted')) }).opened) === null, false)
})

test('a node that is closed before its peer is up leaves no lock', async () => {
  await using tabs = await openTabs()
  const dataDir = path.join(tmpdir(), `seedbed-closed-early-${randomUUID()}`) // no peer starts in it
  const { node, opened } = tabs.begin({ dataDir })
  await node.close()
  assert.is(await codeOf(opened), 'CLOSED')
  await until('no lock is left', async () => {
    const { held = [], pending = [] } = await navigator.locks.query()
    return [...held, ...pending].every(({ name = '' }) => !name.includes(dataDir))
  })
})

test('opening can be given up', async () => {
  await using tabs = await openTabs()
  const aborted = new AbortController()
  const opening = tabs.open({ signal: aborted.signal })
  aborted.abort(new Error('changed my mind'))
  assert.match(await codeOf(opening) ?? '', 'changed my mind')
  assert.ok((await tabs.open()).author)
})

test.run()
