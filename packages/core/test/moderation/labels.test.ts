// Labels, moderators and mutes between real nodes: what is signed, what it leads to, and how to look behind it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { FeedPost, NodeEvents, SeedbedNode, Thread } from '../../src/node.ts'
import { codeOf, createTestNodes, until, type TestNodes } from '../nodes.ts'

const test = suite('core/moderation')
const OFFLINE = { network: false, torrent: false } as const

interface Trio { readonly founder: SeedbedNode, readonly writer: SeedbedNode, readonly reader: SeedbedNode, readonly community: string }

async function trio (nodes: TestNodes): Promise<Trio> {
  const founder = await nodes.start([], { torrent: false })
  const writer = await nodes.start([founder], { torrent: false })
  const reader = await nodes.start([founder, writer], { torrent: false })
  const { address } = await founder.communities.create({ slug: 'garden', difficulty: 0 })
  for (const node of [writer, reader]) await node.communities.join(address)
  return { founder, writer, reader, community: address }
}

const titles = ({ items }: { readonly items: readonly FeedPost[] }): string[] => items.map(({ title }) => title)
const why = ({ labels }: Pick<FeedPost, 'labels'>): unknown => labels.map(({ author, label, reason }) => [author, label, reason])

test('the founder\'s label is applied everywhere, told with who and why, looked behind, and taken back', async () => {
  await using nodes = await createTestNodes()
  const { founder, writer, reader, community } = await trio(nodes)
  const post = await writer.posts.create({ community, title: 'Buy now', text: 'cheap' })
  await until('the other one is younger', () => Date.now() > post.createdAtMs)
  const other = await writer.posts.create({ community, title: 'Figs', text: 'ripe' })
  await until('all know both', async () => (await founder.feed()).items.length === 2 && (await reader.feed()).items.length === 2)
  const live = reader.live.feed({ sort: 'new' })
  const leave = live.subscribe(() => {})
  const shown = (): string[] | null => {
    const now = live.getSnapshot()
    return now.state === 'ready' ? titles(now.value) : null
  }
  const told: Array<NodeEvents['label']> = []
  reader.on('label', event => { told.push(event) })

  const labelled = await founder.labels.set({ id: post.id, label: ' Spam ', reason: 'an advertisement' })
  assert.equal(labelled, { id: post.id, community, label: 'spam', reason: 'an advertisement', byDefault: true, treatment: 'hide' })
  await until('the reader\'s feed hides it by itself', () => JSON.stringify(shown()) === '["Figs"]')
  assert.equal(told, [{ id: post.id, community, author: founder.author, label: 'spam', reason: 'an advertisement', own: false }])
  assert.equal(titles(await reader.feed({ sort: 'new', policy: { atMost: 'show' } })), ['Figs', 'Buy now'])
  const [, behind] = (await reader.feed({ sort: 'new', policy: { atMost: 'fold' } })).items
  assert.equal([behind?.treatment, behind && why(behind)], ['fold', [[founder.author, 'spam', 'an advertisement']]])
  assert.equal(titles(await reader.feed({ sort: 'new', policy: { treatments: { spam: 'show' } } })), ['Figs', 'Buy now'])
  assert.equal(titles(await reader.feed({ sort: 'new', policy: { moderators: [] } })), ['Figs', 'Buy now'])

  const hidden = await reader.thread(post.id)
  assert.equal([hidden.title, hidden.post.treatment, hidden.post.text, hidden.post.available, why(hidden.post)], ['', 'hide', null, false, [[founder.author, 'spam', 'an advertisement']]])
  const open = await reader.thread(post.id, { policy: { atMost: 'show' } })
  assert.equal([open.title, open.post.treatment, open.post.text, why(open.post)], ['Buy now', 'show', 'cheap', [[founder.author, 'spam', 'an advertisement']]])
  await until('the writer knows it', async () => (await writer.labels.list(post.id)).length === 1)
  const own = (await writer.feed()).items.find(({ id }) => id === post.id)
  assert.equal([own?.treatment, own && why(own)], ['fold', [[founder.author, 'spam', 'an advertisement']]], 'who wrote it sees it folded, and what it was called')
  assert.equal([(await writer.thread(post.id)).title, (await writer.thread(post.id)).post.text], ['Buy now', 'cheap'])
  assert.equal((await reader.labels.list(post.id)).map(({ author, label, counts }) => [author, label, counts]), [[founder.author, 'spam', true]])

  const digest = async (): Promise<string | undefined> => (await founder.status()).communities[0]?.digest
  const before = await digest()
  await founder.labels.set({ id: post.id, label: 'spam', reason: 'an advertisement' })
  assert.is(await digest(), before, 'the same label again is nothing new')
  assert.equal(await founder.labels.clear(post.id), { id: post.id, community, label: null, reason: '', byDefault: true, treatment: 'show' })
  await until('it is back', () => JSON.stringify(shown()) === '["Figs","Buy now"]')
  assert.is(told.at(-1)?.label, null)
  assert.equal((await reader.labels.list(post.id)), [])
  const again = await digest()
  await founder.labels.clear(post.id)
  assert.is(await digest(), again)
  await founder.labels.set({ id: other.id, label: 'heated' })
  await until('another label folds', async () => (await reader.feed({ sort: 'new' })).items[0]?.treatment === 'fold')
  leave()
})

