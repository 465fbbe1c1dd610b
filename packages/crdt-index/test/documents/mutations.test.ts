// Real updates with something changed about them, against Yjs: the committed corpus first, then new ones.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readCorpus } from './corpus.ts'
import { pick, seeded } from './devices.ts'
import { judge, realUpdates } from './fuzz-cases.ts'
import { mutate, putTogether, takeApart } from './mutations.ts'

const RUNS = Number(process.env['SEEDBED_TEST_RUNS'] ?? 400)
const FIRST_SEED = Number(process.env['SEEDBED_TEST_SEED'] ?? 1_000_000)
const MUTATIONS = 20
const test = suite('mutated updates')
const corpus = readCorpus()

test('every update of the corpus takes the way that it was kept for', () => {
  for (const one of corpus) assert.is(judge(one), one.way, Buffer.from(one.update).toString('hex'))
  const passed = corpus.filter(({ way }) => way.startsWith('passed')).length
  assert.ok(passed >= 40 && corpus.length - passed >= 60, `${passed} of ${corpus.length} passed`)
})

test('what is taken apart and put together again is the same update', () => {
  for (let seed = 0; seed < 100; seed++) for (const { update } of realUpdates(seed)) assert.equal(putTogether(takeApart(update)), update)
})

test(`${RUNS} times ${MUTATIONS} mutations from seed ${FIRST_SEED} are refused, or read as Yjs reads them`, () => {
  const counts = { passed: 0, refused: 0 }
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    const random = seeded(seed)
    const real = realUpdates(seed)
    for (let i = 0; i < MUTATIONS; i++) {
      const one = pick(real, random)
      const update = mutate(one.update, pick(real, random).update, random)
      try {
        counts[judge({ ...one, update }).startsWith('passed') ? 'passed' : 'refused']++
      } catch (error) {
        console.error(`seed ${seed}, mutation ${i}: rerun with SEEDBED_TEST_SEED=${seed} SEEDBED_TEST_RUNS=1; ${JSON.stringify({ ...one, update: Buffer.from(update).toString('base64') })}`)
        throw error
      }
    }
  }
  if (RUNS >= 100) assert.ok(counts.passed > RUNS && counts.refused > RUNS, JSON.stringify(counts))
})

test.run()
