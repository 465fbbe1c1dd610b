// What fits a budget is a function of the set: whatever came when, in whatever batches, with whatever restarts in between,
// and however large documents were before their snapshots came. SEEDBED_TEST_RUNS multiplies the runs.
// test-timeout-ms: 120000
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex } from '../../src/crdt-index.ts'
import { RETRY_INTERVAL_MS } from '../../src/limits.ts'
import type { AuthorId } from '../../src/model.ts'
import { copyOf, memory, type Memory } from '../checkpoint/world.ts'
import { seeded, shuffled, type Random } from '../random.ts'
import { createWorld, envelopesOf, fitting, START_MS, totalOf, type Envelope, type World } from './world.ts'

const test = suite('storage budgets, in any order')
const RUNS = Number(process.env['SEEDBED_TEST_RUNS'] ?? 1)
const MONTH_MS = 31 * 24 * 3600 * 1000

class Peer {
  nowMs = START_MS + MONTH_MS
  #db: Memory
  #index: CrdtIndex | null = null
  readonly #world: World
  maxBytes: number

  constructor (world: World, maxBytes: number, db: Memory = memory()) {
    this.#world = world
    this.maxBytes = maxBytes
    this.#db = db
  }

  async index (): Promise<CrdtIndex> {
    if (this.#index !== null) return this.#index
    this.#index = await createCrdtIndex({ db: this.#db, clock: () => this.nowMs, checkpoints: { intervalMs: 1e9, minEnvelopes: 3 }, storage: { maxBytesPerCommunity: this.maxBytes } })
    await this.#index.join(this.#world.address, this.#world.genesis)
    return this.#index
  }

  /** As after an end of the process, in order or not. */
  async restart (isOrderly: boolean): Promise<void> {
    const old = this.#index
    this.#index = null
    if (old === null) return
    if (isOrderly) await old.close()
    const db = await copyOf(this.#db)
    await old.close()
    this.#db = db
  }

  async take (envelopes: readonly Envelope[], random: Random, restarts: boolean): Promise<void> {
    for (let at = 0; at < envelopes.length;) {
      const count = 1 + random(random(4) === 0 ? 40 : 4)
      const verdicts = await (await this.index()).ingest(this.#world.address, envelopes.slice(at, at + count).map(({ bytes }) => bytes))
      assert.ok(verdicts.every(({ verdict }) => verdict !== 'reject'))
      const { storage } = (await this.index()).status(this.#world.address)
      const fixed = (await envelopesOf(await this.index(), this.#world.address)).every(({ header }) => header.author === this.#world.founder.author && header.period === 0)
      assert.ok(fixed || storage.bytes <= this.maxBytes, 'never over the budget after a batch')
      at += count
      if (restarts && random(10) === 0) await this.restart(random(2) === 0)
    }
  }

  async held (): Promise<string[]> {
    return (await envelopesOf(await this.index(), this.#world.address)).map(({ hash }) => hash).sort()
  }

  /** What honest peers do for ever: they offer what counts again and again. Ends when nothing changes any more. */
  async settle (random: Random): Promise<void> {
    let unchanged = 0
    for (let before = ''; unchanged < 3;) {
      this.nowMs += RETRY_INTERVAL_MS
      await (await this.index()).ingest(this.#world.address, [])
      for (let i = 0; i < 3; i++) await this.take(shuffled(this.#world.counted, random), random, false)
      const now = (await this.held()).join()
      unchanged = now === before ? unchanged + 1 : 0
      before = now
    }
  }
}

test('what is kept is what fits by rank, whatever came when', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(), fc.double({ min: 0, max: 1.1, noNaN: true }), async (seed, share) => {
    const random = seeded(seed)
    const world = await createWorld(random, { authors: 2 + random(8), most: random(4) === 0 ? 50 : 12, difficulty: random(5) })
    const maxBytes = Math.floor(totalOf(world) * share)
    const expected = fitting(world, maxBytes)
    const peer = new Peer(world, maxBytes)
    await peer.take(shuffled(world.signed, random), random, true)
    await peer.settle(random)
    assert.equal(await peer.held(), expected)
    await peer.restart(random(2) === 0)
    assert.equal(await peer.held(), expected, 'after a restart')
    const { storage } = (await peer.index()).status(world.address)
    assert.is(storage.partial, expected.length < world.counted.length)
    await peer.restart(true)
  }), { numRuns: 6 * RUNS })
})

test('without documents that shrink it is so at once', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(), fc.double({ min: 0, max: 1.1, noNaN: true }), async (seed, share) => {
    const random = seeded(seed)
    const world = await createWorld(random, { authors: 2 + random(8), most: 12, difficulty: random(3) })
    const maxBytes = Math.floor(totalOf(world) * share)
    const peer = new Peer(world, maxBytes)
    await peer.take(shuffled(world.counted, random), random, true)
    assert.equal(await peer.held(), fitting(world, maxBytes))
    await peer.restart(true)
  }), { numRuns: 6 * RUNS })
})

test('another budget, and other preferred authors, end as if it had always been so', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(), async seed => {
    const random = seeded(seed)
    const world = await createWorld(random, { authors: 3 + random(6), most: 10 })
    const total = totalOf(world)
    const peer = new Peer(world, Math.floor(total * random(100) / 100))
    await peer.take(shuffled(world.counted, random), random, false)
    let maxBytes = 0
    let preferred: AuthorId[] = []
    for (let change = 0; change < 3; change++) {
      const index = await peer.index()
      maxBytes = Math.floor(total * random(110) / 100)
      preferred = shuffled(world.authors, random).slice(0, random(3)).map(({ author }) => author)
      if (random(2) === 0) await index.budget(world.address, maxBytes)
      await index.prefer(world.address, preferred)
      await index.budget(world.address, maxBytes)
      peer.maxBytes = maxBytes
      assert.ok(index.status(world.address).storage.bytes <= Math.max(maxBytes, totalOf({ ...world, counted: world.counted.filter(({ header }) => header.author === world.founder.author && header.period === 0) })))
      if (random(2) === 0) await peer.restart(random(2) === 0)
    }
    await peer.settle(random)
    assert.equal(await peer.held(), fitting(world, maxBytes, new Set(preferred)))
    await peer.restart(true)
  }), { numRuns: 6 * RUNS })
})

test.run()
