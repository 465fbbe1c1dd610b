import { MemoryLevel } from 'memory-level'
import { setImmediate as turn } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLevelBlobs, refOf, type BlobStore, type NewBlob } from '../../src/index.ts'

const test = suite('torrent-store/known-keys')

const bodiesOf = (from: number, count: number): NewBlob[] => Array.from({ length: count }, (_, i) => {
  const body = Buffer.from(`body ${from + i}`)
  return { infoHash: refOf(body).infoHash, body }
})

/** How many keys the database is asked for from now on. */
function countAsked (db: MemoryLevel): () => number {
  let asked = 0
  const original = db.getMany.bind(db) as (keys: unknown[], options: unknown) => Promise<unknown[]>
  db.getMany = (async (keys: unknown[], options: unknown) => {
    asked += keys.length
    return await original(keys, options)
  }) as unknown as typeof db.getMany
  return () => asked
}

async function restarted (held: number): Promise<{ db: MemoryLevel, blobs: BlobStore }> {
  const db = new MemoryLevel()
  await (await createLevelBlobs(db)).putMany(bodiesOf(0, held))
  return { db, blobs: await createLevelBlobs(db) }
}

test('a store that began empty asks for hardly anything that it does not hold, and for all that it may', async () => {
  const db = new MemoryLevel()
  const asked = countAsked(db)
  const blobs = await createLevelBlobs(db)
  assert.ok((await blobs.putMany(bodiesOf(0, 500))).every(isNew => isNew))
  assert.is(asked(), 0)
  assert.ok((await blobs.putMany(bodiesOf(500, 500))).every(isNew => isNew))
  assert.ok(asked() < 50, `asked for ${asked()}`)
  assert.ok((await blobs.putMany(bodiesOf(0, 1000))).every(isNew => !isNew), 'they are held')
  assert.equal(blobs.stat().bodies, 1000)
})

test('one that was not asks, until it has read what it holds', async () => {
  const { db, blobs } = await restarted(1000)
  const asked = countAsked(db)
  await blobs.putMany(bodiesOf(1000, 100))
  assert.is(asked(), 100)
  await blobs.putMany(bodiesOf(1100, 500)) // more in vain than is worth it
  for (let turns = 0; turns < 50; turns++) await turn()
  const before = asked()
  assert.ok((await blobs.putMany(bodiesOf(1600, 500))).every(isNew => isNew))
  assert.ok(asked() - before < 50, `asked for ${asked() - before} of 500`)
  assert.ok((await blobs.putMany(bodiesOf(0, 2100).slice(0, 1024))).every(isNew => !isNew))
  assert.ok((await blobs.putMany(bodiesOf(1024, 1076))).every(isNew => !isNew))
  assert.equal(blobs.stat().bodies, 2100)
})

test('what is put and deleted while it reads is told right', async () => {
  const { blobs } = await restarted(5000)
  await blobs.putMany(bodiesOf(5000, 1000)) // begins the reading
  await blobs.putMany(bodiesOf(6000, 1000))
  for (const { infoHash } of bodiesOf(5990, 20)) assert.ok(await blobs.delete(infoHash) > 0)
  for (let turns = 0; turns < 200; turns++) await turn()
  const again = await blobs.putMany(bodiesOf(5000, 2000))
  assert.equal(again.flatMap((isNew, i) => isNew ? [5000 + i] : []), Array.from({ length: 20 }, (_, i) => 5990 + i))
  assert.equal(blobs.stat().bodies, 7000)
})

test('a reading that fails leaves the store asking', async () => {
  const { db, blobs } = await restarted(100)
  const iterator = db.keys
  let readings = 0
  db.keys = () => { readings++; throw new Error('the disk is gone') }
  for (let n = 0; n < 3; n++) assert.ok((await blobs.putMany(bodiesOf(100 + 100 * n, 100))).every(isNew => isNew))
  assert.ok(readings > 0, 'it was never tried')
  db.keys = iterator
  assert.ok((await blobs.putMany(bodiesOf(0, 400))).every(isNew => !isNew))
})

test.run()
