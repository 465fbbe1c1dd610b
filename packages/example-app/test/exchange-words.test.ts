import type { PeerExchange } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { exchangeWords, incompleteWords, lastKnownWords, monthMissingWords, olderWords, retainWords, storageWords } from '../src/exchange-words.ts'

const test = suite('why it does not replicate, in words')
const NOW = Date.UTC(2026, 10, 22)

const words = (state: PeerExchange['state'], more: Partial<PeerExchange> = {}): string => exchangeWords({ state, missing: 0, againAtMs: null, error: null, ...more }, NOW)

test('every state has words of its own, without a hole in them', () => {
  const states: ReadonlyArray<PeerExchange['state']> = ['waiting', 'syncing', 'equal', 'differs', 'early', 'withholds', 'busy', 'unknown', 'silent', 'fault', 'failed']
  const all = states.map(state => words(state))
  assert.is(new Set(all).size, states.length)
  for (const text of all) assert.not.match(text, /undefined|null|NaN|\(\)/)
})

test('how much, why and until when', () => {
  assert.is(words('syncing', { missing: 1 }), 'giving; 1 change to come')
  assert.is(words('withholds', { missing: 12, againAtMs: NOW - 1 }), 'says that it has 12 changes more, and did not give them; it is asked again soon')
  assert.is(words('silent', { againAtMs: NOW + 10_000 }), 'did not answer in time; it is asked again in 1 min')
  assert.is(words('fault', { againAtMs: NOW + 30 * 60_000, error: 'sync: an invalid envelope' }), 'sent something invalid (sync: an invalid envelope); it is asked again in 30 min')
})

test('months that are not whole are named, the first three of them', () => {
  const shard = (period: number, holding: 'whole' | 'partial' | 'absent', missing: number): Parameters<typeof incompleteWords>[0][number] => ({ period, holding, missing })
  assert.is(incompleteWords([]), null)
  assert.is(incompleteWords([shard(0, 'whole', 0), shard(202603, 'whole', 0)]), null)
  assert.is(incompleteWords([shard(0, 'partial', 2), shard(202603, 'whole', 0), shard(202601, 'absent', 40)]), 'Incomplete: members and names (2 missing), 2026-01 (nothing here, 40 missing)')
  assert.match(incompleteWords([1, 2, 3, 4, 5].map(month => shard(202600 + month, 'absent', 1))) ?? '', /2026-03 \(nothing here, 1 missing\), and 2 more$/)
})

test('a month that is cut by the storage budget lacks nothing that anybody counted', () => {
  assert.is(incompleteWords([{ period: 202603, holding: 'partial', missing: 0 }]), null)
  const byteSize = (bytes: number): string => `${bytes} B`
  const storage = { bytes: 9, budgetBytes: 10, authorsLeftOut: 0, partial: false }
  assert.is(storageWords(storage, byteSize), null)
  assert.match(storageWords({ ...storage, partial: true, authorsLeftOut: 1 }, byteSize) ?? '', /^Full: 9 B of the 10 B kept of this community are taken\. 1 author .* is left out/)
  assert.match(storageWords({ ...storage, partial: true }, byteSize) ?? '', /some authors .* are left out/)
})

test('months that are not kept, and what is', () => {
  const shards = (...periods: number[]): Array<{ period: number, kept: boolean }> => [{ period: 0, kept: true }, { period: 202606, kept: true }, ...periods.map(period => ({ period, kept: false }))]
  assert.equal([olderWords(shards()), olderWords(shards(202605)), olderWords(shards(202605, 202604))], [
    null,
    'Not kept here: 2026-05. What you open of it is fetched.',
    'Not kept here: 2 months up to 2026-05. What you open of them is fetched.'
  ])
  assert.equal([retainWords('all'), retainWords({ months: 1 }), retainWords({ months: 3 })], ['all months are kept', 'the current month is kept', 'the newest 3 months are kept'])
  assert.match(monthMissingWords(lastKnownWords('2 days ago')), 'counts are as of 2 days ago,')
})

test.run()
