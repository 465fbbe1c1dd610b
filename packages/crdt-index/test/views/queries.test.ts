import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex, createSigner, periodOf, type AuthorId, type CommunityAddress, type ContentId, type CrdtIndex, type ItemId, type Period, type Signer } from '../../src/index.ts'

const test = suite('queries of an index')

const NOW_MS = Date.UTC(2024, 1, 28, 12)
const DAY_MS = 86_400_000
const [founder, alice, bob, carol, dave] = [1, 2, 3, 4, 5].map(n => createSigner(new Uint8Array(32).fill(n))) as [Signer, Signer, Signer, Signer, Signer]
const content = (n: number): ContentId => n.toString(16).padStart(40, '0') as ContentId

/** An index with what is written to it, by a clock that stands still unless it is moved. */
async function open (options: { weightOf?: (author: AuthorId) => number } = {}): Promise<{ index: CrdtIndex, db: MemoryLevel, clock: { nowMs: number }, community: CommunityAddress } & AsyncDisposable> {
  const db = new MemoryLevel()
  const clock = { nowMs: NOW_MS }
  const index = await createCrdtIndex({ db, clock: () => clock.nowMs, ...options })
  const { address } = await index.create({ founder, slug: 'garden' })
  return { index, db, clock, community: address, [Symbol.asyncDispose]: async () => { await index.close() } }
}

interface Place { readonly community: CommunityAddress, readonly period: Period, readonly item: ItemId }

async function post (index: CrdtIndex, signer: Signer, community: CommunityAddress, n: number, createdMs: number = NOW_MS): Promise<Place> {
  const item = await index.writer(signer).post({ community, contentId: content(n), length: 10, title: `post ${n}`, createdMs })
  return { community, period: periodOf(createdMs), item }
}

async function answer (index: CrdtIndex, signer: Signer, root: Place, parent: Place, n: number, mentions: readonly AuthorId[] = [], createdMs: number = NOW_MS): Promise<Place> {
  return { ...root, item: await index.writer(signer).comment({ ...root, contentId: content(n), length: 10, createdMs, root: root.item, parent: parent.item, mentions }) }
}

test('weights reorder a feed and leave the count of keys as it is, also when they change and after a restart', async () => {
  const trusted = new Set<AuthorId>([bob.author])
  const weightOf = (author: AuthorId): number => trusted.has(author) ? 10 : 1
  await using world = await open({ weightOf })
  const { index, community, db } = world
  const first = await post(index, alice, community, 1)
  const second = await post(index, alice, community, 2)
  await index.writer(bob).vote({ ...first, value: 1 })
  await index.writer(carol).vote({ ...second, value: 1 })
  await index.writer(dave).vote({ ...second, value: 1 })
  const order = (of: CrdtIndex, options = {}): unknown => of.feed({ sort: 'top', limit: 10, ...options }).items.map(({ title, score, voters, weightedUp }) => [title, score, voters, weightedUp])
  assert.equal(order(index), [['post 1', 1, 1, 10], ['post 2', 2, 2, 2]])
  assert.equal(order(index, { weightOf: null }), [['post 2', 2, 2, 2], ['post 1', 1, 1, 1]])
  assert.equal(order(index, { weightOf: () => 0.5 }), [['post 2', 2, 2, 1], ['post 1', 1, 1, 0.5]])
  trusted.add(carol.author)
  assert.equal(order(index), [['post 2', 2, 2, 11], ['post 1', 1, 1, 10]], 'another function was asked between')
  trusted.add(dave.author)
  assert.equal(order(index), [['post 2', 2, 2, 11], ['post 1', 1, 1, 10]])
  index.reweigh()
  assert.equal(order(index), [['post 2', 2, 2, 20], ['post 1', 1, 1, 10]])
  await index.close()
  await using again = await createCrdtIndex({ db, clock: () => NOW_MS, weightOf })
  assert.equal(order(again), [['post 2', 2, 2, 20], ['post 1', 1, 1, 10]])
})

test('a weight function that throws fails queries and not what is written', async () => {
  let isBroken = false
  await using world = await open({
    weightOf (author) {
      if (isBroken && author === carol.author) throw new Error('no weight today')
      return 2
    }
  })
  const { index, community } = world
  const place = await post(index, alice, community, 1)
  await index.writer(bob).vote({ ...place, value: 1 })
  const votes = (): unknown => {
    const item = index.item(community, place.period, place.item)
    return [item?.up, item?.weightedUp]
  }
  assert.equal(votes(), [1, 2])
  isBroken = true
  await index.writer(carol).vote({ ...place, value: 1 })
  assert.throws(votes, /no weight today/)
  assert.throws(() => index.feed({ sort: 'top', limit: 1 }), /no weight today/)
  assert.equal(index.feed({ sort: 'top', limit: 1, weightOf: null }).items.map(({ up, weightedUp }) => [up, weightedUp]), [[2, 2]])
  isBroken = false
  assert.equal(votes(), [2, 4])
})

