import fc from 'fast-check'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLevelBlobs, refOf, req2Of, TorrentStoreError, type BlobDatabase, type BlobStore, type InfoHash } from '../../src/index.ts'
import { turns } from '../bodies.ts'

const test = suite('torrent-store/group-commit')

interface Batch { readonly rows: number, end (error?: Error): void }

/** A database whose batches end when the test says so. */
class GatedLevel {
  readonly db = new MemoryLevel()
  readonly batches: Batch[] = []
  #open = false

  constructor () {
    const original = this.db.batch.bind(this.db) as (...args: unknown[]) => Promise<void>
    this.db.batch = (async (operations: unknown[], options: unknown) => {
      const { promise, resolve } = Promise.withResolvers<Error | undefined>()
      this.batches.push({ rows: operations.length, end: resolve })
      const error = this.#open ? undefined : await promise
      if (error !== undefined) throw error
      await original(operations, options)
    }) as unknown as typeof this.db.batch
  }

  /** From now on batches end by themselves. */
  open (): void {
    this.#open = true
    for (const { end } of this.batches) end()
  }

  /** Resolves once so many batches have begun. */
  async begun (count: number): Promise<Batch> {
    for (let turns = 0; this.batches.length < count; turns++) {
      assert.ok(turns < 1000, `only ${this.batches.length} batches began`)
      await new Promise(resolve => { setImmediate(resolve) })
    }
    return this.batches[count - 1] as Batch
  }
}

const bodyOf = (n: number, length = 8): Uint8Array => Buffer.alloc(length, `${n} `)
const idOf = (n: number, length = 8): InfoHash => refOf(bodyOf(n, length)).infoHash
const put = async (blobs: BlobStore, n: number, length = 8): Promise<boolean> => await blobs.put(idOf(n, length), bodyOf(n, length))
const ROWS_OF_PUT = 2
const ROWS_OF_STAT = 1

const OLD = 100

/** A store that has to ask the database what it holds: one that begins empty, or is soon read through, knows. */
async function notEmpty (db: BlobDatabase): Promise<BlobStore> {
  await (await createLevelBlobs(db)).putMany(Array.from({ length: OLD }, (_, i) => ({ infoHash: idOf(100 + i), body: bodyOf(100 + i) })))
  return await createLevelBlobs(db)
}

async function codeOf (work: Promise<unknown>): Promise<string> {
  const error = await work.then(() => null, (reason: unknown) => reason)
  return error instanceof TorrentStoreError ? error.code : String(error)
}

async function countOf (blobs: BlobStore): Promise<{ bodies: number, bytes: number }> {
  let [bodies, bytes] = [0, 0]
  for await (const { length } of blobs.list()) {
    bodies++
    bytes += length
  }
  return { bodies, bytes }
}

test('what is put while a batch is under way shares the next one', async () => {
  const level = new GatedLevel()
  const blobs = await createLevelBlobs(level.db)
  const first = put(blobs, 0)
  const { rows, end } = await level.begun(1)
  assert.is(rows, ROWS_OF_PUT + ROWS_OF_STAT)
  const others = Array.from({ length: 64 }, async (_, i) => await put(blobs, i + 1))
  await new Promise(resolve => { setImmediate(resolve) })
  assert.equal([level.batches.length, blobs.stat().bodies], [1, 0], 'nothing is counted before it is durable')
  end()
  assert.is(await first, true)
  const second = await level.begun(2)
  assert.is(second.rows, 64 * ROWS_OF_PUT + ROWS_OF_STAT)
  second.end()
  assert.ok((await Promise.all(others)).every(Boolean))
  assert.equal(blobs.stat(), { bodies: 65, bytes: 65 * 8 })
})

