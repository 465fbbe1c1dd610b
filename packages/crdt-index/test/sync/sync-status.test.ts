import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Period } from '../../src/model.ts'
import { syncStatus, type LastSession, type PresentPeer, type ShardSeen, type StatusFacts, type SyncStatus } from '../../src/sync/sync-status.ts'

const test = suite('sync status')
const NOW = 202603

const last = (state: LastSession['state'], totals: Record<Period, number> = {}, equal: readonly Period[] = []): LastSession => ({
  state, atMs: 1, error: null, done: state === 'equal' || state === 'differs' || state === 'early' || state === 'withholds',
  shards: new Map<Period, ShardSeen>([...Object.entries(totals).map(([period, total]) => [Number(period), { equal: false, total }] as const), ...equal.map(period => [period, { equal: true, total: 0 }] as const)])
})
const peer = (name: string, more: Partial<PresentPeer> = {}): PresentPeer => ({ peer: name, last: undefined, running: undefined, againMs: null, ...more })
const status = (facts: Partial<Omit<StatusFacts, 'held'>> & { held?: Record<Period, number> } = {}): SyncStatus =>
  syncStatus({ present: [], gone: new Map(), lastSyncMs: null, latestPeriod: NOW, ...facts, held: new Map(Object.entries(facts.held ?? {}).map(([period, count]) => [Number(period), count])) })
const shards = ({ shards }: SyncStatus): unknown[] => shards.map(({ period, state, held, missing, agreeing }) => [period, state, held, missing, agreeing])

test('alone: what is here, and what one who went had beyond it', () => {
  const { state, shards: all, missing } = status({ held: { 0: 3, 202602: 5 }, gone: new Map([[202602, 9], [202601, 4]]) })
  assert.equal([state, missing], ['alone', 8])
  assert.equal(all.map(({ period, state, missing }) => [period, state, missing]), [[0, 'alone', 0], [202602, 'alone', 4], [202601, 'alone', 4]])
})

test('one agrees: what the others claim counts, unless they were caught', () => {
  for (const [state, missing] of [['failed', 7], ['differs', 7], ['withholds', 0], ['silent', 0], ['fault', 0]] as const) {
    const facts = { held: { 202602: 5 }, present: [peer('h', { last: last('equal') }), peer('m', { last: last(state, { 202602: 12 }) })] }
    const result = status(facts)
    assert.equal([result.state, result.missing], [missing === 0 ? 'synced' : 'behind', missing], state)
    assert.is(result.exchanges[1]?.missing, 7, 'it is told all the same')
    assert.is(status({ ...facts, present: facts.present.slice(1) }).missing, 7, 'nobody contradicts')
  }
})

test('what came meanwhile from elsewhere is not missing any more', () => {
  const present = [peer('b', { last: last('failed', { 202602: 12 }) })]
  assert.equal([5, 11, 12, 20].map(held => status({ held: { 202602: held }, present }).missing), [7, 1, 0, 0])
})

test('a session that was cut agrees on the months that it came to the end of', () => {
  const present = [peer('b', { last: last('failed', { 202601: 30 }, [0, 202602]) })]
  assert.equal(shards(status({ held: { 0: 1, 202602: 5, 202601: 10, 202512: 4 }, present })), [[0, 'synced', 1, 0, 1], [202602, 'synced', 5, 0, 1], [202601, 'behind', 10, 20, 0], [202512, 'behind', 4, 0, 0]])
})

test('what runs says more than what ended, for its month', () => {
  const running = [{ period: 202602, equal: false, missing: 3 }, { period: 202601, equal: true, missing: 0 }]
  const result = status({ held: { 202602: 5, 202601: 2 }, present: [peer('b', { last: last('equal'), running })] })
  assert.equal(shards(result), [[202602, 'syncing', 5, 3, 1], [202601, 'synced', 2, 0, 1]])
  assert.equal([result.state, result.exchanges[0]?.state, result.exchanges[0]?.missing], ['syncing', 'syncing', 3])
  assert.equal([status({ present: [peer('b')] }).state, status({ present: [peer('b', { running: [] })] }).state], ['behind', 'syncing'])
})

const months = fc.constantFrom<Period>(0, 202512, 202601, 202602, NOW, 202604, 999912)
const counts = fc.integer({ min: 0, max: 2 ** 50 })
const lasts = fc.record({ state: fc.constantFrom<LastSession['state']>('equal', 'differs', 'early', 'withholds', 'busy', 'unknown', 'silent', 'fault', 'failed'), totals: fc.dictionary(months.map(String), counts) })
  .map(({ state, totals }) => last(state, state === 'equal' ? {} : totals))
const peers = fc.record({ last: fc.option(lasts, { nil: undefined }), running: fc.option(fc.uniqueArray(fc.record({ period: months, equal: fc.boolean(), missing: counts }).map(shard => shard.equal ? { ...shard, missing: 0 } : shard), { selector: ({ period }) => period }), { nil: undefined }) })
const worlds = fc.record({ held: fc.dictionary(fc.constantFrom('0', '202512', '202602', String(NOW)), fc.integer({ min: 1, max: 1000 })), present: fc.array(peers, { maxLength: 5 }), gone: fc.dictionary(fc.constantFrom('202601', '202602'), fc.integer({ min: 1, max: 1000 })) })

test('whatever peers say: months to come are not listed, sums are right, and synced means that one agrees and nothing is missing', () => {
  fc.assert(fc.property(worlds, ({ held, present, gone }) => {
    const facts = { held, gone: new Map(Object.entries(gone).map(([period, total]) => [Number(period), total])), present: present.map((one, n) => peer(`p${n}`, one)) }
    const result = status(facts)
    assert.equal(result.shards.map(({ period }) => period), [...new Set(result.shards.map(({ period }) => period))].sort((a, b) => a === 0 ? -1 : b === 0 ? 1 : b - a))
    assert.ok(result.shards.every(({ period, missing, agreeing }) => period <= NOW && missing >= 0 && agreeing <= present.length))
    assert.ok(Object.keys(held).every(period => result.shards.some(shard => shard.period === Number(period))))
    assert.is(result.missing, result.shards.reduce((sum, { missing }) => sum + missing, 0))
    assert.is(result.exchanges.length, present.length)
    if (result.state === 'alone') assert.is(present.length, 0)
    if (result.state === 'synced') assert.ok(result.missing === 0 && facts.present.some(({ last }) => last?.state === 'equal'))
    for (const { state, missing, agreeing } of result.shards) assert.is(state === 'synced', present.length > 0 && agreeing > 0 && missing === 0)
    // Without those who were caught, nothing changes for whoever has somebody that agrees.
    if (!facts.present.some(({ last }) => last?.state === 'equal')) return
    const honest = facts.present.filter(({ last, running }) => running !== undefined || last === undefined || !['withholds', 'silent', 'fault'].includes(last.state))
    if (honest.every(({ running }) => running === undefined)) assert.is(status({ ...facts, present: honest }).missing, result.missing)
  }), { numRuns: 300 })
})

test.run()