test("a moderator's label hides a post where it is followed, with its author and reason, and nowhere else", async () => {
  await using world = await open()
  const { index, community } = world
  const ham = await post(index, alice, community, 1, NOW_MS - 1000)
  const spam = await post(index, bob, community, 2)
  await index.writer(carol).label({ ...spam, label: 'spam', reason: 'sells seeds' })
  await index.writer(carol).label({ ...ham, label: 'harsh' })
  await index.writer(dave).label({ ...ham, label: 'spam', reason: 'envy' })
  const titles = (policy?: object): unknown => index.feed({ sort: 'new', limit: 10, ...(policy === undefined ? {} : { policy }) }).items.map(({ title, treatment, labels }) => [title, treatment, labels.map(({ label }) => label)])
  const everything = [['post 2', 'show', []], ['post 1', 'show', []]]
  assert.equal([titles(), titles({})], [everything, everything], 'nobody is a moderator yet')
  await index.writer(dave).appoint({ community, author: dave.author, role: 'moderator' })
  assert.equal([titles({}), index.moderators(community)], [everything, []], 'nobody appoints but the founder')
  await index.writer(founder).appoint({ community, author: carol.author, role: 'moderator' })
  assert.equal([titles({}), index.moderators(community)], [[['post 1', 'fold', ['harsh']]], [carol.author]])
  assert.equal(titles({ moderatorsOf: () => [dave.author] }), [['post 2', 'show', []]])
  assert.equal(titles({ treatmentOf: () => 'fold' }), [['post 2', 'fold', ['spam']], ['post 1', 'fold', ['harsh']]])
  assert.equal(titles(), everything)
  assert.equal(index.labels(spam), [{ author: carol.author, label: 'spam', reason: 'sells seeds', labelledMs: NOW_MS }])
  assert.is(index.labels(ham).length, 2)
  await index.writer(carol).label({ ...spam, label: 'none' })
  assert.equal(titles({}), [['post 2', 'show', ['none']], ['post 1', 'fold', ['harsh']]])
  await index.writer(founder).appoint({ community, author: carol.author, role: 'none' })
  await index.writer(founder).label({ ...ham, label: 'remove' })
  assert.equal(titles({}), [['post 2', 'show', []]], "the founder's own labels count")
})

test('muted authors leave feeds, profiles and notifications; an answer keeps its place in a thread', async () => {
  await using world = await open()
  const { index, community } = world
  const root = await post(index, alice, community, 1)
  await post(index, bob, community, 2)
  const rude = await answer(index, bob, root, root, 3)
  await answer(index, carol, root, rude, 4)
  await answer(index, bob, root, root, 5, [], NOW_MS - 1)
  const policy = { muted: new Set([bob.author]) }
  assert.equal(index.feed({ sort: 'new', limit: 10, policy }).items.map(({ title }) => title), ['post 1'])
  assert.equal(index.feed({ sort: 'new', limit: 10, policy: { ...policy, mutedAre: 'fold' } }).items.map(({ treatment }) => treatment).sort(), ['fold', 'show'])
  assert.equal(index.authored({ author: bob.author, limit: 10, policy }).items, [])
  assert.equal(index.thread(root, 'new', { policy })?.map(({ author, depth, treatment, below }) => [author, depth, treatment, below]), [[bob.author, 0, 'hide', 1], [carol.author, 1, 'show', 0]])
  assert.is(index.thread(root)?.length, 3)
  assert.is(index.notifications({ author: alice.author, limit: 10, policy }).unread, 0)
  assert.is(index.notifications({ author: alice.author, limit: 10 }).unread, 2)
})