test('anybody may label; it counts for who follows them, and moderators whom the founder names count for all', async () => {
  await using nodes = await createTestNodes()
  const { founder, writer, reader, community } = await trio(nodes)
  const post = await founder.posts.create({ community, title: 'Figs', text: 'ripe' })
  await until('all know it', async () => (await writer.feed()).items.length === 1 && (await reader.feed()).items.length === 1)
  const label = await writer.labels.set({ id: post.id, label: 'spam' })
  assert.equal([label.byDefault, label.treatment], [false, 'hide'])
  await until('the label is known', async () => (await reader.labels.list(post.id)).length === 1)
  assert.is((await reader.labels.list(post.id))[0]?.counts, false)
  assert.is((await reader.feed()).items.length, 1)

  await reader.personal.followModerators(community, [writer.author.toUpperCase()])
  assert.equal(await reader.feed(), { items: [], next: null, hidden: 1 })
  assert.equal([(await reader.feed({ policy: { atMost: 'fold' } })).hidden, (await writer.feed()).hidden], [0, 0])
  assert.equal(reader.moderators.list(community).items.map(({ author, role, followed }) => [author, role, followed]), [[founder.author, 'founder', false], [writer.author, 'chosen', true]])
  assert.is(reader.moderators.list(community).chosen, true)
  await reader.personal.followModerators('garden', null)
  assert.is((await reader.feed()).items.length, 1)
  assert.equal(reader.personal.state().moderators, {})

  const live = reader.live.communities()
  const leave = live.subscribe(() => {})
  const list = await founder.moderators.appoint({ community: 'garden', author: writer.author })
  assert.equal(list.items.map(({ author, role, followed }) => [author, role, followed]), [[founder.author, 'founder', true], [writer.author, 'moderator', true]])
  await until('the reader hears of it', () => {
    const now = live.getSnapshot()
    return now.state === 'ready' && now.value[0]?.moderators[0] === writer.author
  })
  await until('and the label counts', async () => (await reader.feed()).items.length === 0)
  assert.is((await writer.labels.set({ id: post.id, label: 'spam', reason: 'again' })).byDefault, true)
  await founder.moderators.dismiss({ community, author: writer.author })
  await until('no more', async () => (await reader.feed()).items.length === 1)
  leave()
})

