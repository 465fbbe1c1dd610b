// Threads that check envelopes: they say what this thread says, and whatever becomes of them nothing is lost.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createBatchVerifier } from '../../src/envelope/batch-verifier.ts'
import { packProofs, unpackProofs } from '../../src/envelope/packed-proofs.ts'
import { checkProofs, Flaw, type Proof } from '../../src/envelope/proof.ts'
import { createVerifyPool } from '../../src/envelope/verify-pool.ts'
import { createVerifyJobs, type StartVerifyThread, type VerifyJob } from '../../src/envelope/verify-threads.ts'
import { proofOf } from '../../src/envelope/verify.ts'
import { hexToBytes } from '../../src/identity/encoding.ts'
import { MAX_VERIFY_JOBS_PER_THREAD, VERIFY_BESIDE_MIN } from '../../src/limits.ts'
import { createSlices } from '../../src/slices.ts'
import { startNodeThread } from '../../src/platform/node/thread.ts'
import { startNodeVerifyThread } from '../../src/platform/node/verify-thread.ts'
import { sha256, verifyMany } from '../../src/platform/node/verify-many.ts'
import { envelopeOf, KINDS } from './verifying.ts'

const test = suite('verify pool')
const ports = { sha256, verifyMany }
const BITS = 4
const mixed = (count: number): Proof[] => Array.from({ length: count }, (_, n) => proofOf(envelopeOf(KINDS[n % KINDS.length]!, n, BITS), BITS))

/** A thread in this one, a turn of the loop later; `dies`: asked for each job. */
function threadHere (dies: (job: number) => boolean = () => false): { start: StartVerifyThread, jobs: number, running: number } {
  const seen = {
    jobs: 0,
    running: 0,
    start: (({ report, failed }) => {
      seen.running++
      let stopped = false
      let receive: ((job: VerifyJob) => void) | null = null
      setImmediate(() => { if (!stopped) receive = createVerifyJobs(ports, said => { setImmediate(() => { if (!stopped) report(said) }) }) })
      return {
        send: job => {
          seen.jobs++
          if (dies(seen.jobs)) setImmediate(failed)
          else receive?.(job)
        },
        stop: () => {
          stopped = true
          seen.running--
        },
        hold: () => {}
      }
    }) satisfies StartVerifyThread
  }
  return seen
}

test('what is packed comes back', () => {
  const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })
  const proof = fc.record({
    signed: fc.record({ publicKey: bytes(32), signature: bytes(64), bytes: fc.uint8Array({ maxLength: 40 }) }, { noNullPrototype: true }),
    stamp: fc.option(fc.record({ hashed: fc.uint8Array({ maxLength: 40 }), difficulty: fc.integer({ min: 1, max: 32 }) }, { noNullPrototype: true })),
    update: fc.uint8Array({ maxLength: 200 }),
    updateHash: bytes(32)
  }, { noNullPrototype: true })
  fc.assert(fc.property(fc.array(proof, { maxLength: 8 }), proofs => { assert.equal(unpackProofs(packProofs(proofs)), proofs) }))
})

test('a worker says of every vector and every flaw what this thread says', async () => {
  const { signatures } = JSON.parse(readFileSync(new URL('../../../../test/vectors/signatures.json', import.meta.url), 'utf8')) as { signatures: Array<{ valid: boolean, publicKey: string, bytes: string, signature: string }> }
  const update = Uint8Array.of(1)
  const vectors = signatures.map(({ publicKey, bytes, signature }): Proof => ({ signed: { publicKey: hexToBytes(publicKey), bytes: hexToBytes(bytes), signature: hexToBytes(signature) }, stamp: null, update, updateHash: sha256(update) }))
  // What has another length than it should never reaches a thread: an envelope's fields have theirs.
  const fitting = vectors.filter(({ signed: { publicKey, signature } }) => publicKey.length === 32 && signature.length === 64)
  assert.ok(fitting.length > 20)
  const pool = createVerifyPool({ threads: 1 })
  pool.warm()
  assert.ok(await pool.ready())
  const valid = signatures.filter((_, at) => fitting.includes(vectors[at]!)).map(({ valid }) => valid)
  assert.equal([...await pool.check(fitting) ?? []].map(flaw => flaw === Flaw.none), valid)
  const proofs = mixed(70)
  const flaws = await pool.check(proofs)
  assert.equal(flaws, await checkProofs(proofs, ports))
  assert.equal(new Set(flaws), new Set([Flaw.none, Flaw.signature, Flaw.updateHash, Flaw.stamp]))
  assert.is(pool.counts.checked, fitting.length + proofs.length)
  pool.close()
})