test('notifications come from all shards, newest first, and are unread since a mark', async () => {
  await using world = await open()
  const { index, community } = world
  const { address: other } = await index.create({ founder, slug: 'kitchen' })
  const january = await post(index, alice, community, 1, NOW_MS - 40 * DAY_MS)
  const elsewhere = await post(index, bob, other, 2)
  await answer(index, bob, january, january, 3, [], NOW_MS - 3)
  await answer(index, carol, elsewhere, elsewhere, 4, [alice.author], NOW_MS - 1)
  await answer(index, carol, january, january, 5, [alice.author], NOW_MS - 2)
  await answer(index, alice, january, january, 6)
  const gone = await answer(index, dave, january, january, 7)
  await index.writer(dave).delete(gone)
  const listed = (options = {}): unknown => {
    const { items, unread } = index.notifications({ author: alice.author, limit: 10, ...options })
    return [unread, items.map(({ reason, unread, comment }) => [reason, unread, comment.contentId, comment.community === other])]
  }
  assert.equal(listed(), [3, [['mention', true, content(4), true], ['reply', true, content(5), false], ['reply', true, content(3), false]]])
  assert.equal(listed({ readUntilMs: NOW_MS - 2, communities: [community] }), [0, [['reply', false, content(5), false], ['reply', false, content(3), false]]])
  assert.equal(listed({ readUntilMs: (post: ContentId) => post === content(1) ? NOW_MS : 0, limit: 1 }), [1, [['mention', true, content(4), true]]])
  const first = index.notifications({ author: alice.author, limit: 2 })
  const second = index.notifications({ author: alice.author, limit: 2, ...(first.next === null ? {} : { after: first.next }) })
  assert.equal([first.items.length, second.items.map(({ comment }) => comment.contentId), second.unread, second.next], [2, [content(3)], 3, null])
  assert.throws(() => index.notifications({ author: alice.author, limit: 2, after: 'x' }), (error: { code: string }) => error.code === 'BAD_ENTRY')
})

test('a profile lists posts and attached comments of all shards; comments of a thread come in pages', async () => {
  await using world = await open()
  const { index, community } = world
  const january = await post(index, alice, community, 1, NOW_MS - 40 * DAY_MS)
  const february = await post(index, alice, community, 2)
  const deep = await answer(index, alice, february, february, 3, [], NOW_MS - 1)
  await answer(index, alice, february, { ...february, item: january.item }, 4)
  await index.writer(bob).vote({ ...january, value: 1 })
  const ids = (options: object): ContentId[] => index.authored({ author: alice.author, limit: 10, ...options }).items.map(({ contentId }) => contentId)
  assert.equal(ids({}), [content(2), content(3), content(1)], 'a comment below nothing is not listed')
  assert.equal(ids({ sort: 'top' }), [content(1), content(2), content(3)])
  assert.equal([ids({ kind: 'posts' }), ids({ kind: 'comments' })], [[content(2), content(1)], [content(3)]])
  await answer(index, bob, february, deep, 5)
  const page = index.comments(february, { limit: 1 })
  const [only] = page?.items ?? []
  assert.equal([only?.contentId, only?.below, page?.next], [content(3), 1, null])
  assert.equal(index.comments(deep, { limit: 1, ...(only?.next ? { after: only.next } : {}) })?.items.map(({ contentId }) => contentId), [content(5)])
  assert.equal([index.comments({ ...february, item: 'nothing' as ItemId }, { limit: 1 }), index.thread(deep)], [undefined, undefined])
})

test('a feed of no joined community is an error, and one that is named twice is read once', async () => {
  await using world = await open()
  const { index, community } = world
  await post(index, alice, community, 1)
  assert.throws(() => index.feed({ sort: 'new', limit: 1, communities: ['ab'.repeat(32) as CommunityAddress] }), (error: { code: string }) => error.code === 'NOT_JOINED')
  assert.is(index.feed({ sort: 'new', limit: 10, communities: [community, community] }).items.length, 1)
})

test('one item is judged as a list would, and who wrote is known without those who only voted', async () => {
  await using world = await open()
  const { index, community } = world
  const place = await post(index, alice, community, 1)
  await index.writer(bob).vote({ ...place, value: 1 })
  await index.writer(carol).profile({ community, name: 'Carol' })
  await index.writer(founder).label({ ...place, label: 'heated', reason: 'cool off' })
  await index.writer(dave).label({ ...place, label: 'spam' })
  assert.equal(index.authors(community), [alice, carol].map(({ author }) => author).sort())
  const judged = (policy: Parameters<CrdtIndex['judge']>[1]['policy']): unknown => {
    const judgement = index.judge(place, policy === undefined ? {} : { policy })
    return judgement === undefined ? null : [judgement.treatment, judgement.labels.map(({ author, label }) => [author, label])]
  }
  assert.equal(judged(undefined), ['show', []])
  assert.equal(judged({}), ['fold', [[founder.author, 'heated']]])
  assert.equal(judged({ moderatorsOf: () => [dave.author] }), ['hide', [[dave.author, 'spam']]])
  assert.equal(judged({ moderatorsOf: () => [], muted: new Set([alice.author]) }), ['hide', []])
  assert.is(index.judge({ ...place, item: 'A'.repeat(27) as ItemId }, {}), undefined)
  assert.throws(() => index.authors('0'.repeat(64) as CommunityAddress), ({ code }: { code: string }) => code === 'NOT_JOINED')
})

test.run()
