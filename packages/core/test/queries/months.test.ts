// A node that keeps the newest months: what it opens of older ones is fetched, and shown as last known until it is here.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Thread } from '../../src/answers.ts'
import type { SeedbedNode } from '../../src/node.ts'
import type { LiveSnapshot } from '../../src/queries/live/live-query.ts'
import { codeOf, createTestNodes, until, type TestNodes } from '../nodes.ts'

const test = suite('months of a node')
const DAY_MS = 24 * 3600 * 1000

/** A community with an answered post of June, in August. */
async function writtenInJune (nodes: TestNodes): Promise<{ writer: SeedbedNode, address: string, id: string, clock: () => number }> {
  let now = Date.UTC(2026, 5, 20)
  const clock = (): number => now
  const writer = await nodes.start([], { clock, torrent: false })
  const { address } = await writer.communities.create({ slug: 'months', difficulty: 0 })
  const { id } = await writer.posts.create({ community: address, title: 'of June', text: 'June' })
  await writer.comments.create({ parent: id, text: 'an answer' })
  now += 45 * DAY_MS
  return { writer, address, id, clock }
}

test('a thread of a month that is not kept is fetched when it is opened, and a feed shows it as last known', async () => {
  await using nodes = await createTestNodes()
  const { writer, address, id, clock } = await writtenInJune(nodes)
  const { id: young } = await writer.posts.create({ community: address, title: 'of August', text: 'August' })

  const reader = await nodes.start([writer], { clock, torrent: false })
  await reader.communities.join(address)
  await until('all is here', async () => (await reader.feed({ sort: 'new' })).items.length === 2 && (await reader.thread(id)).comments.length === 1)
  await reader.communities.retain('months', { months: 1 })
  const old = (await reader.feed({ sort: 'new' })).items.find(post => post.id === id)
  assert.equal([old?.comments, old?.knownAtMs], [1, clock()])
  assert.is((await reader.feed({ sort: 'new' })).items.find(post => post.id === young)?.knownAtMs, null)
  const june = async (): Promise<unknown> => (await reader.status()).communities[0]?.shards.filter(({ period }) => period === 202606).map(({ holding, kept, asOfMs }) => [holding, kept, asOfMs])
  assert.equal(await june(), [['absent', false, clock()]])
  assert.equal((await reader.status()).communities[0]?.retain, { months: 1 })

  const opened = await reader.thread(id)
  assert.equal([opened.comments.map(({ text }) => text), opened.holding, opened.knownAtMs], [['an answer'], 'whole', null])
  assert.equal(await june(), [['whole', true, null]])
  await reader.communities.retain('months', null)
  assert.equal(await codeOf(reader.communities.retain('months', { months: 0 })), 'USAGE')
  assert.equal(await codeOf(reader.communities.retain('nothing', 'all')), 'UNKNOWN_COMMUNITY')
})

test('a live thread of a month that is not here is shown as last known, then whole', async () => {
  await using nodes = await createTestNodes()
  const { writer, address, id, clock } = await writtenInJune(nodes)
  const reader = await nodes.start([], { clock, torrent: false, retain: { months: 1 } })
  await reader.communities.join(address)
  await reader.connect((await writer.status()).addresses[0] ?? '')
  await until('it is heard of', async () => (await reader.status()).communities[0]?.shards.some(({ period, elsewhere }) => period === 202606 && elsewhere > 0) === true)
  assert.equal(await codeOf(reader.thread(id)), 'UNKNOWN_ID', 'nobody who was not there knows its posts')
  const top = reader.live.feed({ sort: 'top', window: 'year' })
  const ends = [top.subscribe(() => {})]
  await until('the window brought it', () => valueOf(top.getSnapshot())?.items.some(post => post.id === id && post.knownAtMs === null) === true)
  await reader.communities.retain(address, { months: 1 })

  const live = reader.live.thread(id)
  const seen: Thread[] = []
  ends.push(live.subscribe(() => {
    const value = valueOf(live.getSnapshot())
    if (value !== null) seen.push(value)
  }))
  await until('whole', () => seen.at(-1)?.holding === 'whole' && seen.at(-1)?.comments.length === 1)
  for (const end of ends) end()
})

/** What a live query shows. */
function valueOf<T> (snapshot: LiveSnapshot<T>): T | null {
  return 'value' in snapshot ? snapshot.value : null
}

test.run()
