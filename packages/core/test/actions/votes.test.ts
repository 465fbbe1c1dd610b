import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { NodeEvents } from '../../src/node.ts'
import { createTestNodes, until } from '../nodes.ts'

const test = suite('votes')

test('a vote tells what it is at: fetching only what is not here, seeding only an upvote', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start()
  const bob = await nodes.start([ada])
  const { address: community } = await ada.communities.create({ slug: 'garden', difficulty: 0 })
  await bob.communities.join(community)
  const [first, second] = [await ada.posts.create({ community, title: 'One', text: 'one' }), await ada.posts.create({ community, title: 'Two', text: 'two' })]
  await until('bob lists both', async () => (await bob.feed()).items.length === 2)
  const told: Array<NodeEvents['vote']> = []
  bob.on('vote', event => { told.push(event) })
  const stages = (): string[] => told.splice(0).map(({ id, stage }) => `${id === first.id ? 1 : id === second.id ? 2 : '?'} ${stage}`)

  await bob.votes.up(first.id)
  assert.equal(stages(), ['1 fetch', '1 verify', '1 seed', '1 sign'])
  await bob.votes.clear(first.id)
  assert.equal(stages(), ['1 sign'])
  await bob.votes.up(first.id)
  assert.equal(stages(), ['1 verify', '1 seed', '1 sign'])
  await bob.votes.down(second.id)
  assert.equal(stages(), ['2 fetch', '2 verify', '2 sign'])
})

test('status says how many own changes wait for a connection', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start()
  const { address: community } = await ada.communities.create({ slug: 'garden', difficulty: 0 })
  await ada.posts.create({ community, title: 'One', text: 'one' })
  assert.is((await ada.status()).communities[0]?.unsent, 1)
  const bob = await nodes.start([ada])
  await bob.communities.join(community)
  await until('nothing waits', async () => (await ada.status()).communities[0]?.unsent === 0)
  const { id } = await ada.posts.create({ community, title: 'Two', text: 'two' })
  await until('nor does what is written while bob is there', async () => (await ada.status()).communities[0]?.unsent === 0)
  await until('bob has both', async () => (await bob.status()).communities[0]?.posts === 2)
  await ada.delete(id)
  await until('a deleted post counts no longer', async () => (await bob.status()).communities[0]?.posts === 1)
})

test.run()
