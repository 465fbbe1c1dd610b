import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { evictionRank } from '../../src/index.ts'
import { RARITY_SECONDS } from '../../src/limits.ts'
import { RankHistogram } from '../../src/quota/rank-histogram.ts'

const test = suite('torrent-store/eviction-rank')
const seconds = fc.nat({ max: 0xffff_ffff })
const seeds = fc.option(fc.nat({ max: 1000 }), { nil: undefined })

test('says what the documentation says', () => {
  const usedSeconds = 1_700_000_000
  const week = 7 * 86_400
  assert.is(evictionRank({ usedSeconds }), usedSeconds)
  assert.is(evictionRank({ usedSeconds, seeds: undefined }), usedSeconds)
  assert.is(evictionRank({ usedSeconds, seeds: 0 }), usedSeconds + week)
  assert.is(evictionRank({ usedSeconds, seeds: 1 }), usedSeconds + week / 2)
  assert.is(evictionRank({ usedSeconds, seeds: 6 }), usedSeconds + 86_400)
  for (const odd of [-1, Number.NaN, Number.POSITIVE_INFINITY]) assert.is(evictionRank({ usedSeconds, seeds: odd }), usedSeconds)
})

test('of two with the same seeds the longer unused goes first; of two used together the one with more seeds; a week decides', () => {
  fc.assert(fc.property(seconds, seconds, seeds, seeds, (a, b, n, m) => {
    const [earlier, later] = [Math.min(a, b), Math.max(a, b)]
    if (earlier < later) assert.ok(evictionRank({ usedSeconds: earlier, seeds: n }) < evictionRank({ usedSeconds: later, seeds: n }))
    const many = (seeds: number | undefined): number => seeds ?? Number.POSITIVE_INFINITY
    const [fewer, more] = many(n) <= many(m) ? [n, m] : [m, n]
    assert.ok(evictionRank({ usedSeconds: a, seeds: more }) <= evictionRank({ usedSeconds: a, seeds: fewer }))
    assert.ok(evictionRank({ usedSeconds: a, seeds: n }) < evictionRank({ usedSeconds: a + RARITY_SECONDS + 1, seeds: m }))
  }), { numRuns: 1000 })
})

test('a cut takes the lowest ranks and no more than it has to', () => {
  const bodies = fc.array(fc.record({ rank: fc.nat({ max: 5000 }), bytes: fc.integer({ min: 1, max: 100 }) }), { maxLength: 60 })
  fc.assert(fc.property(bodies, fc.nat({ max: 4000 }), fc.integer({ min: 1, max: 40 }), (all, bytes, maxBuckets) => {
    const histogram = new RankHistogram(maxBuckets)
    for (const { rank, bytes } of all) histogram.add(rank, bytes)
    const total = all.reduce((sum, each) => sum + each.bytes, 0)
    const cut = histogram.cut(bytes)
    if (cut === null) {
      assert.ok(bytes === 0 || total === 0)
      return
    }
    const below = all.filter(({ rank }) => histogram.bucketOf(rank) < cut.bucket).reduce((sum, each) => sum + each.bytes, 0)
    const within = all.filter(({ rank }) => histogram.bucketOf(rank) === cut.bucket).reduce((sum, each) => sum + each.bytes, 0)
    assert.is(below + cut.bytes, Math.min(bytes, total))
    assert.ok(cut.bytes > 0 && cut.bytes <= within)
    // Ranks are told apart as long as there are few of them.
    if (new Set(all.map(({ rank }) => rank)).size <= maxBuckets) for (const { rank } of all) assert.is(histogram.bucketOf(rank), rank)
  }), { numRuns: 1000 })
})

test.run()
