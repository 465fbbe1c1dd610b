// Months dropped and fetched again, budgets, checkpoints, ends of the process, in any order: what is shown of the months that
// are here is what a new index shows that is given the envelopes that are here, and nothing of what was written here is gone.
// SEEDBED_TEST_RUNS multiplies the runs.
// test-timeout-ms: 120000
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex, CrdtIndexOptions } from '../../src/crdt-index.ts'
import { createSigner } from '../../src/identity/keys.ts'
import { periodOf } from '../../src/identity/period.ts'
import type { CommunityAddress, Period } from '../../src/model.ts'
import { authors, copyOf, createScribe, memory, START_MS, type Memory } from '../checkpoint/world.ts'
import { pick, seeded, type Random } from '../random.ts'

const test = suite('what is kept, in any order')
const RUNS = Number(process.env['SEEDBED_TEST_RUNS'] ?? 1)
const me = createSigner(new Uint8Array(32).fill(99))
const NEVER = { intervalMs: 1e9, minEnvelopes: 1e9 }
const OLDER = 40 * 24 * 3600 * 1000
/** Those that scribes write into. */
const MONTHS: readonly Period[] = [periodOf(START_MS), periodOf(START_MS - OLDER)]

async function open (db: Memory, nowMs: number, options: Partial<CrdtIndexOptions> = {}): Promise<CrdtIndex> {
  let device = 0
  return await createCrdtIndex({ db, clock: () => nowMs, checkpoints: { intervalMs: 1e9, minEnvelopes: 2 }, randomUint32: () => (++device * 7919 + nowMs) % 2 ** 32 || 1, ...options })
}

interface Shown { readonly digests: unknown, readonly months: unknown }

/** Of the months that are `live`. */
function shownBy (index: CrdtIndex, community: CommunityAddress, live: ReadonlySet<Period>): Shown {
  const ofLive = ({ period }: { readonly period: Period }): boolean => live.has(period)
  const posts = index.feed({ communities: [community], sort: 'new', limit: 1000 }).items.filter(ofLive)
  return {
    digests: index.status(community).shards.filter(({ envelopes }) => envelopes > 0).map(({ period, envelopes, digest }) => [period, envelopes, digest]),
    months: posts.map(({ period, item }) => [index.item(community, period, item), index.revisions({ community, period, item }), index.labels({ community, period, item }), index.thread({ community, period, item })])
  }
}

async function check (index: CrdtIndex, community: CommunityAddress): Promise<void> {
  const { digest } = index.status(community)
  await using naive = await open(memory(), START_MS + OLDER, { checkpoints: NEVER })
  await naive.join(community, index.genesis(community))
  await naive.ingest(community, await Array.fromAsync(index.envelopes(community)))
  if (index.status(community).digest !== digest) return await check(index, community) // a start goes on to drop what is not kept
  const live = new Set(index.status(community).shards.filter(({ asOfMs }) => asOfMs === null).map(({ period }) => period))
  const [shown, expected] = [shownBy(index, community, live), shownBy(naive, community, live)]
  assert.equal(shown.digests, expected.digests)
  assert.equal(shown.months, expected.months)
}

async function play (random: Random): Promise<void> {
  let nowMs = START_MS
  await using source = await open(memory(), START_MS, { checkpoints: NEVER })
  const { address } = await source.create({ founder: authors[0]!, slug: 'kept', title: 'Kept' })
  const scribe = createScribe(address, random)
  const own = createScribe(address, random, 1e9)
  let db = memory()
  let index = await open(db, nowMs)
  await index.join(address, source.genesis(address))
  const reopen = async (): Promise<void> => { index = await open(db, nowMs) }
  const give = async (): Promise<void> => {
    const all = await Array.fromAsync(source.envelopes(address))
    await index.ingest(address, all.filter(() => random(4) > 0))
  }
  const steps: ReadonlyArray<() => Promise<void>> = [
    async () => { for (let n = 0; n < 6; n++) await scribe.write(source, pick(authors, random), nowMs) },
    give,
    give,
    async () => { for (let n = 0; n < 3; n++) await own.write(index, me, nowMs) },
    async () => { await index.retain(address, pick([{ months: 1 }, { months: 2 }, 'all'] as const, random)) },
    async () => {
      await index.want(address, pick(MONTHS, random))
      await give()
    },
    async () => { await index.release(address, pick(MONTHS, random)) },
    async () => { await index.budget(address, pick([2000, 10_000, 40_000, null], random)) },
    async () => {
      await index.close()
      await reopen()
    },
    async () => { // as after a kill
      const copy = await copyOf(db)
      await index.close()
      db = copy
      await reopen()
    }
  ]
  try {
    await scribe.write(source, authors[1]!, nowMs)
    for (let n = 0; n < 14; n++) {
      nowMs += 1000
      await pick(steps, random)()
      await check(index, address)
      for (const { period, item } of own.listed) assert.ok(index.item(address, period, item), 'own words')
    }
  } finally {
    await index.close()
  }
}

test('what is here is shown as an index shows that never dropped anything', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(), async seed => { await play(seeded(seed)) }), { numRuns: 8 * RUNS, endOnFailure: true })
})

test.run()
