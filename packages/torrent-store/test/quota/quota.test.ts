import * as fc from 'fast-check'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, TorrentStoreError, type BlobStore, type InfoHash, type StoreEvents } from '../../src/index.ts'
import { bodyOf, createWorld, idOf, type World } from './world.ts'

const test = suite('torrent-store/quota')

test('the least recently used cached bodies go first, and enough of them to stay under the quota for a while', async () => {
  const world = createWorld()
  const store = await world.open(1000)
  const bodies = Array.from({ length: 10 }, (_, i) => bodyOf(i, 100))
  for (const body of bodies) {
    await store.put(body)
    world.nowMs += 1000
  }
  await store.settled()
  assert.is((await world.held()).size, 10, 'the quota may be full')
  await store.get(idOf(bodies[0] ?? new Uint8Array()))
  for (const body of bodies) await store.peek(idOf(body))
  world.nowMs += 1000
  const last = bodyOf(99, 100)
  await store.put(last)
  await store.settled()
  const gone = bodies.slice(1, 3).map(idOf)
  assert.equal([...world.gone].sort(), [...gone].sort(), 'the one that was read stays, the next ones go')
  const held = await world.held()
  assert.equal([...held].sort(), [...bodies.map(idOf).filter(id => !gone.includes(id)), idOf(last)].sort())
  await store.close()
})

test('times of last use outlive a restart', async () => {
  const world = createWorld(new MemoryLevel())
  const [old, recent, middle] = [bodyOf(1, 100), bodyOf(2, 100), bodyOf(3, 100)]
  const before = await world.open(1000)
  for (const body of [recent, old, middle]) await before.put(body)
  for (const body of [old, middle, recent]) {
    world.nowMs += 5000
    await before.get(idOf(body))
  }
  await before.close()
  const after = await world.open(250)
  await after.settled()
  assert.equal(world.gone, [idOf(old)])
  await after.close()
})

test('what few others seed stays longer', async () => {
  const world = createWorld()
  const [rare, common, unknown] = [bodyOf(1, 100), bodyOf(2, 100), bodyOf(3, 100)]
  const store = await world.open(250, { seedsOf: id => id === idOf(rare) ? 0 : id === idOf(common) ? 40 : undefined })
  for (const body of [rare, unknown, common]) {
    await store.put(body)
    world.nowMs += 1000
  }
  await store.settled()
  assert.equal(world.gone, [idOf(unknown)])
  await store.put(bodyOf(4, 100))
  await store.settled()
  assert.equal(world.gone.slice(1), [idOf(bodyOf(4, 100))], 'even newer ones go before it')
  await store.close()
})

test('a quota of nothing keeps only what is pinned, and what was pinned goes once it is not', async () => {
  const world = createWorld()
  const store = await world.open(0)
  const [own, other] = [bodyOf(1, 50), bodyOf(2, 50)]
  world.pinned.add(idOf(own))
  await store.put(own)
  await store.put(other)
  await store.settled()
  assert.equal([...await world.held()], [idOf(own)])
  assert.equal(store.stat(), { bodies: 1, bytes: 50, pinnedBytesAtLeast: 50, cachedBytesAtMost: 0, cacheBytes: 0 })
  world.unpin(idOf(own))
  await store.settled()
  assert.is((await world.held()).size, 0)
  await store.close()
})

test('what pins lost by a known number of bytes held is looked at when it matters', async () => {
  const world = createWorld()
  const store = await world.open(100)
  const [first, second] = [bodyOf(1, 80), bodyOf(2, 80)]
  for (const body of [first, second]) world.pinned.add(idOf(body))
  await store.protect(async () => { await store.put(first) })()
  await store.put(second)
  await store.settled()
  assert.is((await world.held()).size, 2)
  world.pinned.delete(idOf(first))
  store.unpinned(80)
  await store.settled()
  assert.is((await world.held()).size, 2, '80 bytes are within the quota')
  world.nowMs += 1000
  world.pinned.delete(idOf(second))
  store.unpinned(80)
  await store.settled()
  assert.is((await world.held()).size, 1)
  await store.close()
})