test('a batch is bounded in changes and in bytes, and one call is never divided', async () => {
  const level = new GatedLevel()
  const blobs = await createLevelBlobs(level.db)
  const first = put(blobs, -1)
  await level.begun(1)
  const many = Array.from({ length: 1500 }, async (_, i) => await put(blobs, i))
  const long = Array.from({ length: 100 }, async (_, i) => await put(blobs, i, 65_536))
  const call = blobs.putMany(Array.from({ length: 80 }, (_, i) => ({ infoHash: idOf(i, 65_535), body: bodyOf(i, 65_535) })))
  await turns() // all of them wait
  level.open()
  await Promise.all([first, ...many, ...long, call])
  const bodiesOf = level.batches.map(({ rows }) => (rows - ROWS_OF_STAT) / ROWS_OF_PUT)
  assert.is(Math.max(...bodiesOf), 1024)
  assert.equal(bodiesOf.slice(0, 2), [1, 1024])
  const rest = bodiesOf.slice(2)
  assert.is(rest.reduce((sum, bodies) => sum + bodies, 0), 1500 - 1024 + 100 + 80)
  assert.is(rest.at(-1), 80, 'longer than a batch, and a batch of its own')
  assert.ok(rest.slice(1, -1).every(bodies => bodies <= 64), `${rest.join()}: 64 bodies of 64 KiB are 4 MiB`)
})

test('a failing batch rejects exactly those in it, and leaves what is counted', async () => {
  const level = new GatedLevel()
  const blobs = await createLevelBlobs(level.db)
  const [one, two] = [put(blobs, 1), put(blobs, 2)]
  const first = await level.begun(1)
  const inSecond = [put(blobs, 3), put(blobs, 3), blobs.delete(idOf(1)), put(blobs, 1)]
  const heldAlready = put(blobs, 2)
  first.end()
  assert.equal([await one, await two], [true, true])
  const second = await level.begun(2)
  assert.is(await heldAlready, false, 'it waits for no write')
  const inThird = [put(blobs, 3), put(blobs, 4), blobs.delete(idOf(2))]
  second.end(new Error('no space left on device'))
  for (const call of inSecond) assert.is(await codeOf(call), 'STORAGE_FAILED')
  assert.equal(blobs.stat(), { bodies: 2, bytes: 16 })
  level.open()
  assert.equal(await Promise.all(inThird), [true, true, 8])
  assert.equal(blobs.stat(), { bodies: 3, bytes: 24 })
  assert.equal(await countOf(blobs), blobs.stat())
  assert.equal((await createLevelBlobs(level.db)).stat(), blobs.stat())
})

test('many in one call are there all or none', async () => {
  const level = new GatedLevel()
  const blobs = await createLevelBlobs(level.db)
  const call = blobs.putMany([1, 2, 3].map(n => ({ infoHash: idOf(n), body: bodyOf(n) })))
  const first = await level.begun(1)
  assert.is(first.rows, 3 * ROWS_OF_PUT + ROWS_OF_STAT)
  first.end(new Error('no space left on device'))
  assert.is(await codeOf(call), 'STORAGE_FAILED')
  assert.equal(await countOf(blobs), { bodies: 0, bytes: 0 })
})

type Read = (keys: Uint8Array | Uint8Array[], options: unknown) => Promise<unknown>

/** Reads of such keys fail, alone and among others, until the function is called that it returns. */
function failReads (db: { get: object, getMany: object }, isUnreadable: (key: Uint8Array) => boolean): () => void {
  const { get, getMany } = db as { get: Read, getMany: Read }
  const failing = (read: Read): Read => async (keys, options) => {
    if ([keys].flat().some(isUnreadable)) throw new Error('the disk is gone')
    return await read.call(db, keys, options)
  }
  Object.assign(db, { get: failing(get), getMany: failing(getMany) })
  return () => { Object.assign(db, { get, getMany }) }
}

