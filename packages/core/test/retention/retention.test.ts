// What changes of the index mean for the store's quota, with a real store and an index that tells what it is told to.
import { createMemoryBlobs, createTorrentStore, type InfoHash, type TorrentStore } from '@seedbed/torrent-store'
import type { AuthorId, CommunityAddress, ContentId, IndexEvents, ItemView } from '@seedbed/crdt-index'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createRetention, type Retention, type RetentionOptions } from '../../src/retention/retention.ts'

const test = suite('core/retention/retention')
const author = 'a'.repeat(64) as AuthorId
const community = 'c'.repeat(64) as CommunityAddress
const item = 'A'.repeat(27)
const SILENT = { debug: () => {}, info: () => {}, warn: () => {} }

interface World extends AsyncDisposable {
  readonly store: TorrentStore
  readonly retention: Retention
  readonly pinned: Set<InfoHash>
  readonly evicted: ContentId[]
  readonly seeds: Map<ContentId, number>
  tell<Name extends 'communities' | 'change'> (name: Name, event: Partial<IndexEvents[Name]>): void
  put (fill: number, pin: boolean): Promise<InfoHash>
}

async function createWorld (cacheBytes: number): Promise<World> {
  const retention = createRetention(cacheBytes)
  const store = await createTorrentStore({ db: createMemoryBlobs(), quota: retention.quota })
  const pinned = new Set<InfoHash>()
  const evicted: ContentId[] = []
  const seeds = new Map<ContentId, number>()
  const listeners = new Map<string, (event: never) => void>()
  const index: RetentionOptions['index'] = {
    on (name, listener) {
      listeners.set(name, listener)
      return () => { listeners.delete(name) }
    },
    community: () => undefined,
    item: () => ({ item, community }) as unknown as ItemView,
    revisions: () => [{ length: 100 }] as unknown as ReturnType<RetentionOptions['index']['revisions']>,
    findRevision: () => [{ community }] as unknown as ItemView[]
  }
  retention.start({
    torrents: store, pins: { isPinned: async id => pinned.has(id as string as InfoHash) }, index, author, logger: SILENT,
    seedCounts: { lastKnown: (_, id) => seeds.get(id) },
    onEvicted: id => { evicted.push(id) }
  })
  return {
    store, retention, pinned, evicted, seeds,
    tell: (name, event) => { listeners.get(name)?.(event as never) },
    async put (fill, pin) {
      const { infoHash } = await store.protect(async () => {
        const ref = await store.put(new Uint8Array(100).fill(fill))
        if (pin) pinned.add(ref.infoHash)
        return ref
      })()
      return infoHash
    },
    async [Symbol.asyncDispose] () {
      retention.close()
      assert.is(listeners.size, 0)
      await store.close()
    }
  }
}

const vote = (by: AuthorId, before: unknown, after: unknown): Partial<IndexEvents['change']> => ({
  community, period: '2026-11', author: by, changes: [{ root: 'votes', key: item, before, after }]
}) as unknown as Partial<IndexEvents['change']>

test('a vote of ours that was taken back frees what it pinned; votes of others, and new ones, mean nothing', async () => {
  await using world = await createWorld(50)
  const id = await world.put(1, true)
  await world.store.settled()
  world.pinned.clear()
  world.tell('change', vote('b'.repeat(64) as AuthorId, [1, 5], [0, 6]))
  world.tell('change', vote(author, undefined, [1, 5]))
  world.tell('change', vote(author, [0, 5], undefined))
  await world.store.settled()
  assert.equal(world.evicted, [])
  world.tell('change', vote(author, [1, 5], [0, 6]))
  await world.store.settled()
  assert.equal(world.evicted, [id as string])
})

test('an upvote that names another revision now frees the one that it named, and one that is only repeated nothing', async () => {
  await using world = await createWorld(50)
  const id = await world.put(1, true)
  await world.store.settled()
  world.pinned.clear()
  const [first, second] = [new Uint8Array(20).fill(1), new Uint8Array(20).fill(2)]
  world.tell('change', vote(author, [1, 5, first], [1, 6, first]))
  await world.store.settled()
  assert.equal(world.evicted, [])
  world.tell('change', vote(author, [1, 6, first], [1, 7, second]))
  await world.store.settled()
  assert.equal(world.evicted, [id as string])
})

test('what a community pinned that was left is cached, and what few others seed goes last', async () => {
  await using world = await createWorld(250)
  const ids: InfoHash[] = []
  for (const fill of [1, 2, 3]) ids.push(await world.put(fill, true))
  await world.store.settled()
  assert.equal(world.evicted, [])
  world.pinned.clear()
  for (const [i, id] of ids.entries()) world.seeds.set(id as string as ContentId, i === 1 ? 9 : 0)
  world.tell('communities', { community })
  await world.store.settled()
  assert.equal(world.evicted, [ids[1] as string])
})

test('a store whose node does not come to be closes, whatever its quota asks', async () => {
  const blobs = createMemoryBlobs()
  const filled = await createTorrentStore({ db: blobs })
  const { infoHash } = await filled.put(new Uint8Array(100))
  await filled.close()
  const retention = createRetention(0)
  const store = await createTorrentStore({ db: blobs, quota: retention.quota })
  await new Promise(resolve => { setTimeout(resolve, 5) })
  assert.ok(await blobs.has(infoHash), 'it waits for the pins')
  retention.close()
  retention.close()
  await store.close()
  assert.ok(await blobs.has(infoHash))
})

test.run()
