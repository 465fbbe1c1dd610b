import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CommunityStatus, SeedbedNode } from '../../src/node.ts'
import { createTestNodes, until } from '../nodes.ts'

const test = suite('status')
const communityOf = async (node: SeedbedNode): Promise<CommunityStatus | undefined> => (await node.status()).communities[0]
const isSynced = async (node: SeedbedNode): Promise<boolean> => (await communityOf(node))?.sync.state === 'synced'

test('says of each month who agrees, and of each member what it does', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start()
  const { address: community } = await ada.communities.create({ slug: 'garden', difficulty: 0 })
  await ada.posts.create({ community, title: 'One', text: 'one' })
  const alone = await communityOf(ada)
  assert.equal(alone?.sync, { state: 'alone', peers: 0, lastSyncAtMs: null, missing: 0, exchanges: [] })
  assert.ok((alone?.shards.length ?? 0) > 0 && alone?.shards.every(({ holding, state, agreeing }) => holding === 'whole' && state === 'alone' && agreeing === 0))
  const bob = await nodes.start([ada])
  await bob.communities.join(community)
  await until('both are up to date', async () => await isSynced(ada) && await isSynced(bob))
  const shown = await communityOf(bob)
  assert.equal(shown?.shards.map(({ period, digest }) => [period, digest]), alone?.shards.map(({ period, digest }) => [period, digest]))
  assert.ok(shown?.shards.every(({ holding, state, missing, agreeing }) => holding === 'whole' && state === 'synced' && missing === 0 && agreeing === 1))
  const [exchange] = shown?.sync.exchanges ?? []
  assert.equal([exchange?.peerId, exchange?.state, exchange?.missing, exchange?.againAtMs, exchange?.error], [(await ada.status()).peerId, 'equal', 0, null, null])
  assert.type(exchange?.lastAtMs, 'number')
  assert.equal(structuredClone(shown), shown)
  await ada.close()
  await until('bob is alone', async () => (await communityOf(bob))?.sync.state === 'alone')
  assert.equal((await communityOf(bob))?.sync.exchanges, [])
})

test.run()
