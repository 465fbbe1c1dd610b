// Whenever a crash comes, an index that starts from its checkpoints shows what it showed before, and what one shows that
// reads every envelope. SEEDBED_TEST_SEED plays one run again, SEEDBED_TEST_RUNS makes more of them.
// test-timeout-ms: 120000
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex, CrdtIndexOptions, IndexEvents } from '../../src/crdt-index.ts'
import { everything, firstDifference } from './everything.ts'
import { authors, copyOf, createRandom, createScribe, ids, memory, START_MS, type Memory } from './world.ts'

const RUNS = Number(process.env['SEEDBED_TEST_RUNS'] ?? 15)
const SEED = process.env['SEEDBED_TEST_SEED']
const STEPS = 60
const NEVER = { intervalMs: 1e9, minEnvelopes: 1e9 }

const test = suite('checkpoints')
const me = authors[0]!
const others = authors.slice(1)
const pause = async (ms: number): Promise<void> => { await new Promise(resolve => setTimeout(resolve, ms)) }
/** Rows of checkpoints, but not the marks of what counts no more. */
const isCheckpoint = (key: string): boolean => key.includes('!checkpoint!') || key.includes('!checkpoints!')

let fromCheckpoint = 0
let withDifference = 0

/** What a start after a crash shows, from checkpoints and without. */
async function afterCrash (db: Memory, options: Partial<CrdtIndexOptions>): Promise<string[]> {
  const shown: string[] = []
  const rows = (await db.keys().all()).map(key => Buffer.from(key).toString('latin1'))
  if (rows.some(key => key.includes('!checkpoints!'))) fromCheckpoint++
  if (rows.some(key => key.includes('!changed!'))) withDifference++
  for (const leaveOut of [() => false, isCheckpoint]) {
    const damaged: Array<IndexEvents['damaged']> = []
    const index = await createCrdtIndex({ ...options, db: await copyOf(db, leaveOut), checkpoints: NEVER })
    index.on('damaged', each => { damaged.push(each) })
    shown.push(await everything(index, ids))
    await index.close()
    assert.equal(damaged, [])
  }
  return shown
}

async function play (seed: number): Promise<void> {
  const random = createRandom(seed)
  let nowMs = START_MS
  const options: Partial<CrdtIndexOptions> = { clock: () => nowMs, randomUint32: () => 1 + random(0xfffffffe) }
  const open = async (db: Memory): Promise<CrdtIndex> => await createCrdtIndex({ ...options, db, checkpoints: { intervalMs: 1 + random(30), minEnvelopes: 1 } })
  const otherDbs = others.map(memory)
  let theirs = await Promise.all(otherDbs.map(async db => await createCrdtIndex({ ...options, db, checkpoints: NEVER })))
  const db = memory()
  let index = await open(db)
  const { address } = await index.create({ founder: me, slug: 'x' })
  const genesis = index.genesis(address)
  for (const other of theirs) await other.join(address, genesis)
  const scribe = createScribe(address, random)
  for (let step = 0; step < STEPS; step++) {
    nowMs += 1000
    const who = random(others.length)
    const what = random(12)
    for (let writes = 1 + random(12); writes > 0; writes--) {
      if (what < 4) await scribe.write(index, me, nowMs)
      else if (what < 8) await scribe.write(theirs[who]!, others[who]!, nowMs)
    }
    if (what === 8 || what === 9) { // some of what they wrote, in no order, by way of one of them
      const envelopes: Uint8Array[] = []
      for await (const envelope of theirs[who]!.envelopes(address)) if (random(4) > 0) envelopes.push(envelope)
      await index.ingest(address, envelopes.sort(() => random(3) - 1))
    } else if (what === 10) await pause(random(20))
    else if (what === 11) {
      if (random(2) === 0) { // snapshots, and what they cover goes
        await theirs[who]!.close()
        if (random(4) === 0) otherDbs[who] = await copyOf(otherDbs[who]!)
        const reopened = await createCrdtIndex({ ...options, db: otherDbs[who]!, checkpoints: NEVER })
        theirs = theirs.map((other, at) => at === who ? reopened : other)
      } else {
        await index.close()
        index = await open(db)
      }
    }
    if (random(4) === 0) {
      const shown = await everything(index, ids)
      const [restored, rebuilt] = await afterCrash(db, options)
      assert.is(firstDifference(restored ?? '', shown), null, `seed ${seed}, step ${step}: from the checkpoint`)
      assert.is(firstDifference(rebuilt ?? '', shown), null, `seed ${seed}, step ${step}: from the envelopes`)
    }
  }
  await index.close()
  for (const other of theirs) await other.close()
}

test('a start from checkpoints shows what was shown before, whenever the crash came', async () => {
  const first = SEED === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(SEED)
  console.log(`seeds from ${first}`)
  for (let seed = first; seed < first + (SEED === undefined ? RUNS : 1); seed++) await play(seed)
  if (SEED === undefined) {
    assert.ok(fromCheckpoint > RUNS, 'starts from a checkpoint')
    assert.ok(withDifference > RUNS / 2, 'starts from a checkpoint that others wrote after')
  }
})

test.run()
