import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_GOSSIP_QUEUE } from '../../src/limits.ts'
import type { Verdict } from '../../src/model.ts'
import { createIngestQueue } from '../../src/sync/ingest-queue.ts'
import { communityOf } from './memory-replica.ts'

const test = suite('ingest queue')
const community = communityOf('c')

/** Everything waits until `open`; what is stored is taken down by peer. */
function fixture (): { readonly give: (from: string) => Promise<Verdict>, readonly open: () => void, readonly stored: Map<string, number> } {
  const stored = new Map<string, number>()
  const gate = Promise.withResolvers<void>()
  const ingest = createIngestQueue({
    async ingest (_community, envelopes, from) {
      await gate.promise
      stored.set(from, (stored.get(from) ?? 0) + envelopes.length)
      return envelopes.map(() => ({ verdict: 'accept' }))
    }
  })
  return { stored, give: async from => await ingest(community, new Uint8Array(1), from), open: () => { gate.resolve() } }
}

test('who floods fills the room and shuts out nobody else', async () => {
  const { give, open, stored } = fixture()
  const flood = Array.from({ length: 3 * MAX_GOSSIP_QUEUE }, async () => await give('flooder'))
  const honest = Array.from({ length: 200 }, async () => await give('honest'))
  const late = Array.from({ length: 100 }, async () => await give('flooder'))
  open()
  assert.ok((await Promise.all(honest)).every(({ verdict }) => verdict === 'accept'))
  assert.ok((await Promise.all(late)).every(({ verdict }) => verdict === 'ignore'))
  assert.is((await Promise.all(flood)).filter(({ verdict }) => verdict === 'accept').length, stored.get('flooder'))
  assert.is(stored.get('honest'), 200)
  assert.ok((stored.get('flooder') ?? 0) <= MAX_GOSSIP_QUEUE + 1, 'one is under way')
})

test('whatever comes in which order, every call is answered, and who has less than an equal share waiting is taken', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 900 })), { minLength: 1, maxLength: 8 }), async runs => {
    const { give, open } = fixture()
    const calls = runs.flatMap(([peer, count]) => Array.from({ length: count }, () => ({ peer, verdict: give(`p${peer}`) })))
    open()
    const verdicts = await Promise.all(calls.map(async ({ peer, verdict }) => ({ peer, verdict: (await verdict).verdict })))
    const totals = Map.groupBy(verdicts, ({ peer }) => peer)
    const share = Math.floor(MAX_GOSSIP_QUEUE / totals.size)
    for (const [peer, all] of totals) {
      const taken = all.filter(({ verdict }) => verdict === 'accept').length
      assert.ok(taken >= Math.min(all.length, share), `p${peer}: ${taken} of ${all.length}, ${share} is an equal share`)
    }
  }), { numRuns: 50 })
})

test.run()
