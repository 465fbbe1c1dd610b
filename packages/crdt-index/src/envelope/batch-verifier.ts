// Checks the proofs of envelopes in numbers: small batches here and at once, large ones with the help of other threads, chunk
// by chunk. Whoever checks, the verdict is the same. The guard's share is left to whoever takes them in: what it reads of an
// update takes some five times as many bytes, and is not to wait for the rest of the batch.
import { platform } from '#platform'
import { MAX_CHUNKS_UNDER_WAY, VERIFY_BESIDE_MIN, VERIFY_CHUNK, VERIFY_CHUNK_BYTES } from '../limits.ts'
import type { UnverifiedEnvelope } from '../model.ts'
import type { Slices } from '../slices.ts'
import { checkProofs, Flaw, type Proof } from './proof.ts'
import type { VerifyPool } from './verify-pool.ts'
import { proofOf } from './verify.ts'

export interface BatchVerifier {
  /** A `Flaw` an envelope, in order, for `concludeProof`. `difficulty`: the community's, in bits. */
  check (envelopes: readonly UnverifiedEnvelope[], difficulty: number, slices: Slices): Promise<Uint8Array>
  /** Ends the threads; what is under way is finished in this one. */
  close (): void
}

export interface BatchVerifierOptions {
  /** Called for the first large batch; default: a pool of the platform's threads. A failure means that there is none. */
  readonly openPool?: () => VerifyPool | Promise<VerifyPool>
}

const openDefaultPool = async (): Promise<VerifyPool> => (await import('./verify-pool.ts')).createVerifyPool()

export function createBatchVerifier ({ openPool = openDefaultPool }: BatchVerifierOptions = {}): BatchVerifier {
  let opening: Promise<void> | null = null
  let pool: VerifyPool | null = null
  let closed = false

  /** Begins to load the pool; the first batches go without. */
  function wantPool (): void {
    opening ??= (async () => {
      const opened = await openPool()
      if (closed) opened.close()
      else (pool = opened).warm()
    })().catch(() => {}) // a page that lost its server
  }

  /** Whatever stands in the way of a thread, the chunk is checked here. */
  async function checkBeside (chunk: readonly Proof[]): Promise<Uint8Array> {
    return await pool?.check(chunk) ?? await checkProofs(chunk, platform)
  }

  return {
    async check (envelopes, difficulty, slices) {
      const isLarge = envelopes.length >= VERIFY_BESIDE_MIN && !closed
      if (isLarge) wantPool()
      const flaws = new Uint8Array(envelopes.length).fill(Flaw.signature) // what nobody says is sound is not
      const chunks = chunksOf(envelopes)
      const checked: Array<Promise<Uint8Array>> = []
      let done = 0
      for (const [at, chunk] of chunks.entries()) {
        // Where a thread checks, several chunks are on their way to it; here it is one at a time.
        const ahead = isLarge && pool !== null && pool.isReady ? MAX_CHUNKS_UNDER_WAY : 1
        for (const next of chunks.slice(checked.length, at + ahead)) {
          checked.push((isLarge ? checkBeside : checkHere)(next.map(envelope => proofOf(envelope, difficulty))))
        }
        flaws.set(await checked[at]!, done)
        done += chunk.length
        if (slices.isOver) await slices.rest()
      }
      return flaws
    },
    close () {
      closed = true
      pool?.close()
    }
  }
}

const checkHere = async (chunk: readonly Proof[]): Promise<Uint8Array> => await checkProofs(chunk, platform)

function chunksOf (envelopes: readonly UnverifiedEnvelope[]): UnverifiedEnvelope[][] {
  const chunks: UnverifiedEnvelope[][] = []
  let chunk: UnverifiedEnvelope[] = []
  let bytes = 0
  for (const envelope of envelopes) {
    if (chunk.length === VERIFY_CHUNK || (chunk.length > 0 && bytes + envelope.bytes.length > VERIFY_CHUNK_BYTES)) {
      chunks.push(chunk)
      chunk = []
      bytes = 0
    }
    chunk.push(envelope)
    bytes += envelope.bytes.length
  }
  if (chunk.length > 0) chunks.push(chunk)
  return chunks
}