test('reads and writes that fail concern only those who need them, and not for ever', async () => {
  const db = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })
  const rows = db.sublevel('torrent-store', { keyEncoding: 'view', valueEncoding: 'view' }).sublevel<Uint8Array, Uint8Array>('index', { keyEncoding: 'view', valueEncoding: 'view' })
  const blobs = await notEmpty(db)
  await rows.put(Buffer.from(req2Of(idOf(1)), 'hex'), Uint8Array.of(1, 2, 3))
  assert.equal(await Promise.all([put(blobs, 1), put(blobs, 2)]), [true, true])
  const isOf = (key: Uint8Array, n: number): boolean => Buffer.from(key).includes(Buffer.from(req2Of(idOf(n)), 'hex')) || Buffer.from(key).includes(Buffer.from(idOf(n), 'hex'))
  const restore = failReads(db, key => isOf(key, 3))
  const [unreadable, other] = [codeOf(put(blobs, 3)), put(blobs, 4)]
  assert.is(await unreadable, 'STORAGE_FAILED')
  assert.is(await other, true)
  restore()
  assert.is(await put(blobs, 3), true)
  assert.equal(blobs.stat(), { bodies: OLD + 4, bytes: 8 * (OLD + 4) })
})

test('who comes after a row could not be read has it read again', async () => {
  const level = new GatedLevel()
  const opening = notEmpty(level.db)
  const putting = await level.begun(1)
  putting.end()
  const blobs = await opening
  const first = put(blobs, 0)
  await level.begun(2)
  const restore = failReads(level.db, () => true)
  const second = codeOf(put(blobs, 1))
  for (let turn = 0; turn < 10; turn++) await new Promise(resolve => { setImmediate(resolve) })
  restore()
  const third = put(blobs, 1)
  level.open()
  assert.equal([await first, await second, await third], [true, 'STORAGE_FAILED', true])
})

test('whatever calls meet, and whichever batches fail: each has taken effect in its turn or not at all', async () => {
  const call = fc.record({ kind: fc.constantFrom('put', 'delete', 'many', 'touch', 'turn'), which: fc.nat({ max: 5 }) })
  await fc.assert(fc.asyncProperty(fc.array(call, { maxLength: 60 }), fc.infiniteStream(fc.boolean()), async (calls, fails) => {
    const db = new MemoryLevel()
    const original = db.batch.bind(db) as (...args: unknown[]) => Promise<void>
    db.batch = (async (...args: unknown[]) => {
      await new Promise(resolve => { setImmediate(resolve) })
      if (fails.next().value) throw new Error('no space left on device')
      await original(...args)
    }) as unknown as typeof db.batch
    const blobs = await createLevelBlobs(db)
    /** Of each body, in the order of the calls: what was done, and whether it was there before. */
    const done: Array<Promise<Array<{ which: number, holds: boolean, wasHeld: boolean }>>> = []
    for (const { kind, which } of calls) {
      const id = idOf(which)
      if (kind === 'put') done.push(put(blobs, which).then(isNew => [{ which, holds: true, wasHeld: !isNew }], () => []))
      else if (kind === 'delete') done.push(blobs.delete(id).then(length => [{ which, holds: false, wasHeld: length > 0 }], () => []))
      else if (kind === 'many') {
        const both = [which, (which + 1) % 6]
        done.push(blobs.putMany(both.map(n => ({ infoHash: idOf(n), body: bodyOf(n) }))).then(isNew => both.map((n, i) => ({ which: n, holds: true, wasHeld: isNew[i] === false })), () => []))
      } else if (kind === 'touch') done.push(blobs.touch(new Map([[id, which]])).then(() => [], () => []))
      else await new Promise(resolve => { setImmediate(resolve) })
    }
    const held = new Set<number>()
    for (const { which, holds, wasHeld } of (await Promise.all(done)).flat()) {
      assert.is(wasHeld, held.has(which), `body ${which}`)
      if (holds) held.add(which)
      else held.delete(which)
    }
    assert.equal(blobs.stat(), { bodies: held.size, bytes: held.size * 8 })
    assert.equal(await countOf(blobs), blobs.stat())
    for (let which = 0; which < 6; which++) assert.is(await blobs.has(idOf(which)), held.has(which))
    db.batch = original as unknown as typeof db.batch
    assert.equal((await createLevelBlobs(db)).stat(), blobs.stat())
  }), { numRuns: 150 })
})

test.run()
