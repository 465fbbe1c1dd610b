import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLevelBlobs, refOf, req2Of } from '../../src/index.ts'
import { decodeStatRow, encodeStatRow } from '../../src/blobs/stat-row.ts'

const test = suite('torrent-store/stat-row')
const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const
const bodies = ['one', 'two', 'three'].map(text => Buffer.from(text))
const STAT = { bodies: 3, bytes: 11 }

type Rows = ReturnType<typeof tablesOf>

function tablesOf (db: MemoryLevel<Uint8Array, Uint8Array>): { index: ReturnType<typeof table>, stat: ReturnType<typeof table>, body: ReturnType<typeof table> } {
  return { index: table(db, 'index'), stat: table(db, 'stat'), body: table(db, 'body') }
}

function table (db: MemoryLevel<Uint8Array, Uint8Array>, name: string) {
  return db.sublevel<Uint8Array, Uint8Array>('torrent-store', VIEW).sublevel<Uint8Array, Uint8Array>(name, VIEW)
}

async function filled (): Promise<{ db: MemoryLevel<Uint8Array, Uint8Array>, rows: Rows }> {
  const db = new MemoryLevel<Uint8Array, Uint8Array>(VIEW)
  const blobs = await createLevelBlobs(db)
  await blobs.putMany(bodies.map(body => ({ infoHash: refOf(body).infoHash, body })))
  return { db, rows: tablesOf(db) }
}

test('says the same again, and nothing for any other bytes', () => {
  for (const stat of [{ bodies: 0, bytes: 0 }, STAT, { bodies: 2 ** 40, bytes: 2 ** 52 }]) assert.equal(decodeStatRow(encodeStatRow(stat)), stat)
  const row = encodeStatRow(STAT)
  for (let bit = 0; bit < row.length * 8; bit++) {
    const damaged = Uint8Array.from(row)
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assert.is(decodeStatRow(damaged), null, `bit ${bit}`)
  }
  for (const length of [0, 1, row.length - 1]) assert.is(decodeStatRow(row.subarray(0, length)), null)
  assert.is(decodeStatRow(Buffer.concat([row, row])), null)
  assert.is(decodeStatRow(encodeStatRow({ bodies: 5, bytes: 4 })), null, 'a body has a byte at least')
})

test('opening reads the row and not the index', async () => {
  const { db, rows } = await filled()
  await rows.index.clear()
  assert.equal((await createLevelBlobs(db)).stat(), STAT)
})

test('a row that is damaged or missing is counted anew, and right from then on', async () => {
  const damages: Array<(rows: Rows, key: Uint8Array) => Promise<void>> = [
    async ({ stat }, key) => { await stat.del(key) },
    async ({ stat }, key) => { await stat.put(key, Uint8Array.of(1)) },
    async ({ stat }, key) => { await stat.put(key, encodeStatRow({ bodies: 4, bytes: 20 }).fill(9, 0, 1)) }
  ]
  for (const damage of damages) {
    const { db, rows } = await filled()
    const [key] = await rows.stat.keys().all()
    assert.ok(key)
    await damage(rows, key)
    const blobs = await createLevelBlobs(db)
    assert.equal(blobs.stat(), STAT)
    await rows.index.clear()
    assert.equal((await createLevelBlobs(db)).stat(), STAT, 'it was written')
  }
})

test('a database of an earlier version is counted once, and its rows without a time are read', async () => {
  const db = new MemoryLevel<Uint8Array, Uint8Array>(VIEW)
  const rows = tablesOf(db)
  for (const body of bodies) {
    const { infoHash, length } = refOf(body)
    const value = Buffer.alloc(24)
    value.write(infoHash, 'hex')
    value.writeUInt32BE(length, 20)
    await rows.index.put(Buffer.from(req2Of(infoHash), 'hex'), value)
    await rows.body.put(Buffer.from(infoHash, 'hex'), body)
  }
  const blobs = await createLevelBlobs(db)
  assert.equal(blobs.stat(), STAT)
  for await (const { usedSeconds } of blobs.list()) assert.is(usedSeconds, 0)
  assert.is(await blobs.put(refOf(bodies[0] as Buffer).infoHash, bodies[0] as Buffer), false)
  assert.is(await blobs.delete(refOf(bodies[0] as Buffer).infoHash), 3)
  assert.equal((await createLevelBlobs(db)).stat(), { bodies: 2, bytes: 8 })
})

test.run()