test('what an action stores stays until the action ends', async () => {
  const world = createWorld()
  const store = await world.open(0)
  const [voted, unvoted] = [bodyOf(1, 50), bodyOf(2, 50)]
  const signing = Promise.withResolvers<void>()
  const act = store.protect(async (body: Uint8Array, pin: boolean) => {
    const { infoHash } = await store.put(body)
    await signing.promise
    if (pin) world.pinned.add(infoHash)
    return await store.has(infoHash)
  })
  const actions = [act(voted, true), act(unvoted, false)]
  await store.put(bodyOf(3, 50))
  await store.settled()
  assert.ok((await world.held()).has(idOf(voted)))
  assert.is(await store.remove(idOf(voted)), 'protected')
  signing.resolve()
  assert.equal(await Promise.all(actions), [true, true])
  await store.settled()
  assert.equal([...await world.held()], [idOf(voted)], 'afterwards the pins decide')
  await store.close()
})

test('an action that pins and ends while an eviction asks whether it is pinned keeps its body', async () => {
  const asked = { started: Promise.withResolvers<void>(), go: Promise.withResolvers<void>() }
  const pinned = new Set<InfoHash>()
  let slow = false
  const store = await createTorrentStore({
    db: createMemoryBlobs(),
    quota: {
      cacheBytes: 1000,
      async isPinned (id) {
        const answer = pinned.has(id)
        if (!slow) return answer
        slow = false
        asked.started.resolve()
        await asked.go.promise // the answer grows old
        return answer
      }
    }
  })
  const body = bodyOf(1, 50)
  await store.put(body)
  slow = true
  const removal = store.remove(idOf(body))
  await asked.started.promise
  await store.protect(async () => { pinned.add((await store.put(body)).infoHash) })()
  asked.go.resolve()
  assert.is(await removal, 'pinned')
  assert.ok(await store.has(idOf(body)))
  await store.close()
})

test('a body that is put again while it is being removed is there afterwards', async () => {
  const db = new MemoryLevel()
  const slow = { started: Promise.withResolvers<void>(), go: Promise.withResolvers<void>() }
  const world = createWorld(db)
  const store = await world.open(1000)
  const body = bodyOf(1, 50)
  await store.put(body)
  const original = db.batch.bind(db) as (...args: unknown[]) => Promise<void>
  db.batch = (async (...args: unknown[]) => {
    slow.started.resolve()
    await slow.go.promise
    await original(...args)
  }) as unknown as typeof db.batch
  const removal = store.remove(idOf(body))
  await slow.started.promise
  const vote = store.protect(async () => await store.put(body))()
  await new Promise(resolve => { setImmediate(resolve) })
  slow.go.resolve()
  assert.is(await removal, 'removed')
  await vote
  assert.ok((await world.held()).has(idOf(body)), 'the put won, because it was the later one')
  await store.close()
})

test('what a removal may do: absent, pinned, removed; a delete asks nobody', async () => {
  const world = createWorld()
  const store = await world.open(1000)
  const body = bodyOf(1, 50)
  assert.is(await store.remove(idOf(body)), 'absent')
  await store.put(body)
  world.pinned.add(idOf(body))
  assert.is(await store.remove(idOf(body)), 'pinned')
  world.pinned.clear()
  assert.is(await store.remove(idOf(body)), 'removed')
  assert.is((await world.held()).size, 0)
  await store.put(body)
  world.pinned.add(idOf(body))
  assert.is(await store.delete(idOf(body)), true)
  assert.is((await world.held()).size, 0)
  await store.close()
  const unbounded = await createTorrentStore({ db: createMemoryBlobs() })
  await unbounded.put(body)
  assert.equal([await unbounded.remove(idOf(body)), await unbounded.remove(idOf(body))], ['removed', 'absent'])
  await unbounded.close()
})

test('tells what comes and goes, once each, until the subscription ends', async () => {
  const world = createWorld()
  const store = await world.open(200)
  const told: Array<[string, unknown]> = []
  const names = ['put', 'removed', 'evicted', 'full'] as const satisfies ReadonlyArray<keyof StoreEvents>
  const ends = names.map(name => store.on(name, event => { told.push([name, event]) }))
  const [first, second, third] = [bodyOf(1, 90), bodyOf(2, 90), bodyOf(3, 90)]
  const [a, b, c] = [first, second, third].map(body => ({ infoHash: idOf(body), length: 90 }))
  await store.put(first)
  await store.putMany([first, first])
  world.nowMs += 1000
  await store.putMany([second, third])
  await store.settled()
  await store.remove(idOf(second))
  await store.delete(idOf(third))
  await store.delete(idOf(third))
  assert.equal(told, [
    ['put', a], ['put', b], ['put', c], ['full', { cachedBytes: 270, cacheBytes: 200 }], ['evicted', a], ['removed', b], ['removed', c]
  ])
  for (const end of ends) end()
  await store.put(first)
  assert.is(told.length, 7)
  await store.close()
})

