// test-timeout-ms: 600000
// Whatever authors sign and whatever the network does, replicas that exchange what they hold agree, and agree with what the
// set means by itself. Every failure ever found lies in fixtures/ and is replayed first.
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { met } from './canonical.ts'
import { replay } from './replay.ts'
import { generate, type Schedule } from './schedule.ts'
import { shrink } from './shrink.ts'

const RUNS = Number(process.env['SEEDBED_TEST_RUNS'] ?? 10_000)
const FIRST_SEED = Number(process.env['SEEDBED_TEST_SEED'] ?? 1)
const fixtures = path.join(import.meta.dirname, 'fixtures')
const test = suite('simulation of documents')

for (const file of globSync('*.json', { cwd: fixtures }).sort()) {
  test(`fixture ${file}`, async () => { await replay(JSON.parse(readFileSync(path.join(fixtures, file), 'utf8')) as Schedule) })
}

test(`${RUNS} random schedules from seed ${FIRST_SEED} end alike on all replicas`, async () => {
  const counts = { envelopes: 0, held: 0, accused: 0 }
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const schedule = generate(seed)
    try {
      const { envelopes, held, accused } = await replay(schedule)
      counts.envelopes += envelopes
      counts.held += held
      counts.accused += accused
    } catch (error) {
      const file = await keep(schedule)
      throw new Error(`seed ${seed} fails: rerun with SEEDBED_TEST_SEED=${seed} SEEDBED_TEST_RUNS=1; the smallest failing part is in ${file}, move it to test/simulation/fixtures: ${error instanceof Error ? `${error.message} ${JSON.stringify((error as { details?: unknown }).details)}` : String(error)}`, { cause: error })
    }
  }
  console.log(`seeds ${FIRST_SEED} to ${FIRST_SEED + RUNS - 1}: ${JSON.stringify({ ...counts, ...met })}`)
  if (RUNS < 1000) return
  // What the generator is for has to happen: sets that lose something, authors found out, documents that wait or are full.
  assert.ok(counts.envelopes > 8 * RUNS && counts.held < counts.envelopes * 0.9, JSON.stringify(counts))
  assert.ok(counts.accused > RUNS / 4 && met.waiting > RUNS / 100 && met.excess > RUNS / 1000, JSON.stringify({ ...counts, ...met }))
})

async function keep (schedule: Schedule): Promise<string> {
  const folder = path.join(tmpdir(), 'seedbed-simulation')
  mkdirSync(folder, { recursive: true })
  const file = path.join(folder, `seed-${schedule.seed}.json`)
  writeFileSync(file, `${JSON.stringify(await shrink(schedule), null, 1)}\n`)
  return file
}

test.run()
