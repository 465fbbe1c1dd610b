// The serving side of sb_bodies: what comes first, what is not even read, and who waits for whom.
import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, refOf, type BlobStore, type InfoHash, type Listener, type TorrentStore, type TorrentStoreLimits } from '../../src/index.ts'
import { createBatchTurns } from '../../src/wire/batch-turns.ts'
import { randomBody, until } from '../bodies.ts'
import { openRequester, openRequesterOver, type Requester } from './requester.ts'

const test = suite('serving many bodies')
const ends: Array<() => Promise<void>> = []
test.after.each(async () => { for (const end of ends.splice(0).reverse()) await end() })

/** A store whose reads wait until they are let go, one by one or all. */
interface Gated { blobs: BlobStore, reads: InfoHash[][], letGo (count?: number): void }
function gated (): Gated {
  const blobs = createMemoryBlobs()
  const reads: InfoHash[][] = []
  const waiting: Array<() => void> = []
  let free = 0
  return {
    reads,
    blobs: {
      ...blobs,
      async getMany (ids) {
        reads.push([...ids])
        if (free > 0) free--
        else await new Promise<void>(resolve => { waiting.push(resolve) })
        return await blobs.getMany(ids)
      }
    },
    letGo (count = 1) {
      for (let left = count; left > 0; left--) {
        const next = waiting.shift()
        if (next === undefined) free++
        else next()
      }
    }
  }
}

async function serving (blobs: BlobStore, bodies: readonly Uint8Array[], limits: Partial<TorrentStoreLimits> = {}): Promise<{ store: TorrentStore, listener: Listener, ids: InfoHash[] }> {
  const store = await createTorrentStore({ db: blobs, limits })
  ends.push(async () => { await store.close() })
  const ids = await Promise.all(bodies.map(async body => (await store.put(body)).infoHash))
  return { store, listener: await store.listen(), ids }
}
const small = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => Buffer.from(`body ${i}`))
const lacking = (count: number): InfoHash[] => Array.from({ length: count }, (_, i) => refOf(Buffer.from(`lacking ${i}`)).infoHash)

async function opened (listener: Listener, door: InfoHash | undefined): Promise<Requester> {
  const requester = await openRequester(listener, door as InfoHash)
  ends.push(async () => { requester.socket.destroy() })
  return requester
}

test('a rule that never answers keeps nobody else waiting, and is a no in the end', async () => {
  const { store, ids } = await serving(createMemoryBlobs(), small(4), { maxBatchTurns: 2, handshakeTimeoutMs: 3000 })
  const [door, open, stuck, slow] = ids as [InfoHash, InfoHash, InfoHash, InfoHash]
  let allow = (): void => {}
  const later = new Promise<boolean>(resolve => { allow = () => { resolve(true) } })
  const listener = await store.listen({ mayServe: id => id === stuck ? new Promise<boolean>(() => {}) : id === slow ? later : true })
  const waiting = await Promise.all([1, 2, 3].map(async () => await opened(listener, door)))
  for (const requester of waiting) requester.want([stuck, open])
  const other = await opened(listener, door)
  other.want([open])
  await until(() => other.bodies().length === 1)
  other.want([slow])
  allow()
  await until(() => other.bodies().length === 2)
  assert.equal(other.absent(), [])
  for (const requester of waiting) {
    await until(() => requester.bodies().length === 1)
    assert.equal([requester.bodies(), requester.absent()], [[open], [stuck]])
  }
})

test('what has a higher priority comes first, and within one the order of asking counts', async () => {
  const { blobs, reads, letGo } = gated()
  const { listener, ids } = await serving(blobs, small(10), { maxBatchReads: 1 })
  const requester = await opened(listener, ids[0])
  requester.want(ids.slice(0, 4))
  await until(() => reads.length === 1) // of the first one, which waits
  requester.want(ids.slice(4, 6), 9)
  requester.want(ids.slice(6, 8), 255)
  requester.want(ids.slice(8, 10), 9)
  requester.raise([ids[3] as InfoHash], 128)
  requester.raise([...lacking(3), ids[9] as InfoHash], 200)
  requester.want(lacking(1)) // its answer tells that all before it was heard
  await until(() => requester.absent().length === 1)
  letGo(20)
  await until(() => requester.bodies().length === 10)
  assert.equal(requester.bodies().map(id => ids.indexOf(id)), [0, 6, 7, 9, 3, 4, 5, 8, 1, 2])
})

