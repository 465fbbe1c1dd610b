// Live queries of real nodes, alone and two on loopback.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { activityOf } from '../../../src/queries/live/live.ts'
import type { LiveQuery } from '../../../src/queries/live/live-query.ts'
import { connect, until, withNodes } from './nodes.ts'

const test = suite('core/queries/live')
const NOTHING = { queries: 0, listeners: 0, sources: 0, timers: 0 }

function valueOf<T> (query: LiveQuery<T>): T | null {
  const snapshot = query.getSnapshot()
  return snapshot.state === 'ready' ? snapshot.value : null
}

async function value<T> (query: LiveQuery<T>, what: string, holds: (value: T) => boolean): Promise<T> {
  let found: T | null = null
  await until(what, () => {
    found = valueOf(query)
    return found !== null && holds(found)
  })
  return found as T
}

test('a feed follows posts and votes of another peer, and keeps what did not change', async () => {
  await withNodes(async start => {
    const [alice, bob] = [await start('alice'), await start('bob')]
    const { address } = await alice.communities.create({ slug: 'garden', difficulty: 0 })
    const first = await alice.posts.create({ community: address, title: 'First', text: 'one' })
    const second = await alice.posts.create({ community: address, title: 'Second', text: 'two' })
    await connect(bob, alice)
    await bob.communities.join(address)
    await bob.sync()
    const feed = alice.live.feed({ sort: 'top' })
    assert.equal(feed.getSnapshot(), { state: 'loading' })
    const leave = feed.subscribe(() => {})
    const before = await value(feed, 'the feed is read', ({ items }) => items.length === 2)
    await bob.votes.up(second.id)
    const after = await value(feed, 'the vote counts', ({ items }) => items[0]?.score === 1)
    assert.is(after.items[0]?.id, second.id)
    assert.is(after.items.find(({ id }) => id === first.id), before.items.find(({ id }) => id === first.id), 'an item without a vote is the same object')
    const { id } = await bob.posts.create({ community: address, title: 'Third', text: 'three' })
    const more = await value(feed, 'the post appears', ({ items }) => items.length === 3)
    assert.is(more.items[0], after.items[0])
    assert.equal(more.items.find(post => post.id === id)?.author, bob.author)
    leave()
    assert.equal(activityOf(alice.live), NOTHING)
  })
})

test('a feed does not look up for another community, and meets one that is joined later', async () => {
  await withNodes(async start => {
    const node = await start('alone', { network: false })
    const a = await node.communities.create({ slug: 'a', difficulty: 0 })
    const b = await node.communities.create({ slug: 'b', difficulty: 0 })
    const [all, only] = [node.live.feed(), node.live.feed({ communities: [a.address] })]
    let told = 0
    all.subscribe(() => {})
    only.subscribe(() => { told++ })
    await value(only, 'the feed is read', () => true)
    await node.posts.create({ community: b.address, title: 'Elsewhere', text: 'text' })
    await value(all, 'the post is in the feed of all', ({ items }) => items.length === 1)
    assert.is(told, 1)
    await node.communities.leave(b.address)
    await value(all, 'what was left is gone', ({ items }) => items.length === 0)
    await node.communities.leave(a.address)
    await until('a community that is not joined cannot be shown', () => only.getSnapshot().state === 'failed')
    const failed = only.getSnapshot()
    assert.is(failed.state === 'failed' && failed.error.code, 'UNKNOWN_COMMUNITY')
    const bad = node.live.feed({ limit: 0 })
    bad.subscribe(() => {})
    await until('a limit of 0 fails', () => bad.getSnapshot().state === 'failed')
  })
})

test('a thread is shown before its bodies are here, then with them', async () => {
  await withNodes(async start => {
    const [alice, bob, carol] = [await start('alice'), await start('bob'), await start('carol')]
    const { address } = await alice.communities.create({ slug: 'garden', difficulty: 0 })
    const post = await alice.posts.create({ community: address, title: 'A question', text: 'why?' })
    await connect(bob, alice)
    await bob.communities.join(address)
    await bob.sync()
    await carol.communities.join(address, { timeoutMs: 1 })
    await connect(carol, bob)
    await carol.sync()
    await until('carol knows of the post', async () => (await carol.feed()).items.length === 1)
    // Bob lists the post but has no body of it: whoever asks him gets nothing.
    const thread = carol.live.thread(post.id, { timeoutMs: 500 })
    const seen: Array<boolean | undefined> = []
    const iterating = (async () => { for await (const { post: { available } } of thread) seen.push(available) })()
    const missing = await value(thread, 'the thread is shown', () => true)
    assert.equal([missing.post.available, missing.post.text, missing.post.id], [false, null, post.id])
    assert.is(missing.title, 'A question')
    await bob.bodies.read(post.id) // now he has it
    const shown = await value(thread, 'the body arrives', value => value.post.available)
    assert.equal([shown.post.text, shown.post.servedBy], ['why?', (await bob.status()).peerId])
    const comment = await alice.comments.create({ parent: post.id, text: 'because' })
    const answered = await value(thread, 'the answer is listed', ({ comments }) => comments.length === 1)
    assert.is(answered.comments[0]?.id, comment.id)
    assert.is(answered.post, shown.post)
    await bob.bodies.read(comment.id)
    await value(thread, 'its body arrives too', ({ comments }) => comments[0]?.text === 'because')
    assert.equal(seen.slice(0, 2), [false, true])
    thread.close()
    await iterating
    assert.equal(activityOf(carol.live), NOTHING)
  })
})

