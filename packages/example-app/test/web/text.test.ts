import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { byteSize, count, grouped, shortNumber, utf8Length } from '../../src/web/text/quantities.ts'
import { seedWords } from '../../src/web/text/seed-words.ts'
import { syncWords } from '../../src/web/text/sync-words.ts'
import { exactTime, machineTime, relativeTime } from '../../src/web/text/time.ts'
import { transportWords } from '../../src/web/text/network-words.ts'

const test = suite('words of the web app')
const NOW = Date.UTC(2026, 10, 22, 12)
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

test('times are said in the largest unit that fits', () => {
  const cases: ReadonlyArray<readonly [number, string]> = [
    [0, 'just now'], [59_999, 'just now'], [MINUTE, '1 minute ago'], [59 * MINUTE, '59 minutes ago'], [60 * MINUTE, '1 hour ago'], [DAY, '1 day ago'],
    [13 * DAY, '13 days ago'], [14 * DAY, '2 weeks ago'], [61 * DAY, '2 months ago'], [729 * DAY, '23 months ago'], [731 * DAY, '2 years ago']
  ]
  for (const [ago, words] of cases) assert.is(relativeTime(NOW - ago, NOW), words)
})

test('a clock that is a little ahead is forgiven, a far one is said', () => {
  assert.is(relativeTime(NOW + 9 * MINUTE, NOW), 'just now')
  assert.is(relativeTime(NOW + DAY, NOW), 'in the future')
})

test('a time that is no date breaks nothing', () => {
  for (const ms of [NaN, Infinity, 9e15, -9e15]) {
    assert.is(exactTime(ms), 'no date')
    assert.is(machineTime(ms), undefined)
    assert.type(relativeTime(ms, NOW), 'string')
  }
  assert.is(machineTime(NOW), '2026-11-22T12:00:00.000Z')
  assert.match(exactTime(NOW), /^22 Nov 2026/)
})

test('quantities are short and agree with their noun', () => {
  assert.is(count(1, 'post'), '1 post')
  assert.is(count(1234, 'reply', 'replies'), '1,234 replies')
  assert.equal([0, 12, 999, 1000, 99_999, 1_234_567, -1234, -123].map(grouped), ['0', '12', '999', '1,000', '99,999', '1,234,567', '-1,234', '-123'])
  assert.equal([0, 1, 999, 1000, 1_234_567, 5e15].map(byteSize), ['0 bytes', '1 byte', '999 bytes', '1.0 KB', '1.2 MB', '5000 TB'])
  assert.equal([0, 7, -7, 999, 1000, 1234, -12_345, 999_499, 999_500, 2e6].map(shortNumber), ['0', '7', '−7', '999', '1k', '1.2k', '−12k', '999k', '1M', '2M'])
  assert.is(utf8Length('aé漢😀'), 10)
})

test('the state of an exchange says what waits', () => {
  assert.is(syncWords({ state: 'alone', peers: 0, missing: 0 }, 2), 'Nobody else of this community is connected. 2 things of yours wait to be sent.')
  assert.is(syncWords({ state: 'synced', peers: 1, missing: 0 }, 0), 'Up to date with 1 peer.')
  assert.is(syncWords({ state: 'behind', peers: 2, missing: 1200 }, 0), 'Others have 1,200 changes more than is here; asking 2 peers.')
  assert.is(syncWords({ state: 'behind', peers: 1, missing: 0 }, 0), 'Not compared to the end with 1 peer.')
})

test('posts whose seeds are not known, or not known yet, are not counted as seeded', () => {
  const page = (seeds: ReadonlyArray<number | null>, next: string | null = null): Parameters<typeof seedWords>[0] => ({ items: seeds.map(seeds => ({ seeds })), next })
  assert.is(seedWords(page([])), 'No posts yet')
  assert.is(seedWords(page([1])), 'Seeds known: 1 of 1 post')
  assert.is(seedWords(page([2, 0, null, 1])), 'Seeds known: 2 of 4 posts')
  assert.is(seedWords(page([0, 0], 'more')), 'Seeds known: 0 of the newest 2 posts')
})

test('a direct connection is named before a way round', () => {
  assert.is(transportWords(['relay', 'webrtc']), 'direct (WebRTC), through a relay')
  assert.is(transportWords([]), 'connected')
})

test.run()
