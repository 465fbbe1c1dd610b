// The promise of hedging (docs/fetching.md), whoever the candidates are and whatever they do when: what one honest
// candidate holds is delivered, nothing is delivered twice, and in the end all is closed.
import { duplexPair, type Duplex } from 'node:stream'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, refOf, type CandidateSource, type FetchCandidate, type InfoHash, type PeerFault, type TorrentStore, type TorrentStoreError } from '../src/index.ts'
import { writeBody } from '../src/wire/batch-message.ts'
import { extended, handshake, message, randomBody, until } from './bodies.ts'

const test = suite('hedging')
const LIMITS = { candidateTimeoutMs: 600 }
const OPTIONS = { hedgeDelayMs: 15, timeoutMs: 10_000 }
const BODIES = 8
const bodies = Array.from({ length: BODIES }, (_, i) => Buffer.from(`hedged ${i}`))
const refs = bodies.map(refOf)

/** What a candidate is. */
type Behaviour =
  | { kind: 'honest', holds: number[], openMs: number, readMs: number }
  /** Never connects, connects and is silent, sends wrong bytes, hangs up in the middle, cannot be reached. */
  | { kind: 'never' | 'silent' | 'liar' | 'dead', openMs: number }
  | { kind: 'leaving', holds: number[], openMs: number, afterMs: number }

const holds = fc.uniqueArray(fc.nat(BODIES - 1), { maxLength: BODIES })
const ms = fc.nat(40)
const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  fc.record({ kind: fc.constant('honest' as const), holds, openMs: ms, readMs: ms }),
  fc.record({ kind: fc.constantFrom('liar' as const, 'dead' as const, 'liar' as const, 'dead' as const, 'never' as const, 'silent' as const), openMs: ms }),
  fc.record({ kind: fc.constant('leaving' as const), holds, openMs: ms, afterMs: ms })
)

/** The crowd of one run, and what is open of it. */
class Crowd {
  readonly candidates: FetchCandidate[]
  readonly #stores: TorrentStore[] = []
  open = 0