test('a vote reads and fetches no body again, and leaves other nodes of the thread as they are', async () => {
  await withNodes(async start => {
    const [alice, bob] = [await start('alice'), await start('bob')]
    const { address } = await alice.communities.create({ slug: 'garden', difficulty: 0 })
    const post = await alice.posts.create({ community: address, title: 'A question', text: 'why?' })
    for (let i = 0; i < 5; i++) await alice.comments.create({ parent: post.id, text: `answer ${i}` })
    await connect(bob, alice)
    await bob.communities.join(address)
    await bob.sync()
    const thread = bob.live.thread(post.id)
    thread.subscribe(() => {})
    const before = await value(thread, 'all bodies are here', ({ post, comments }) => post.available && comments.length === 5 && comments.every(({ available }) => available))
    const alicesId = (await alice.status()).peerId
    assert.ok([before.post, ...before.comments].every(({ servedBy }) => servedBy === alicesId))
    const target = before.comments[2]
    assert.ok(target !== undefined)
    await bob.votes.up(target.id)
    const after = await value(thread, 'the vote counts', ({ comments }) => comments.some(({ score }) => score === 1))
    assert.is(after.post, before.post)
    for (const comment of after.comments) {
      if (comment.id === target.id) assert.equal([comment.vote, comment.seeding], [1, true])
      else assert.is(comment, before.comments.find(({ id }) => id === comment.id))
      // A second reading would have found the body here and named nobody.
      assert.is(comment.servedBy, alicesId)
    }
  })
})

test('a thread that is not known yet appears when it is', async () => {
  await withNodes(async start => {
    const [alice, bob] = [await start('alice'), await start('bob')]
    const { address } = await alice.communities.create({ slug: 'garden', difficulty: 0 })
    const post = await alice.posts.create({ community: address, title: 'Early', text: 'bird' })
    const comment = await alice.comments.create({ parent: post.id, text: 'worm' })
    const [thread, none] = [bob.live.thread(comment.id), bob.live.thread('no id')]
    thread.subscribe(() => {})
    none.subscribe(() => {})
    await until('it is unknown', () => thread.getSnapshot().state === 'failed' && none.getSnapshot().state === 'failed')
    assert.equal([thread, none].map(query => query.getSnapshot()).map(snapshot => snapshot.state === 'failed' && snapshot.error.code), ['UNKNOWN_ID', 'BAD_ID'])
    await connect(bob, alice)
    await bob.communities.join(address)
    const shown = await value(thread, 'it is shown', ({ comments }) => comments[0]?.available === true)
    assert.is(shown.post.id, post.id)
  })
})

test('communities and status follow what is joined, said and synced', async () => {
  await withNodes(async start => {
    const [alice, bob] = [await start('alice'), await start('bob')]
    const communities = bob.live.communities()
    const status = bob.live.status()
    communities.subscribe(() => {})
    status.subscribe(() => {})
    assert.equal(await value(communities, 'none is joined', () => true), [])
    const { address } = await alice.communities.create({ slug: 'garden', title: 'A garden', difficulty: 0 })
    await connect(bob, alice)
    await bob.communities.join(address)
    const [joined] = await value(communities, 'the title is known', ([first]) => first?.title === 'A garden')
    assert.equal(joined, bob.communities.resolve(address))
    await alice.posts.create({ community: address, title: 'First', text: 'one' })
    await value(status, 'the post is counted and synced', ({ communities: [first] }) => first?.posts === 1 && first.sync.peers === 1)
    assert.is(valueOf(communities)?.[0], joined)
  })
})

test('what nobody listens to holds nothing, and a closed node ends its live queries', async () => {
  await withNodes(async start => {
    const node = await start('alone', { network: false })
    const { address } = await node.communities.create({ slug: 'garden', difficulty: 0 })
    const { id } = await node.posts.create({ community: address, title: 'First', text: 'one' })
    const all = (): Array<LiveQuery<unknown>> => [node.live.feed({ window: 'day' }), node.live.thread(id), node.live.communities(), node.live.status()]
    for (const query of all()) query.getSnapshot()
    assert.equal(activityOf(node.live), NOTHING)
    const leaves = all().map(query => query.subscribe(() => {}))
    assert.ok(activityOf(node.live).queries === 4 && activityOf(node.live).sources > 0)
    for (const leave of leaves) leave()
    assert.equal(activityOf(node.live), NOTHING)
    for (const query of all()) {
      for await (const _ of query) break
    }
    assert.equal(activityOf(node.live), NOTHING)
    const iterators = all().map(query => query[Symbol.asyncIterator]())
    await Promise.all(iterators.map(async iterator => { assert.is((await iterator.next()).done, false) }))
    const waiting = iterators.map(async iterator => await iterator.next())
    await node.close()
    assert.equal((await Promise.all(waiting)).map(({ done }) => done), [true, true, true, true])
    assert.equal(activityOf(node.live), NOTHING)
    assert.is((await node.live.feed()[Symbol.asyncIterator]().next()).done, true)
  })
})

test.run()
