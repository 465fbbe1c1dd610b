// A community that is left is gone in one write; what that leaves behind is deleted even if the process ends in the midst.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../src/create-crdt-index.ts'
import type { CrdtIndex } from '../src/crdt-index.ts'
import { createSigner } from '../src/identity/keys.ts'
import { hexToBytes } from '../src/identity/encoding.ts'
import type { CommunityAddress, ContentId } from '../src/model.ts'
import { createIndexStore } from '../src/store/index-store.ts'
import { copyOf, memory, START_MS, type Memory } from './checkpoint/world.ts'

const test = suite('leaving')
const ada = createSigner(new Uint8Array(32).fill(1))
const open = async (db: Memory): Promise<CrdtIndex> => await createCrdtIndex({ db, clock: () => START_MS, checkpoints: { minEnvelopes: 1, intervalMs: 1e9 } })

/** Rows that name the community anywhere in their key, as text says whose database it was. */
async function rowsOf (db: Memory, address: CommunityAddress): Promise<string[]> {
  const name = Buffer.from(hexToBytes(address)).toString('latin1')
  return (await db.keys().all()).map(key => Buffer.from(key).toString('latin1')).filter(key => key.includes(name) && !key.includes('!stamps!'))
}

async function communityIn (db: Memory): Promise<{ readonly address: CommunityAddress, readonly genesis: Uint8Array }> {
  await using index = await open(db)
  const { address } = await index.create({ founder: ada, slug: 'gone', title: 'Gone' })
  for (const n of [1, 2, 3]) await index.writer(ada).post({ community: address, contentId: String(n).repeat(40) as ContentId, length: 10, title: `post ${n}`, createdMs: START_MS })
  return { address, genesis: index.genesis(address)! }
}

/** From here on nothing is cleared, as if the process had ended before it came to that. */
const endsBeforeClearing = (db: Memory): Memory => Object.assign(db, { clear: async () => { throw new Error('it ended') } })

test('what a crash left of it is deleted by the next start', async () => {
  const db = memory()
  const { address, genesis } = await communityIn(db)
  {
    await using index = await open(endsBeforeClearing(db))
    await index.leave(address)
    assert.equal(index.communities(), [])
  }
  const ended = await copyOf(db)
  assert.ok((await rowsOf(ended, address)).length > 3, 'envelopes lie there yet')
  await using index = await open(ended)
  assert.equal(index.communities(), [])
  assert.equal(await rowsOf(ended, address), [])
  await index.join(address, genesis)
  assert.equal(index.status(address).shards, [])
})

test('where it could not be deleted, it is deleted before the community is joined again', async () => {
  const db = memory()
  const { address, genesis } = await communityIn(db)
  const clear = db.clear.bind(db)
  await using index = await open(endsBeforeClearing(db))
  await index.leave(address)
  try {
    await index.join(address, genesis)
    assert.unreachable('half of it is there')
  } catch (error) {
    assert.is((error as { code?: string }).code, 'STORAGE_FAILED')
  }
  assert.equal(index.communities(), [])
  db.clear = clear
  await index.join(address, genesis)
  await index.close()
  await using again = await open(await copyOf(db))
  assert.equal(again.status(address).shards, [])
})

test('a store that cannot delete what was left opens all the same', async () => {
  const db = memory()
  const { address } = await communityIn(db)
  const store = createIndexStore(endsBeforeClearing(db))
  await store.open()
  await store.deleteCommunity(address)
  const later = createIndexStore(endsBeforeClearing(await copyOf(db)))
  assert.equal(await later.open(), [])
  assert.equal(await later.communities(), [])
})

test('what an earlier release joined again, which knows nothing of what was left, stays', async () => {
  const db = memory()
  const { address } = await communityIn(db)
  const communities = db.sublevel<Uint8Array, Uint8Array>('crdt-index', {}).sublevel<Uint8Array, Uint8Array>('communities', { keyEncoding: 'view', valueEncoding: 'view' })
  const mark = Uint8Array.of(...hexToBytes(address), 0)
  await communities.put(mark, new Uint8Array())
  for (const _ of [1, 2]) { // neither the next start nor the one after it
    await using index = await open(db)
    assert.is(index.feed({ communities: [address], sort: 'new', limit: 10 }).items.length, 3)
    assert.is(await communities.get(mark), undefined)
  }
})

test.run()