  /** An id is one peer, so that two crowds need names of their own. */
  constructor (name: string, behaviours: readonly Behaviour[]) {
    this.candidates = behaviours.map((each, i) => ({ id: `${name} ${i} ${each.kind}`, open: async ({ signal }) => await this.#open(each, signal) }))
  }

  async #open (behaviour: Behaviour, signal: AbortSignal): Promise<Duplex> {
    await pause(behaviour.openMs)
    if (behaviour.kind === 'never') await new Promise((_, reject) => { signal.addEventListener('abort', () => { reject(new Error('aborted')) }) })
    if (behaviour.kind === 'dead') throw new Error('no route')
    const [near, far] = duplexPair()
    this.open++
    near.once('close', () => { this.open-- })
    far.on('error', () => {})
    if (behaviour.kind === 'liar') lie(far)
    else if (behaviour.kind === 'honest') await this.#serve(far, behaviour.holds, behaviour.readMs)
    else if (behaviour.kind === 'leaving') {
      await this.#serve(far, behaviour.holds, 0)
      setTimeout(() => { far.destroy() }, behaviour.afterMs)
    } else {
      far.resume()
    }
    return near
  }

  async #serve (far: Duplex, holds: readonly number[], readMs: number): Promise<void> {
    const blobs = createMemoryBlobs()
    const store = await createTorrentStore({ db: {
      ...blobs,
      async getMany (ids) { await pause(readMs); return await blobs.getMany(ids) },
      async get (id) { await pause(readMs); return await blobs.get(id) }
    } })
    this.#stores.push(store)
    for (const i of holds) await store.put(bodies[i] as Buffer)
    store.serve(far)
  }

  async close (): Promise<void> {
    for (const store of this.#stores) await store.close()
  }
}

const pause = async (forMs: number): Promise<void> => { await new Promise(resolve => { setTimeout(resolve, forMs) }) }

/** Speaks sb_bodies and plain BitTorrent, and what it sends is made up. */
function lie (far: Duplex): void {
  far.once('data', (first: Buffer) => {
    far.write(Buffer.concat([handshake(first.toString('hex', 28, 48)), message(14), message(1), extended(0, 'd1:md9:sb_bodiesi7eee')]))
    far.on('data', (chunk: Buffer) => {
      const at = chunk.indexOf(Buffer.of(20, 7, 0))
      if (at !== -1) far.write(extended(1, writeBody(chunk.toString('hex', at + 4, at + 24) as InfoHash, randomBody(30))))
      if (chunk.includes(Buffer.from([0, 0, 0, 13, 6]))) far.write(message(7, Buffer.alloc(8), randomBody(8)))
    })
  })
}

const isHeld = (behaviours: readonly Behaviour[], i: number): boolean => behaviours.some(each => each.kind === 'honest' && each.holds.includes(i))

test('of many: what an honest candidate holds comes, once, and all is closed', async () => {
  await fc.assert(fc.asyncProperty(fc.array(behaviour, { maxLength: 6 }), fc.array(behaviour, { maxLength: 2 }), fc.integer({ min: 1, max: 4 }), async (near, sought, concurrency) => {
    const [crowd, strangers] = [new Crowd('near', near), new Crowd('sought', sought)]
    const reader = await createTorrentStore({ db: createMemoryBlobs(), limits: LIMITS })
    let searching = 0
    const swarm: CandidateSource = {
      async find (_, { found, signal }) {
        searching++
        for (const candidate of strangers.candidates) { await pause(3); if (!signal.aborted) found(candidate) }
        searching--
      }
    }
    const got = new Map<InfoHash, string | null>()
    const faults: PeerFault[] = []
    const options = { ...OPTIONS, concurrency, candidates: crowd.candidates, ...(sought.length > 0 ? { swarm, swarmDelayMs: 30 } : {}), onFault: (fault: PeerFault) => { faults.push(fault) } }
    for await (const { infoHash, body } of reader.fetchMany(refs, options)) {
      assert.not.ok(got.has(infoHash), 'each once')
      got.set(infoHash, body === undefined ? null : Buffer.from(body).toString())
    }
    for (const [i, { infoHash }] of refs.entries()) {
      const text = got.get(infoHash)
      if (isHeld([...near, ...sought], i)) assert.is(text, `hedged ${i}`)
      else assert.ok(text === null || text === `hedged ${i}`, `${text}`) // one that leaves may have been in time
    }
    assert.equal(faults.filter(({ id }) => id.includes('honest')), [])
    await until(() => crowd.open === 0 && strangers.open === 0 && searching === 0)
    await reader.close()
    await Promise.all([crowd.close(), strangers.close()])
  }), { numRuns: 25 })
})

test('of one: if an honest candidate holds it, it comes, and all is closed', async () => {
  await fc.assert(fc.asyncProperty(fc.array(behaviour, { maxLength: 6 }), fc.array(behaviour, { maxLength: 2 }), fc.boolean(), async (near, sought, knowsLength) => {
    const [crowd, strangers] = [new Crowd('near', near), new Crowd('sought', sought)]
    const reader = await createTorrentStore({ db: createMemoryBlobs(), limits: LIMITS })
    const swarm: CandidateSource = { async find (_, { found }) { for (const candidate of strangers.candidates) { await pause(3); found(candidate) } } }
    const ref = refs[0] as (typeof refs)[0]
    const wanted = knowsLength ? ref : { infoHash: ref.infoHash }
    const fetched = await reader.fetch(wanted, { ...OPTIONS, candidates: crowd.candidates, swarm, swarmDelayMs: 30 }).then(
      ({ body }) => Buffer.from(body).toString(), (error: unknown) => (error as TorrentStoreError).code)
    if (isHeld([...near, ...sought], 0)) assert.is(fetched, 'hedged 0')
    else assert.ok(fetched === 'NOT_FOUND' || fetched === 'hedged 0', fetched)
    await until(() => crowd.open === 0 && strangers.open === 0)
    await reader.close()
    await Promise.all([crowd.close(), strangers.close()])
  }), { numRuns: 25 })
})

test.run()