test('what cannot be said is refused under its code, and nothing is signed', async () => {
  await using nodes = await createTestNodes()
  const founder = await nodes.start([], OFFLINE)
  const { address: community } = await founder.communities.create({ slug: 'garden', difficulty: 0 })
  const { id } = await founder.posts.create({ community, title: 'Figs', text: 'ripe' })
  const gone = await founder.posts.create({ community, title: 'Gone', text: 'gone' })
  await founder.delete(gone.id)
  const stranger = 'a'.repeat(64)
  const before = (await founder.status()).communities
  const { labels, moderators, personal, feed } = founder
  for (const label of ['', '  ', 'none', 'None', 'x'.repeat(65), 'ž'.repeat(33), 'two\nlines', 'bell\u0007']) assert.is(await codeOf(labels.set({ id, label })), 'USAGE', label)
  for (const reason of ['x'.repeat(301), 'two\nlines', '\u001b[31m']) assert.is(await codeOf(labels.set({ id, label: 'spam', reason })), 'USAGE', reason)
  assert.is(await codeOf(labels.set({ id, label: 'half \ud800' })), 'TEXT_NOT_UTF8')
  assert.is(await codeOf(labels.set({ id: gone.id, label: 'spam' })), 'DELETED')
  assert.is(await codeOf(labels.set({ id: 'x', label: 'spam' })), 'BAD_ID')
  assert.is(await codeOf(labels.clear('0'.repeat(40))), 'UNKNOWN_ID')
  assert.is(await codeOf(labels.list('0'.repeat(40))), 'UNKNOWN_ID')
  assert.is(await codeOf(moderators.appoint({ community, author: 'nobody' })), 'BAD_ID')
  assert.is(await codeOf(moderators.appoint({ community, author: founder.author })), 'USAGE')
  assert.is(await codeOf(moderators.appoint({ community: 'nowhere', author: stranger })), 'UNKNOWN_COMMUNITY')
  assert.throws(() => moderators.list('nowhere'), ({ code }: { code: string }) => code === 'UNKNOWN_COMMUNITY')
  assert.is(await codeOf(personal.followModerators(community, Array.from({ length: 101 }, (_, n) => n.toString(16).padStart(64, '0')))), 'USAGE')
  assert.is(await codeOf(feed({ policy: { moderators: ['x'] } })), 'BAD_ID')
  assert.is(await codeOf(feed({ policy: { atMost: 'nothing' as 'show' } })), 'USAGE')
  assert.is(await codeOf(feed({ policy: { treatments: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`label ${n}`, 'show' as const])) } })), 'USAGE')
  for (const policy of [null, 'show', [], { treatments: null }, { treatments: ['hide'] }, { treatments: { spam: ['hide'] } }, { moderators: null }, { moderators: stranger }, { moderators: [1] }, { mutes: null }, { atMost: ['fold'] }]) {
    assert.is(await codeOf(feed({ policy: policy as object })), 'USAGE', JSON.stringify(policy))
    assert.is(await codeOf(founder.thread(id, { policy: policy as object })), 'USAGE', JSON.stringify(policy))
  }
  assert.is(await codeOf(founder.equivocations({ community: 'nowhere' })), 'UNKNOWN_COMMUNITY')
  await moderators.dismiss({ community, author: stranger })
  assert.equal((await founder.status()).communities, before)

  const other = await nodes.start([], OFFLINE)
  const archive: Uint8Array[] = []
  for await (const part of founder.archives.export({ community })) archive.push(part)
  await other.archives.import((async function * () { yield * archive })())
  assert.is(await codeOf(other.moderators.appoint({ community, author: stranger })), 'NOT_FOUNDER')
  assert.is(await codeOf(other.moderators.dismiss({ community, author: stranger })), 'NOT_FOUNDER')
})

test('what muted authors write is in no list, and one may look behind', async () => {
  await using nodes = await createTestNodes()
  const { founder, writer, reader, community } = await trio(nodes)
  const post = await founder.posts.create({ community, title: 'Figs', text: 'ripe' })
  await until('the writer knows it', async () => (await writer.feed()).items.length === 1)
  await writer.posts.create({ community, title: 'Noise', text: 'noise' })
  const comment = await writer.comments.create({ parent: post.id, text: 'noise too', mentions: [reader.author] })
  await until('the founder knows the comment', async () => (await founder.thread(post.id)).comments.length === 1)
  const answer = await founder.comments.create({ parent: comment.id, text: 'calm down' })
  await until('the reader knows all', async () => (await reader.thread(post.id)).comments.length === 2 && (await reader.feed()).items.length === 2)

  const live = reader.live.thread(post.id)
  const leave = live.subscribe(() => {})
  await reader.personal.mute(writer.author, true)
  assert.equal(titles(await reader.feed()), ['Figs'])
  assert.equal((await reader.notifications()).items, [])
  assert.equal((await reader.notifications({ policy: { mutes: 'fold' } })).items.map(({ id, treatment, muted }) => [id, treatment, muted]), [[comment.id, 'fold', true]])
  assert.equal((await reader.feed({ policy: { mutes: 'fold' } })).items.map(({ title, treatment, muted }) => `${title} ${treatment} ${muted}`).sort(), ['Figs show false', 'Noise fold true'])
  const drawn = ({ comments }: Thread): unknown => comments.map(({ id, treatment, muted, text }) => [id, treatment, muted, text])
  const gap = [[comment.id, 'hide', true, null], [answer.id, 'show', false, 'calm down']]
  assert.equal(drawn(await reader.thread(post.id)), gap)
  await until('the live thread too', () => {
    const now = live.getSnapshot()
    return now.state === 'ready' && JSON.stringify(drawn(now.value)) === JSON.stringify(gap)
  })
  assert.equal(drawn(await reader.thread(post.id, { policy: { mutes: 'show' } })), [[comment.id, 'show', true, 'noise too'], [answer.id, 'show', false, 'calm down']])
  assert.equal((await reader.thread(post.id, { policy: { mutes: 'show' } })).comments[0]?.mentions, [reader.author])
  await reader.personal.mute(writer.author, false)
  assert.is((await reader.feed()).items.length, 2)
  leave()
})

