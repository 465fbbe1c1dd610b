// Bodies and rows that were damaged where they lie: whoever has the right bytes mends them by putting them, and nobody
// else is hindered by them.
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLevelBlobs, createTorrentStore, refOf, req2Of, type BlobStore, type InfoHash, type TorrentStore, type TorrentStoreError } from '../src/index.ts'

const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const
const test = suite('held bodies')
const bodies = Array.from({ length: 5 }, (_, i) => Buffer.from(`a body that is held ${i}`))
const [first] = bodies as [Buffer]
const { infoHash } = refOf(first)

interface World { readonly db: MemoryLevel<Uint8Array, Uint8Array>, readonly blobs: BlobStore, readonly store: TorrentStore, damage (row: 'body' | 'index', value: Uint8Array | null): Promise<void> }

async function world (): Promise<World> {
  const db = new MemoryLevel<Uint8Array, Uint8Array>(VIEW)
  const blobs = await createLevelBlobs(db)
  const store = await createTorrentStore({ db: blobs })
  await store.putMany(bodies)
  return {
    db, blobs, store,
    async damage (row, value) {
      const rows = db.sublevel('torrent-store', VIEW).sublevel<Uint8Array, Uint8Array>(row, VIEW)
      const key = Buffer.from(row === 'body' ? infoHash : req2Of(infoHash), 'hex')
      await (value === null ? rows.del(key) : rows.put(key, value))
    }
  }
}

const WAYS: Readonly<Record<string, (store: TorrentStore) => Promise<unknown>>> = {
  put: async store => await store.put(first),
  'putMany, beside others': async store => await store.putMany([Buffer.from('new'), first, bodies[1] ?? first]),
  import: async store => {
    await using other = await createTorrentStore({ db: await createLevelBlobs(new MemoryLevel()) })
    await other.putMany(bodies)
    return await store.import(other.export())
  }
}
const DAMAGES: Readonly<Record<string, readonly ['body' | 'index', Uint8Array | null]>> = {
  'other bytes': ['body', Buffer.from(first).fill(7)],
  'one wrong bit': ['body', Buffer.from(first).map((byte, i) => i === 9 ? byte ^ 16 : byte)],
  'fewer bytes': ['body', first.subarray(1)],
  'no bytes': ['body', new Uint8Array(0)],
  'no row of the body': ['body', null],
  'a short row of the index': ['index', Uint8Array.of(1, 2, 3)],
  'no bytes in the row of the index': ['index', new Uint8Array(0)]
}

for (const [way, use] of Object.entries(WAYS)) {
  test(`${way} mends what is damaged, and counts it once`, async () => {
    for (const [damage, [row, value]] of Object.entries(DAMAGES)) {
      const { store, blobs, db, damage: harm } = await world()
      const news: InfoHash[] = []
      store.on('put', ref => news.push(ref.infoHash))
      await harm(row, value)
      await use(store)
      assert.equal(Buffer.from(await store.get(infoHash) ?? []), first, damage)
      assert.is(await blobs.findByReq2(req2Of(infoHash)), infoHash, damage)
      assert.equal(await blobs.lengthsOf([infoHash]), [first.length], damage)
      assert.not.ok(news.includes(infoHash), damage)
      const counted = { bodies: 0, bytes: 0 }
      for await (const { length } of store.list()) {
        counted.bodies++
        counted.bytes += length
      }
      assert.equal(store.stat(), counted, damage)
      assert.equal((await createLevelBlobs(db)).stat(), counted, damage)
    }
  })
}

test('a damaged row of the index can be deleted with its body', async () => {
  const { store, damage } = await world()
  await damage('index', Uint8Array.of(1, 2, 3))
  assert.is(await store.delete(infoHash), true)
  assert.is(await store.get(infoHash), undefined)
  const bytes = bodies.slice(1).reduce((sum, { length }) => sum + length, 0)
  assert.equal(store.stat(), { bodies: 4, bytes })
  let listed = 0
  for await (const { length } of store.list()) listed += length
  assert.is(listed, bytes)
})

test('one bad row hides no other, and its own body neither', async () => {
  const { store, blobs, damage } = await world()
  await damage('index', Uint8Array.of(1, 2, 3))
  const ids = bodies.map(body => refOf(body).infoHash)
  assert.equal(await blobs.lengthsOf(ids), bodies.map(({ length }) => length))
  const found = new Map<InfoHash, number>()
  for await (const { infoHash, body, from } of store.fetchMany(ids.map(infoHash => ({ infoHash })), { candidates: [], localFirst: true })) {
    assert.is(from, null)
    found.set(infoHash, body?.length ?? 0)
  }
  assert.equal(ids.map(id => found.get(id)), bodies.map(({ length }) => length))
})

test('rows that cannot be read count as not held, unless it is all of them', async () => {
  const { db, blobs } = await world()
  const ids = bodies.map(body => refOf(body).infoHash)
  const unreadable = (keys: Uint8Array | readonly Uint8Array[]): boolean => [keys].flat().some(key => [infoHash, req2Of(infoHash)].some(part => Buffer.from(key).includes(Buffer.from(part, 'hex'))))
  const [get, getMany] = [db.get.bind(db), db.getMany.bind(db)] as unknown as Array<(keys: Uint8Array, options: unknown) => Promise<unknown>>
  const failing = (read: typeof get) => async (keys: Uint8Array, options: unknown): Promise<unknown> => {
    if (unreadable(keys)) throw new Error('a block of the file is damaged')
    return await read?.(keys, options)
  }
  Object.assign(db, { get: failing(get), getMany: failing(getMany) })
  assert.equal(await blobs.lengthsOf(ids), bodies.map(({ length }, i) => i === 0 ? undefined : length))
  await blobs.lengthsOf([infoHash]).then(() => { assert.unreachable() }, (error: TorrentStoreError) => { assert.is(error.code, 'STORAGE_FAILED') })
})

test('putting what is held does not bring it back from a delete that comes after', async () => {
  const { store } = await world()
  for (let round = 0; round < 20; round++) {
    await Promise.all([store.put(first), store.delete(infoHash)])
    assert.is(await store.has(infoHash), false)
    await store.put(first)
  }
  assert.is(store.stat().bodies, bodies.length)
})

test('under a quota a mended body counts once', async () => {
  const { blobs, damage } = await world()
  const store = await createTorrentStore({ db: blobs, quota: { cacheBytes: 1000, isPinned: async id => id === infoHash } })
  for (const value of [first.subarray(3), Buffer.concat([first, first])]) {
    await damage('body', value)
    await damage('index', Uint8Array.of(1))
    await store.put(first)
    await store.settled()
    assert.equal(Buffer.from(await store.get(infoHash) ?? []), first)
    assert.ok((store.stat().pinnedBytesAtLeast ?? Infinity) <= first.length)
  }
  await store.close()
})

test.run()