test('priorities and raises in any order: each body once, and whatever waits longest of the highest priority is next', async () => {
  const step = fc.oneof(
    fc.record({ want: fc.nat(29), priority: fc.nat(3) }), fc.record({ raise: fc.nat(29), priority: fc.nat(3) }), fc.record({ cancel: fc.nat(29) }))
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
    const { blobs, reads, letGo } = gated()
    const { listener, ids } = await serving(blobs, small(30), { maxBatchReads: 1 })
    const requester = await opened(listener, ids[0])
    requester.want([ids[0] as InfoHash], 255)
    await until(() => reads.length === 1)
    /** The model: what waits, in the order of asking. */
    let waiting: Array<{ i: number, priority: number }> = []
    const told = new Set([0])
    for (const each of steps) {
      if ('want' in each) {
        if (told.has(each.want)) continue
        told.add(each.want)
        waiting.push({ i: each.want, priority: each.priority })
        requester.want([ids[each.want] as InfoHash], each.priority)
      } else if ('raise' in each) {
        waiting = waiting.map(({ i, priority }) => ({ i, priority: i === each.raise ? each.priority : priority }))
        if (each.raise > 0) requester.raise([ids[each.raise] as InfoHash], each.priority)
      } else if (each.cancel > 0) {
        waiting = waiting.filter(({ i }) => i !== each.cancel)
        requester.cancel([ids[each.cancel] as InfoHash])
      }
    }
    requester.want(lacking(1))
    await until(() => requester.absent().length === 1)
    letGo(100)
    const expected = [0, ...waiting.toSorted((a, b) => b.priority - a.priority).map(({ i }) => i)]
    await until(() => requester.bodies().length >= expected.length)
    assert.equal(requester.bodies().map(id => ids.indexOf(id)), expected)
    assert.equal(reads.flat().map(id => ids.indexOf(id)), expected) // what was cancelled was not read
    for (const end of ends.splice(0).reverse()) await end()
  }), { numRuns: 40 })
})

test('what is cancelled is neither read nor sent', async () => {
  const { blobs, reads, letGo } = gated()
  const { listener, ids } = await serving(blobs, small(200), { maxBatchReads: 10 })
  const requester = await opened(listener, ids[0])
  requester.want(ids)
  await until(() => reads.length === 1)
  requester.cancel(ids.slice(5, 190))
  requester.want(lacking(1))
  await until(() => requester.absent().length === 1)
  letGo(100)
  const kept = [...ids.slice(0, 5), ...ids.slice(190)]
  await until(() => requester.bodies().length === kept.length)
  assert.equal(requester.bodies(), kept)
  assert.equal(reads.flat(), [...ids.slice(0, 10), ...ids.slice(190)]) // five were being read
})

test('absence is told at once, also behind a thousand bodies that wait', async () => {
  const { blobs, reads } = gated()
  const { listener, ids } = await serving(blobs, small(900))
  const requester = await opened(listener, ids[0])
  requester.want(ids)
  await until(() => reads.length === 1)
  requester.want(lacking(100))
  await until(() => requester.absent().length === 100)
  assert.equal(requester.absent(), lacking(100))
  assert.is(requester.bodies().length, 0)
})

test('what may not be served is told with what is not held, in one message and before any body', async () => {
  const { blobs, reads } = gated()
  const { store, ids } = await serving(blobs, small(40))
  const refused = new Set(ids.slice(10, 20))
  const listener = await store.listen({ mayServe: infoHash => !refused.has(infoHash) })
  const requester = await opened(listener, ids[0])
  const asked = [...refused].flatMap((id, i) => [id, lacking(10)[i] as InfoHash])
  requester.want([...ids.slice(0, 5), ...asked])
  await until(() => requester.answers.length > 0)
  assert.equal(requester.answers, [{ type: 'absent', ids: asked }])
  await until(() => reads.length > 0)
  assert.not.ok(reads.flat().some(id => refused.has(id)))
})

