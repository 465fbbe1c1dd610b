import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createExplained } from '../../src/sync/explained.ts'
import { createRelayed } from '../../src/keeping/relayed.ts'
import { createRetention, firstOfMonths, parseRetain } from '../../src/keeping/retention.ts'
import { EXPLAINED_RETRY_MS, MAX_WANTED_MONTHS } from '../../src/limits.ts'
import { META_PERIOD, type EnvelopeHash } from '../../src/model.ts'
import { communityNumber } from '../views/world.ts'

const test = suite('retention')
const a = communityNumber(1)
const b = communityNumber(2)

test('months count back over the turn of the year', () => {
  const at = Date.UTC(2026, 1, 28, 23, 59)
  assert.equal([1, 2, 3, 12, 14, 15].map(months => firstOfMonths(months, at)), [202602, 202601, 202512, 202503, 202501, 202412])
  assert.is(firstOfMonths(1, Date.UTC(2026, 2, 1)), 202603)
  assert.is(firstOfMonths(1200, at), META_PERIOD, 'before there were months')
})

test('what is kept follows the clock, the choice of a community, and what is wanted', () => {
  let now = Date.UTC(2026, 5, 15)
  const retention = createRetention({ clock: () => now, usual: { months: 2 }, chosen: new Map([[b, 'all' as const]]) })
  const kept = (community = a): number[] => [META_PERIOD, 202607, 202606, 202605, 202604, 200001].filter(period => retention.keepsPeriod(community, period))
  assert.equal(kept(), [META_PERIOD, 202607, 202606, 202605])
  assert.equal(kept(b), [META_PERIOD, 202607, 202606, 202605, 202604, 200001])
  assert.equal([retention.sinceOf(a), retention.sinceOf(b)], [202605, META_PERIOD])
  retention.want(a, 200001)
  retention.want(a, 202606)
  assert.equal([kept(), retention.wantedOf(a)], [[META_PERIOD, 202607, 202606, 202605, 200001], [200001]])
  assert.equal([retention.isWanted(a, 202606), retention.isWanted(b, 200001)], [true, false])
  now = Date.UTC(2026, 6, 1)
  assert.equal(kept(), [META_PERIOD, 202607, 202606, 200001])
  retention.release(a, 200001)
  assert.equal(kept(), [META_PERIOD, 202607, 202606])
  retention.retain(a, { months: 1 })
  retention.release(a, 202606)
  assert.equal(kept(), [META_PERIOD, 202607])
  retention.retain(a, null)
  assert.equal(kept(), [META_PERIOD, 202607, 202606])
})

test('of the months that are wanted the longest untouched gives way', () => {
  const retention = createRetention({ clock: () => Date.UTC(2026, 5, 15), usual: { months: 1 }, chosen: new Map() })
  for (let n = 0; n < MAX_WANTED_MONTHS; n++) retention.want(a, 200001 + n)
  retention.want(a, 200001)
  retention.want(a, 199912)
  assert.equal([retention.wantedOf(a).length, retention.isWanted(a, 200001), retention.isWanted(a, 200002)], [MAX_WANTED_MONTHS, true, false])
})

test('only all, or a number of months, is a choice', () => {
  assert.equal([parseRetain('all'), parseRetain({ months: 1200 })], ['all', { months: 1200 }])
  for (const wrong of [{ months: 0 }, { months: 1201 }, { months: 1.5 }, {}, null, 'some']) assert.throws(() => parseRetain(wrong as 'all'), (error: unknown) => error instanceof TypeError)
})

test('what was passed on is known for a while', () => {
  const relayed = createRelayed(2)
  const [one, two, three] = ['1', '2', '3'] as EnvelopeHash[]
  for (const hash of [one, two, one, three]) relayed.add(hash!)
  assert.equal([one, two, three].map(hash => relayed.has(hash!)), [true, false, true])
  relayed.clear()
  assert.is(relayed.has(one!), false)
})

test('a difference is explained while both digests and the time hold', () => {
  let now = 0
  const explained = createExplained(() => now)
  const pair = { community: a, peer: 'p', period: 202601, own: new Uint8Array([1]), other: new Uint8Array([2]) }
  explained.add(pair)
  assert.is(explained.has(pair), true)
  assert.equal([explained.has({ ...pair, own: pair.other }), explained.has({ ...pair, peer: 'q' }), explained.has({ ...pair, period: 202602 }), explained.has({ ...pair, community: b })], [false, false, false, false])
  now = EXPLAINED_RETRY_MS
  assert.is(explained.has(pair), false)
  now = 0
  explained.forget(b)
  assert.is(explained.has(pair), true)
  explained.forget(a)
  assert.is(explained.has(pair), false)
})

test.run()