test('a listener that throws stops nobody, and is heard of', async () => {
  const store = await createTorrentStore({ db: createMemoryBlobs() })
  const heard: unknown[] = []
  const oops = new Error('oops')
  store.on('put', () => { throw oops })
  store.on('put', () => { heard.push('put') })
  store.on('failed', ({ error }) => { heard.push(error) })
  store.on('failed', () => { throw oops })
  await store.put(bodyOf(1, 1))
  assert.equal(heard, [oops, 'put'])
  await store.close()
})

test('pins that cannot be asked about cost no body, and are asked about again', async () => {
  let broken = true
  const store = await createTorrentStore({
    db: createMemoryBlobs(),
    quota: {
      cacheBytes: 0,
      isPinned () {
        if (broken) throw new Error('the index is closed')
        return false
      }
    }
  })
  const failures: unknown[] = []
  store.on('failed', ({ error }) => { failures.push(error) })
  const body = bodyOf(1, 10)
  await store.protect(async () => {
    await store.put(body)
    await store.put(body)
  })()
  await store.settled()
  assert.ok(failures.length > 0)
  assert.ok(await store.has(idOf(body)))
  broken = false
  store.unpinned()
  await store.settled()
  assert.not.ok(await store.has(idOf(body)))
  await store.close()
})

test('a body that cannot be asked about stays, and the quota is kept all the same', async () => {
  const bad = bodyOf(1, 100)
  const store = await createTorrentStore({
    db: createMemoryBlobs(),
    quota: {
      cacheBytes: 300,
      async isPinned (id) {
        if (id === idOf(bad)) throw new Error('its page of the index is damaged')
        return false
      }
    }
  })
  const failures: unknown[] = []
  store.on('failed', ({ error }) => { failures.push(error) })
  for (let i = 1; i < 50; i++) await store.put(bodyOf(i, 100))
  await store.settled()
  assert.ok(await store.has(idOf(bad)))
  assert.ok(store.stat().bytes <= 400, `${store.stat().bytes} bytes are held`)
  assert.ok(failures.length > 0, 'it is told')
  await store.close()
})

test('an eviction that fails neither hides the others nor ends before them', async () => {
  const blobs = createMemoryBlobs()
  const bodies = Array.from({ length: 5 }, (_, i) => bodyOf(i, 100))
  const [bad, ...good] = bodies.map(idOf)
  const slow = { started: Promise.withResolvers<void>(), go: Promise.withResolvers<void>() }
  const store = await createTorrentStore({
    db: {
      ...blobs,
      async delete (id) {
        if (id === bad) throw new TorrentStoreError('STORAGE_FAILED', 'the disk is full')
        slow.started.resolve()
        await slow.go.promise
        return await blobs.delete(id)
      }
    } satisfies BlobStore,
    quota: { cacheBytes: 0, isPinned: () => false }
  })
  const gone: InfoHash[] = []
  const failures: unknown[] = []
  store.on('evicted', ({ infoHash }) => { gone.push(infoHash) })
  store.on('failed', ({ error }) => { failures.push(error) })
  await store.putMany(bodies)
  await slow.started.promise
  let isSettled = false
  const settled = store.settled().then(() => { isSettled = true })
  for (let turn = 0; turn < 10; turn++) await new Promise(resolve => { setImmediate(resolve) })
  assert.not.ok(isSettled, 'a store that closes waits for its deletes')
  slow.go.resolve()
  await settled
  assert.equal(gone.sort(), good.sort())
  assert.is(failures.length, 1)
  await store.close()
})

test('pins that are lost while they are counted are counted again', async () => {
  const pinned = new Set<InfoHash>()
  const slow = { body: '', started: Promise.withResolvers<void>(), go: Promise.withResolvers<void>() }
  const store = await createTorrentStore({
    db: createMemoryBlobs(),
    quota: {
      cacheBytes: 50,
      async isPinned (id) {
        const answer = pinned.has(id)
        if (id as string === slow.body) {
          slow.started.resolve()
          await slow.go.promise
        }
        return answer
      }
    }
  })
  const [first, second] = [bodyOf(1, 50), bodyOf(2, 50)]
  pinned.add(idOf(first)).add(idOf(second))
  slow.body = idOf(second)
  await store.putMany([first, second])
  await slow.started.promise
  pinned.clear()
  store.unpinned()
  slow.go.resolve()
  await store.settled()
  assert.ok(store.stat().bytes <= 50, `${store.stat().bytes} bytes are cached`)
  await store.close()
})