test('one with a thousand wanted bodies does not hold up another one', async () => {
  const { blobs, reads, letGo } = gated()
  // One turn at a time is the slowest disk.
  const { listener, ids } = await serving(blobs, small(1001), { maxBatchTurns: 1, maxBatchReads: 16, maxBatchLookups: 64 })
  const [greedy, modest] = [await opened(listener, ids[0]), await opened(listener, ids[0])]
  greedy.want(ids.slice(0, 1000))
  letGo(3)
  await until(() => greedy.bodies().length === 48 && reads.length === 4)
  modest.want([ids[1000] as InfoHash])
  while (!reads.some(ids => ids.length === 1)) { // the disk does one read after another
    const before = reads.length
    letGo()
    await until(() => reads.length > before)
  }
  letGo()
  await until(() => modest.bodies().length === 1)
  // What was being read, and what the greedy one got while the modest one was looked up and then read.
  assert.ok(greedy.bodies().length <= 48 + 4 * 16, `${greedy.bodies().length}`)
  letGo(100)
  await until(() => greedy.bodies().length === 1000)
})

test('many readers that take nothing occupy the bound in all and no more, and others are served', async () => {
  const blobs = createMemoryBlobs()
  let read = 0
  const counting = { ...blobs, getMany: async (ids: readonly InfoHash[]) => { read += ids.length; return await blobs.getMany(ids) } }
  const full = Array.from({ length: 100 }, () => randomBody(65_536))
  const { store, ids } = await serving(counting, full, { maxBatchBytes: 8 * 65_536, maxQueuedBytes: 4 * 65_536 })
  const pairs = await Promise.all(Array.from({ length: 16 }, async () => {
    const [near, far] = duplexPair()
    store.serve(far)
    ends.push(async () => { near.destroy() })
    return { far, reader: await openRequesterOver(near, ids[0] as InfoHash) }
  }))
  for (const { reader } of pairs) {
    reader.socket.pause()
    reader.want(ids)
  }
  await until(() => read >= 16)
  await new Promise(resolve => { setTimeout(resolve, 300) }) // nothing must happen: there is nothing to wait for
  // A body each in the worst case, beside what the stream itself had taken.
  assert.ok(read <= 16 * 2, `${read} of ${16 * 100}`)
  const queued = pairs.reduce((sum, { far }) => sum + far.writableLength, 0)
  assert.ok(queued <= 16 * 2 * 66_000, `${queued}`)
  const listener = await store.listen()
  const honest = await opened(listener, ids[0])
  honest.want(ids)
  await until(() => honest.bodies().length === 100)
})

test('turns go round, a few at a time, and a turn that ends makes room', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }), async (maxTurns, work) => {
    const turns = createBatchTurns({ maxTurns, maxBytes: 1000, maxBytesEach: 400 })
    const order: number[] = []
    let running = 0
    const ask = (who: number, left: number): void => {
      if (left > 0) turns.ask(async () => {
        assert.ok(++running <= maxTurns)
        order.push(who)
        await Promise.resolve()
        running--
        ask(who, left - 1)
      })
    }
    for (const [who, left] of work.entries()) ask(who, left)
    await until(() => order.length === work.reduce((sum, left) => sum + left, 0))
    // Between two turns of one, nobody else who has work has more than two.
    for (const who of work.keys()) {
      const mine = order.flatMap((each, at) => each === who ? [at] : [])
      for (const [n, at] of mine.entries()) {
        const between = order.slice(at + 1, mine[n + 1] ?? at + 1)
        for (const other of new Set(between)) assert.ok(between.filter(each => each === other).length <= 2, order.join())
      }
    }
    const shares = Array.from({ length: work.length }, () => turns.join())
    assert.is(shares[0]?.maxBytes(), Math.min(400, Math.floor(1000 / work.length)))
    for (const share of shares.slice(1)) { share.leave(); share.leave() }
    assert.is(shares[0]?.maxBytes(), 400)
  }), { numRuns: 200 })
})

test.run()
