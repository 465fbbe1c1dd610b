import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTestNodes, until } from '../nodes.ts'

const test = suite('whom to keep first')

test('who is followed comes, and stays, where a community has no room for all; who is no longer goes again', async () => {
  await using nodes = await createTestNodes()
  const founder = await nodes.start()
  const { address } = await founder.communities.create({ slug: 'small' })
  const writer = await nodes.start([founder])
  await writer.communities.join(address)
  await founder.posts.create({ community: address, title: 'The founder’s', text: 'One.' })
  await until('the writer knows the community', async () => (await writer.status()).communities[0]?.posts === 1)
  await writer.posts.create({ community: address, title: 'The writer’s', text: 'Two.' })
  await until('both posts are there', async () => (await founder.status()).communities[0]?.posts === 2)
  const whole = (await founder.status()).communities[0]!.storage
  assert.not.ok(whole.partial)

  const reader = await nodes.start([founder], { storage: { maxBytesPerCommunity: whole.bytes - 1 } })
  await reader.communities.join(address)
  const listed = async (): Promise<string> => (await reader.feed({ communities: [address], sort: 'new' })).items.map(({ title }) => title).join()
  await until('the founder goes first', async () => (await reader.status()).communities[0]?.storage.partial === true && await listed() === 'The founder’s')
  await reader.personal.follow(writer.author, true)
  await until('who is followed goes before', async () => await listed() === 'The writer’s')
  await reader.personal.follow(writer.author, false)
  await until('the founder is back', async () => await listed() === 'The founder’s')
  const { storage, shards } = (await reader.status()).communities[0]!
  assert.ok(storage.bytes <= whole.bytes - 1 && storage.authorsLeftOut === 1)
  assert.ok(shards.some(({ holding }) => holding === 'partial'))
})

test.run()