test('weights reorder, for the node, for one query, and anew when they change', async () => {
  await using nodes = await createTestNodes()
  const trusted = new Set<string>()
  const founder = await nodes.start([], { torrent: false })
  const { address: community } = await founder.communities.create({ slug: 'garden', difficulty: 0 })
  const reader = await nodes.start([founder], { torrent: false, weightOf: author => trusted.has(author) ? 10 : 1 })
  const [b, c] = [await nodes.start([founder], { torrent: false }), await nodes.start([founder], { torrent: false })]
  for (const node of [reader, b, c]) await node.communities.join(community)
  const first = await founder.posts.create({ community, title: 'First', text: 'one' })
  const second = await founder.posts.create({ community, title: 'Second', text: 'two' })
  for (const node of [b, c]) await until('it is known', async () => (await node.feed()).items.length === 2)
  trusted.add(reader.author)
  await until('the reader knows', async () => (await reader.feed()).items.length === 2)
  await reader.votes.up(first.id)
  await b.votes.up(second.id)
  await c.votes.up(second.id)
  await until('all votes count', async () => (await reader.feed()).items.reduce((sum, { up }) => sum + up, 0) === 3)
  const order = async (query: Parameters<SeedbedNode['feed']>[0] = {}): Promise<unknown> => (await reader.feed(query)).items.map(({ title, up, weightedUp }) => [title, up, weightedUp])
  assert.equal(await order(), [['First', 1, 10], ['Second', 2, 2]])
  assert.equal(await order({ weightOf: null }), [['Second', 2, 2], ['First', 1, 1]])
  const live = reader.live.feed()
  const leave = live.subscribe(() => {})
  trusted.add(b.author)
  trusted.add(c.author)
  reader.reweigh()
  await until('the live feed is weighed anew', () => {
    const now = live.getSnapshot()
    return now.state === 'ready' && now.value.items[0]?.title === 'Second' && now.value.items[0].weightedUp === 20
  })
  leave()
})

test('people are found by name in any case, and by the words of their key', async () => {
  await using nodes = await createTestNodes()
  const node = await nodes.start([], OFFLINE)
  const { address: community } = await node.communities.create({ slug: 'garden', difficulty: 0 })
  assert.equal(node.profiles.find('Žofie', community), [])
  await node.profiles.set({ name: 'Žofie' })
  const own = node.profiles.get(node.author, community)
  assert.equal(node.profiles.find(' žOFIE', 'garden'), [own])
  assert.equal(node.profiles.find(own.fingerprint, community), [own])
  assert.equal(node.profiles.find('', community), [])
})

test('a founder names a hundred moderators, and the next one in place of another', async () => {
  await using nodes = await createTestNodes()
  const { communities, moderators } = await nodes.start([], OFFLINE)
  const { address: community } = await communities.create({ slug: 'garden', difficulty: 0 })
  const [one = '', ...others] = Array.from({ length: 101 }, (_, n) => n.toString(16).padStart(64, '0'))
  for (const author of others) await moderators.appoint({ community, author })
  assert.is(await codeOf(moderators.appoint({ community, author: one })), 'USAGE')
  await moderators.dismiss({ community, author: others[0] ?? '' })
  assert.ok((await moderators.appoint({ community, author: one })).items.some(({ author }) => author === one))
})

test('nobody is found by the words or the key of another, though they call themselves so', async () => {
  await using nodes = await createTestNodes()
  const founder = await nodes.start([], { torrent: false })
  const { address: community } = await founder.communities.create({ slug: 'garden', difficulty: 0 })
  const [other, impostor] = [await nodes.start([founder], { torrent: false }), await nodes.start([founder], { torrent: false })]
  for (const node of [other, impostor]) await node.communities.join(community)
  for (const name of [founder.profiles.get(other.author, community).fingerprint, other.author]) {
    await impostor.profiles.set({ name })
    await until('the founder knows the name', () => founder.profiles.get(impostor.author, community).name === name)
    assert.equal(founder.profiles.find(name, community), [])
  }
  const { id } = await other.posts.create({ community, title: 'Figs', text: 'ripe' })
  await until('the founder knows the other one', async () => (await founder.feed()).items.some(post => post.id === id))
  for (const name of [founder.profiles.get(other.author, community).fingerprint, other.author]) assert.equal(founder.profiles.find(name, community).map(({ author }) => author), [other.author])
})

test.run()
