// A row of the database that is no longer what was written, whichever it is: the start succeeds, totals are right or the
// damage is reported, and what another replica has comes back. SEEDBED_TEST_SEED plays the same flips again.
// test-timeout-ms: 120000
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex, CrdtIndexOptions, IndexEvents } from '../../src/crdt-index.ts'
import { createMemoryNetwork } from '../../src/sync/memory-transport.ts'
import { everything, firstDifference } from './everything.ts'
import { authors, copyOf, createRandom, createScribe, ids, memory, START_MS, type Memory, type Random } from './world.ts'

const seed = Number(process.env['SEEDBED_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 30))
console.log(`seed ${seed}`)
const ROWS_OF_A_KIND = Number(process.env['SEEDBED_TEST_RUNS'] ?? 4)
const MOST_WRITES = 2000
const NEVER = { intervalMs: 1e9, minEnvelopes: 1e9 }
const OFTEN = { intervalMs: 5, minEnvelopes: 1 }

const test = suite('damaged rows')
const [me, ada] = authors as [typeof authors[0] & {}, typeof authors[0] & {}]
let nowMs = START_MS
const random: Random = createRandom(seed)
const options: Partial<CrdtIndexOptions> = { clock: () => nowMs, randomUint32: () => 1 + random(0xfffffffe), syncIntervalMs: 50 }
const pause = async (ms: number): Promise<void> => { await new Promise(resolve => setTimeout(resolve, ms)) }

async function until (what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if (await holds()) return
    await pause(10)
  }
  throw new Error(`never: ${what}`)
}

/** A replica with a checkpoint, with writes after it, and another one that holds the same. */
async function prepare (): Promise<{ db: Memory, other: Memory, shown: string }> {
  const other = await createCrdtIndex({ ...options, db: memory(), checkpoints: NEVER })
  const db = memory()
  const otherDb = memory()
  const index = await createCrdtIndex({ ...options, db, checkpoints: OFTEN })
  const { address } = await index.create({ founder: me, slug: 'x' })
  const genesis = index.genesis(address)
  await other.join(address, genesis)
  const scribe = createScribe(address, random)
  const both = async (writes: number): Promise<void> => {
    for (let i = 0; i < writes; i++) {
      nowMs += 1000
      await scribe.write(index, me, nowMs)
      await scribe.write(other, ada, nowMs)
    }
    for await (const envelope of other.envelopes(address)) await index.ingest(address, [envelope])
  }
  await both(50)
  await until('a checkpoint', async () => (await rowsOf(db)).has('checkpoints'))
  await index.close() // with all that was written
  await rebuild(db, async again => {
    // Until a snapshot stands in for what the checkpoint has: random writes may spread over so many documents that none is made.
    for (let i = 0; i < 40 || (i < MOST_WRITES && !(await rowsOf(db)).has('superseded')); i++) await scribe.write(again, me, nowMs += 1000)
    for await (const envelope of again.envelopes(address)) await other.ingest(address, [envelope])
  })
  const last = await createCrdtIndex({ ...options, db: otherDb, checkpoints: NEVER })
  await last.join(address, genesis)
  for await (const envelope of other.envelopes(address)) await last.ingest(address, [envelope])
  const reader = await createCrdtIndex({ ...options, db: await copyOf(db), checkpoints: NEVER })
  const shown = await everything(reader, ids)
  assert.is(firstDifference(await everything(last, ids), shown), null)
  for (const each of [other, last, reader]) await each.close()
  return { db, other: otherDb, shown }
}

/** Opens it so that nothing is saved any more, and leaves it as a crash would. */
async function rebuild (db: Memory, use: (index: CrdtIndex) => Promise<void>): Promise<void> {
  const index = await createCrdtIndex({ ...options, db, checkpoints: NEVER })
  await use(index)
}

async function rowsOf (db: Memory): Promise<Map<string, Array<[Uint8Array, Uint8Array]>>> {
  return Map.groupBy(await db.iterator().all(), ([key]) => /!([a-z]+)!/.exec(Buffer.from(key).toString('latin1').replace('!crdt-index!', ''))?.[1] ?? 'none')
}

function flipped (bytes: Uint8Array, from = 0): Uint8Array {
  const copy = new Uint8Array(bytes) // a Buffer's slice is no copy
  const at = from + random(bytes.length - from)
  copy[at] = copy[at]! ^ 1 << random(8)
  return copy
}

/** Where a row's key begins, behind the names of its tables. */
const keyStart = (key: Uint8Array): number => Buffer.from(key).toString('latin1').indexOf('!', Buffer.from(key).toString('latin1').indexOf('!', 13) + 1) + 1

const { db, other, shown } = await prepare()
const tables = await rowsOf(db)

test('there is a row of every kind', () => {
  assert.equal([...tables.keys()].sort(), ['changed', 'checkpoint', 'checkpoints', 'communities', 'devices', 'envelopes', 'format', 'own', 'sequences', 'superseded', 'unsent'])
})

for (const [table, rows] of tables) {
  test(`a damaged row of ${table}`, async () => {
    for (let run = 0; run < ROWS_OF_A_KIND; run++) {
      const [key, value] = rows[random(rows.length)]!
      const harm = value.length === 0 ? 'key' : random(4) === 0 ? 'end' : 'bit'
      const what = `seed ${seed}: ${harm} of ${table} ${Buffer.from(key).toString('hex')}`
      const broken = await copyOf(db)
      if (harm === 'key') {
        await broken.del(key)
        await broken.put(flipped(key, keyStart(key)), value)
      } else await broken.put(key, harm === 'bit' ? flipped(value) : value.slice(0, random(value.length)))
      const network = createMemoryNetwork()
      const [a, b] = [network.peer('a'), network.peer('b')]
      const damaged: Array<IndexEvents['damaged']> = []
      const index = await createCrdtIndex({ ...options, db: broken, transport: a, checkpoints: { intervalMs: 5, minEnvelopes: 1e9 } })
      const helper = await createCrdtIndex({ ...options, db: await copyOf(other), transport: b, checkpoints: NEVER })
      index.on('damaged', each => { damaged.push(each) })
      const before = await everything(index, ids)
      if (before !== shown) await until(`${what}: told, ${String(firstDifference(before, shown))}`, () => damaged.length > 0)
      b.connect('a')
      await until(`${what}: the other one's are here`, async () => await everything(index, ids) === shown)
      if (table === 'envelopes' || table === 'checkpoint' || table === 'checkpoints' || table === 'changed' || table === 'sequences' || table === 'devices') {
        await until(`${what}: reported`, () => damaged.length > 0)
        await until(`${what}: fetched again`, async () => await everything(index, ids) === shown)
      }
      await index.close()
      await helper.close()
      // Nothing of it is left for the next start but what was written here and cannot be read.
      const again = await createCrdtIndex({ ...options, db: broken, checkpoints: NEVER })
      assert.is(firstDifference(await everything(again, ids), shown), null, `${what}: the next start`)
      await again.close()
    }
  })
}

test.run()