test('starts no thread before there is something to check, as many as allowed then, and ends them after a rest', async () => {
  const here = threadHere()
  const pool = createVerifyPool({ threads: 3, startThread: here.start, idleMs: 5 })
  assert.is(pool.counts.threads, 0)
  assert.is(await pool.ready(), false)
  assert.is(pool.check(mixed(1)), null, 'nobody waits for a thread to start')
  assert.is(pool.counts.threads, 3)
  assert.ok(await pool.ready())
  assert.equal(await pool.check(mixed(9)), await checkProofs(mixed(9), ports))
  await until(() => pool.counts.threads === 0)
  assert.is(here.running, 0)
  pool.warm()
  assert.ok(await pool.ready())
  assert.equal(await pool.check(mixed(9)), await checkProofs(mixed(9), ports))
  assert.is(pool.counts.started, 6)
  pool.close()
  assert.is(here.running, 0)
})

test('takes no more jobs than are bounded', async () => {
  const pool = createVerifyPool({ threads: 1, startThread: threadHere().start })
  pool.warm()
  await pool.ready()
  const taken = Array.from({ length: 3 * MAX_VERIFY_JOBS_PER_THREAD }, () => pool.check(mixed(1))).filter(answer => answer !== null)
  assert.is(taken.length, MAX_VERIFY_JOBS_PER_THREAD)
  assert.ok((await Promise.all(taken)).every(flaws => flaws?.length === 1))
  assert.ok(pool.check(mixed(1)) !== null)
  pool.close()
})

test('what dies with its thread comes back as null, another thread takes its place, and after some there are none', async () => {
  const here = threadHere(() => true)
  const pool = createVerifyPool({ threads: 1, startThread: here.start })
  for (let death = 1; death <= 3; death++) {
    pool.warm()
    assert.ok(await pool.ready())
    assert.is(await pool.check(mixed(2)), null)
    assert.is(pool.counts.lost, death)
    assert.is(here.running, 0)
  }
  assert.is(pool.check(mixed(1)), null)
  assert.is(await pool.ready(), false)
  assert.is(pool.counts.started, 3)
  pool.close()
})

test('a thread that hangs is ended, and what it was given comes back as null', async () => {
  const here = threadHere()
  const pool = createVerifyPool({ threads: 1, startThread: events => ({ ...here.start(events), send: () => {} }), silenceMs: 5 })
  pool.warm()
  assert.ok(await pool.ready())
  assert.equal(await Promise.all([pool.check(mixed(1)), pool.check(mixed(2))]), [null, null])
  assert.equal([here.running, pool.counts.lost], [0, 2])
  pool.warm()
  assert.ok(await pool.ready(), 'another one takes its place')
  const verifier = createBatchVerifier({ openPool: () => pool })
  const envelopes = Array.from({ length: 2 * VERIFY_BESIDE_MIN }, (_, n) => envelopeOf('sound', n, BITS))
  const verify = async (): Promise<boolean> => (await verifier.check(envelopes, BITS, createSlices())).every(flaw => flaw === Flaw.none)
  assert.ok(await verify())
  assert.ok(await verify(), 'whoever asked checks it himself')
  assert.ok(pool.counts.lost > 2)
  verifier.close()
  assert.is(here.running, 0)
})

test('a platform without threads, and one whose threads never speak, are asked once', async () => {
  let asked = 0
  const none = createVerifyPool({ startThread: () => { asked++; throw new Error('no workers here') } })
  const mute = createVerifyPool({ threads: 1, startThread: ({ failed }) => { asked++; setImmediate(failed); return { send: () => {}, stop: () => {}, hold: () => {} } } })
  for (const pool of [none, mute]) {
    asked = 0
    assert.is(pool.check(mixed(1)), null)
    assert.is(await pool.ready(), false)
    assert.is(pool.check(mixed(1)), null)
    assert.is(asked, 1)
    pool.close()
  }
})

test('a worker whose file is missing, or whose program ends, fails', async () => {
  for (const [name, base] of [['no-such-worker', import.meta.url], ['ended-worker', import.meta.url]] as const) {
    await new Promise<void>(resolve => { startNodeThread(name, base, { report: () => assert.unreachable(name), failed: resolve }) })
  }
})

test('a real worker that is ended in the midst loses its jobs and no more', async () => {
  const threads: Array<{ stop (): void, failed (): void }> = []
  const pool = createVerifyPool({
    threads: 1,
    startThread: events => {
      const thread = startNodeVerifyThread(events)
      threads.push({ stop: thread.stop, failed: events.failed })
      return thread
    }
  })
  pool.warm()
  assert.ok(await pool.ready())
  const proofs = mixed(500)
  const lost = pool.check(proofs)
  threads[0]!.stop()
  threads[0]!.failed()
  assert.is(await lost, null)
  pool.warm()
  assert.ok(await pool.ready())
  assert.equal(await pool.check(proofs), await checkProofs(proofs, ports))
  const underWay = pool.check(proofs)
  pool.close()
  pool.close()
  assert.is(await underWay, null)
  assert.is(pool.check(proofs), null)
})

async function until (holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !holds(); turn++) await new Promise(resolve => setTimeout(resolve, 2))
  assert.ok(holds())
}

test.run()