test('bodies that come after a look has counted are looked at too', async () => {
  const blobs = createMemoryBlobs()
  const slow = { started: Promise.withResolvers<void>(), go: Promise.withResolvers<void>() }
  const world = createWorld({
    ...blobs,
    async * list () {
      yield * blobs.list()
      slow.started.resolve()
      await slow.go.promise
    }
  } satisfies BlobStore)
  const store = await world.open(100)
  const own = bodyOf(1, 200)
  world.pinned.add(idOf(own))
  await store.put(own)
  await slow.started.promise
  await store.putMany([bodyOf(2, 60), bodyOf(3, 60)])
  slow.go.resolve()
  await store.settled()
  assert.is(await world.cachedBytes(), 60)
  await store.close()
})

test('what actions pin is counted as pinned at once, and once', async () => {
  const world = createWorld()
  const store = await world.open(1000)
  const [own, read] = [bodyOf(1, 100), bodyOf(2, 70)]
  const pin = store.protect(async (body: Uint8Array) => { world.pinned.add((await store.put(body)).infoHash) })
  await pin(own)
  assert.is(store.stat().pinnedBytesAtLeast, 100)
  await pin(own)
  await store.put(read)
  assert.is(store.stat().pinnedBytesAtLeast, 100)
  await Promise.all([pin(read), pin(read)])
  assert.is(store.stat().pinnedBytesAtLeast, 170)
  await store.delete(idOf(own))
  assert.equal(store.stat(), { bodies: 1, bytes: 70, pinnedBytesAtLeast: 70, cachedBytesAtMost: 0, cacheBytes: 1000 })
  await store.close()
})

test('bodies that are used between the count and the evictions do not leave the quota exceeded', async () => {
  const blobs = createMemoryBlobs()
  const world = createWorld({
    ...blobs,
    async * list () {
      await new Promise(resolve => { setImmediate(resolve) })
      yield * blobs.list()
    }
  } satisfies BlobStore)
  const store = await world.open(100)
  const bodies = [bodyOf(1, 60), bodyOf(2, 60)]
  let looks = 0
  store.on('full', () => {
    if (looks++ > 0) return
    world.nowMs += 60_000
    for (const body of bodies) void store.get(idOf(body))
  })
  await store.putMany(bodies)
  await store.settled()
  assert.is(await world.cachedBytes(), 60)
  assert.is(looks, 2)
  await store.close()
})

test('a quota is a number of bytes, and too much is not put together', async () => {
  for (const cacheBytes of [-1, Number.NaN]) {
    let error: unknown
    await createTorrentStore({ db: createMemoryBlobs(), quota: { cacheBytes, isPinned: () => false } }).catch((reason: unknown) => { error = reason })
    assert.instance(error, RangeError)
  }
  const store = await createTorrentStore({ db: createMemoryBlobs() })
  const small = bodyOf(1, 1)
  for (const bodies of [Array.from({ length: 1025 }, () => small), Array.from({ length: 257 }, () => bodyOf(1, 65_536))]) {
    let error: unknown
    await store.putMany(bodies).catch((reason: unknown) => { error = reason })
    assert.instance(error, TorrentStoreError)
    assert.is((error as TorrentStoreError).code, 'BATCH_TOO_LONG')
  }
  assert.is(store.stat().bodies, 0)
  await store.close()
})

test('a look asks for no more than it needs: none while everything fits, and each body once when it does not', async () => {
  const blobs = createMemoryBlobs()
  let asked = 0
  const open = async (cacheBytes: number): Promise<{ close (): Promise<void>, settled (): Promise<void> }> => await createTorrentStore({
    db: blobs satisfies BlobStore,
    quota: {
      cacheBytes,
      isPinned () {
        asked++
        return true
      }
    }
  })
  for (let i = 0; i < 40; i++) await blobs.put(idOf(bodyOf(i, 10)), bodyOf(i, 10))
  const roomy = await open(400)
  await roomy.settled()
  await roomy.close()
  assert.is(asked, 0)
  const tight = await open(399)
  await tight.settled()
  await tight.close()
  assert.is(asked, 40)
})

