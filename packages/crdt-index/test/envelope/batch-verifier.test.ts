// Verdicts of batches: whoever checks, and whatever happens to who checks, they are those of one by one.
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createBatchVerifier, type BatchVerifier } from '../../src/envelope/batch-verifier.ts'
import { checkProofs } from '../../src/envelope/proof.ts'
import { checkStamp } from '../../src/envelope/stamp.ts'
import { createVerifyPool, type VerifyPool } from '../../src/envelope/verify-pool.ts'
import { BAD_STAMP, concludeProof, verifyEnvelope } from '../../src/envelope/verify.ts'
import { VERIFY_BESIDE_MIN, VERIFY_CHUNK } from '../../src/limits.ts'
import type { UnverifiedEnvelope } from '../../src/model.ts'
import { sha256, verifyMany } from '../../src/platform/node/verify-many.ts'
import { createSlices, type Slices } from '../../src/slices.ts'
import { envelopeOf, KINDS } from './verifying.ts'

const test = suite('batch verifier')
const BITS = 4

function oneByOne (envelopes: readonly UnverifiedEnvelope[], difficulty: number): unknown[] {
  return envelopes.map(envelope => checkStamp(envelope.header, difficulty) ? verifyEnvelope(envelope) : { verdict: 'reject', reason: BAD_STAMP })
}

/** What becomes of a batch: its proofs' flaws, and then the guard. */
async function verify (verifier: BatchVerifier, envelopes: readonly UnverifiedEnvelope[], difficulty: number, slices: Slices): Promise<unknown[]> {
  const flaws = await verifier.check(envelopes, difficulty, slices)
  assert.is(flaws.length, envelopes.length)
  return envelopes.map((envelope, at) => concludeProof(envelope, flaws[at]))
}

/** With real threads that listen already. */
async function withThreads (threads = 1): Promise<{ verifier: BatchVerifier, pool: VerifyPool }> {
  const pool = createVerifyPool({ threads })
  pool.warm()
  assert.ok(await pool.ready())
  const verifier = createBatchVerifier({ openPool: () => pool })
  await verify(verifier, batchOf(VERIFY_BESIDE_MIN), BITS, createSlices()) // which opens the pool
  return { verifier, pool }
}

const batchOf = (count: number): UnverifiedEnvelope[] => Array.from({ length: count }, (_, n) => envelopeOf(KINDS[n % KINDS.length]!, n, BITS))

/** A pool that answers what it pleases: null at once, null later, or the truth. */
function moody (next: () => number): VerifyPool {
  return {
    isReady: true,
    check: proofs => [null, Promise.resolve(null), (async () => await checkProofs(proofs, { sha256, verifyMany }))()][next()] ?? null,
    warm: () => {},
    ready: async () => true,
    counts: { threads: 1, started: 1, checked: 0, lost: 0 },
    close: () => {}
  }
}

test('threads, this thread, and threads that come and go give the verdicts of one by one, in order', async () => {
  const { verifier: beside, pool } = await withThreads(2)
  const here = createBatchVerifier({ openPool: () => { throw new Error('none') } })
  let moods: readonly number[] = [0]
  let asked = 0
  const changing = createBatchVerifier({ openPool: () => moody(() => moods[asked++ % moods.length]!) })
  const batch = fc.tuple(fc.array(fc.constantFrom(...KINDS), { maxLength: 3 * VERIFY_BESIDE_MIN, size: 'max' }), fc.constantFrom(0, BITS), fc.array(fc.nat(2), { minLength: 1, maxLength: 9 }), fc.constantFrom(0, 1000))
  await fc.assert(fc.asyncProperty(batch, async ([kinds, difficulty, drawn, sliceMs]) => {
    moods = drawn
    const envelopes = kinds.map((kind, n) => envelopeOf(kind, n, difficulty))
    const expected = oneByOne(envelopes, difficulty)
    for (const verifier of [beside, here, changing]) assert.equal(await verify(verifier, envelopes, difficulty, createSlices(sliceMs)), expected)
  }), { numRuns: 40 })
  assert.ok(pool.counts.checked > 0)
  for (const verifier of [beside, here, changing]) verifier.close()
})

test('every signature of a large batch is checked beside this thread, whose loop turns meanwhile', async () => {
  const { verifier, pool } = await withThreads()
  const chunks = 16
  const envelopes = batchOf(chunks * VERIFY_CHUNK)
  const before = pool.counts.checked
  let turns = 0
  let done = false
  const turn = (): void => {
    turns++
    if (!done) setImmediate(turn)
  }
  setImmediate(turn)
  const verdicts = await verify(verifier, envelopes, BITS, createSlices(Infinity)) // no rests: what turns the loop is waiting
  done = true
  assert.equal(verdicts, oneByOne(envelopes, BITS))
  assert.is(pool.counts.checked - before, envelopes.length)
  assert.ok(turns >= 4, `${turns} turns`)
  verifier.close()
})

test('a small batch opens no threads and asks none', async () => {
  let opened = 0
  const verifier = createBatchVerifier({ openPool: () => { opened++; return moody(() => { throw new Error('asked') }) } })
  const envelopes = batchOf(VERIFY_BESIDE_MIN - 1)
  assert.equal(await verify(verifier, envelopes, BITS, createSlices()), oneByOne(envelopes, BITS))
  assert.equal(await verify(verifier, [], BITS, createSlices()), [])
  assert.is(opened, 0)
  verifier.close()
})

test('without threads the loop turns between slices', async () => {
  const verifier = createBatchVerifier({ openPool: () => { throw new Error('none') } })
  const envelopes = batchOf(3 * VERIFY_CHUNK)
  let turns = 0
  let done = false
  const turn = (): void => {
    turns++
    if (!done) setImmediate(turn)
  }
  setImmediate(turn)
  await verify(verifier, envelopes, BITS, createSlices(0))
  done = true
  assert.ok(turns >= envelopes.length / VERIFY_CHUNK, `${turns} turns`) // a slice is over after every chunk
  verifier.close()
})

test('closed in the midst it finishes here, and a pool that opens late is closed', async () => {
  const { verifier } = await withThreads()
  const envelopes = batchOf(8 * VERIFY_CHUNK)
  const verdicts = verify(verifier, envelopes, BITS, createSlices())
  verifier.close()
  assert.equal(await verdicts, oneByOne(envelopes, BITS))
  let closed = 0
  const late = Promise.withResolvers<VerifyPool>()
  const waiting = createBatchVerifier({ openPool: async () => await late.promise })
  await verify(waiting, envelopes, BITS, createSlices())
  waiting.close()
  late.resolve({ ...moody(() => 0), close: () => { closed++ } })
  await new Promise(resolve => { setImmediate(resolve) })
  assert.is(closed, 1)
  assert.equal(await verify(waiting, envelopes, BITS, createSlices()), oneByOne(envelopes, BITS))
})

test.run()
