import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { activityOf } from '../../src/queries/live/live.ts'
import { codeOf, createTestNodes, until } from '../nodes.ts'

const test = suite('core/queries/notifications')

test('answers and mentions reach an author live; opening a thread and muting take effect at once', async () => {
  await using nodes = await createTestNodes()
  const alice = await nodes.start([], { torrent: false })
  const bob = await nodes.start([alice], { torrent: false })
  const { address } = await alice.communities.create({ slug: 'garden', difficulty: 0 })
  await bob.communities.join(address)
  const post = await alice.posts.create({ community: address, title: 'First', text: 'one' })
  await until('bob knows the post', async () => (await bob.feed()).items.length === 1)

  const live = alice.live.notifications()
  let told = 0
  const leave = live.subscribe(() => { told++ })
  const value = (): unknown => {
    const snapshot = live.getSnapshot()
    return snapshot.state !== 'ready' ? null : [snapshot.value.unread, snapshot.value.items.map(({ id, reason, unread }) => [id, reason, unread])]
  }
  await until('the inbox is empty', () => JSON.stringify(value()) === '[0,[]]')
  const answer = await bob.comments.create({ parent: post.id, text: 'an answer' })
  await until('the answer is told', () => JSON.stringify(value()) === JSON.stringify([1, [[answer.id, 'reply', true]]]))
  const second = await bob.posts.create({ community: address, title: 'Second', text: 'two' })
  const mention = await bob.comments.create({ parent: second.id, text: 'see alice', mentions: [alice.author, alice.author.toUpperCase()] })
  await until('the mention is told', () => JSON.stringify(value()) === JSON.stringify([2, [[mention.id, 'mention', true], [answer.id, 'reply', true]]]))
  const { items: [newest] } = await alice.notifications({ limit: 1 })
  assert.equal([newest?.post, newest?.title, newest?.parent, newest?.author], [second.id, 'Second', second.id, bob.author])

  const before = told
  await bob.votes.up(post.id)
  await until('the vote counts', async () => (await alice.feed()).items.find(({ id }) => id === post.id)?.score === 1)
  assert.is(told, before, 'a vote is no notification')

  await alice.personal.markRead(post.id)
  await until('the answer is read', () => JSON.stringify(value()) === JSON.stringify([1, [[mention.id, 'mention', true], [answer.id, 'reply', false]]]))
  assert.is((await alice.notifications({ readUntilMs: Date.now() + 60_000 })).unread, 0)
  assert.equal((await bob.notifications()).items, [])
  await alice.personal.mute(bob.author, true)
  await until('bob is not heard', () => JSON.stringify(value()) === '[0,[]]')
  leave()
  assert.equal(activityOf(alice.live), { queries: 0, listeners: 0, sources: 0, timers: 0 })
})

test('pages lead on, and what cannot be asked is refused', async () => {
  await using nodes = await createTestNodes()
  const alice = await nodes.start([], { torrent: false })
  const bob = await nodes.start([alice], { torrent: false })
  const { address } = await alice.communities.create({ slug: 'garden', difficulty: 0 })
  await bob.communities.join(address)
  const post = await alice.posts.create({ community: address, title: 'First', text: 'one' })
  await until('bob knows the post', async () => (await bob.feed()).items.length === 1)
  const ids: string[] = []
  for (let n = 0; n < 5; n++) ids.unshift((await bob.comments.create({ parent: post.id, text: `answer ${n}` })).id)
  await until('all are there', async () => (await alice.notifications()).unread === 5)
  const listed: string[] = []
  let after: string | undefined
  do {
    const page = await alice.notifications({ limit: 2, communities: ['garden'], ...(after === undefined ? {} : { after }) })
    listed.push(...page.items.map(({ id }) => id))
    after = page.next ?? undefined
  } while (after !== undefined)
  assert.equal(listed.toSorted(), ids.toSorted())
  assert.is(await codeOf(alice.notifications({ limit: 0 })), 'USAGE')
  assert.is(await codeOf(alice.notifications({ after: 'x' })), 'USAGE')
  assert.is(await codeOf(alice.notifications({ communities: ['nowhere'] })), 'UNKNOWN_COMMUNITY')
  assert.is(await codeOf(bob.comments.create({ parent: post.id, text: 'x', mentions: ['nobody'] })), 'BAD_ID')
  assert.is(await codeOf(bob.comments.create({ parent: post.id, text: 'x', mentions: Array.from({ length: 17 }, (_, n) => n.toString(16).padStart(64, '0')) })), 'USAGE')
})

test.run()