const BODY_STEPS = ['put', 'read', 'pin', 'unpin', 'lose', 'vote', 'remove', 'delete'] as const
const OTHER_STEPS = ['settle', 'restart', 'later'] as const
interface BodyStep { readonly do: typeof BODY_STEPS[number], readonly body: number }
interface OtherStep { readonly do: typeof OTHER_STEPS[number] }
type Step = BodyStep | OtherStep

const LENGTHS = [1, 90, 200, 333, 500]
const bodyNumber = (n: number): Uint8Array => bodyOf(n, LENGTHS[n % LENGTHS.length] ?? 1)

/** What is pinned and was stored has to be there whatever else goes on. */
async function assertSound (world: World, stored: ReadonlySet<InfoHash>): Promise<void> {
  const due = [...stored].filter(id => world.pinned.has(id)) // before a list that knows nothing of what comes after its start
  const held = await world.held()
  for (const id of due) assert.ok(held.has(id), `${id} was pinned and is gone`)
}

for (const [name, create] of [['memory', createMemoryBlobs], ['level', () => new MemoryLevel()]] as const) {
  test(`whatever happens (${name}): nothing pinned is ever evicted, and once settled the cached bodies fit the quota`, async () => {
    const body = fc.nat({ max: 24 })
    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 8, arbitrary: fc.record({ do: fc.constantFrom(...BODY_STEPS), body }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom(...OTHER_STEPS) }) }
    )
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(0, 300, 1000, 3000), async (steps, quota) => {
      const world = createWorld(create())
      const stored = new Set<InfoHash>()
      let store = await world.open(quota)
      const work: Array<Promise<unknown>> = []
      let deletes = 0
      /** Nobody is at work: the quota is kept, and what the store says of it is true. */
      const assertSettled = async (): Promise<void> => {
        await store.settled()
        const cached = await world.cachedBytes()
        assert.ok(cached <= quota, `${cached} cached bytes`)
        const { bytes, pinnedBytesAtLeast = 0, cachedBytesAtMost = 0 } = store.stat()
        assert.ok(cachedBytesAtMost >= cached, `${cachedBytesAtMost} are said to be at most what is cached, which is ${cached}`)
        assert.is(bytes, pinnedBytesAtLeast + cachedBytesAtMost)
      }
      for (const action of steps) {
        if ('body' in action) {
          const bytes = bodyNumber(action.body)
          const id = idOf(bytes)
          // Not awaited, so that evictions, puts and votes meet in every order.
          if (action.do === 'put') work.push(store.put(bytes))
          else if (action.do === 'read') work.push(store.get(id))
          else if (action.do === 'remove') work.push(store.remove(id))
          else if (action.do === 'unpin') world.unpin(id)
          else if (action.do === 'lose') {
            if (world.pinned.delete(id)) store.unpinned(bytes.length)
          } else if (action.do === 'delete') {
            deletes++
            stored.delete(id)
            world.pinned.delete(id)
            work.push(store.delete(id))
          } else {
            // An upvote: the body first, then what pins it. `pin` signs at once, `vote` after a while.
            const pause = action.do === 'vote' ? 5 : 0
            const deletesBefore = deletes
            work.push(store.protect(async () => {
              await store.put(bytes)
              for (let i = 0; i < pause; i++) await new Promise(resolve => { setImmediate(resolve) })
              if (deletes !== deletesBefore) return // as an author's deletion forbids the vote
              world.pinned.add(id)
              stored.add(id)
            })())
          }
        } else if (action.do === 'later') {
          world.nowMs += 10_000
        } else {
          await Promise.all(work.splice(0))
          if (action.do === 'settle') {
            await assertSettled()
          } else {
            await store.close()
            store = await world.open(quota)
          }
        }
        await assertSound(world, stored)
      }
      await Promise.all(work)
      await assertSettled()
      await assertSound(world, stored)
      await store.close()
    }), {
      numRuns: 120,
      // The put ended in the very turn in which the look that the unpinning asked for was over.
      examples: [[[{ do: 'settle' }, { do: 'unpin', body: 0 }, { do: 'put', body: 0 }], 0]]
    })
  })
}

test.run()
