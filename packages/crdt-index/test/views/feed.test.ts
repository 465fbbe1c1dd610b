import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_AHEAD_MS } from '../../src/limits.ts'
import { authored } from '../../src/views/authored.ts'
import { feed } from '../../src/views/feed.ts'
import { createJudges } from '../../src/views/policy.ts'
import { hotRank, wilsonLowerBound } from '../../src/views/ranking.ts'
import { authorNumber, comment, communityNumber, deletion, itemNumber, post, vote, World } from './world.ts'

const test = suite('feeds')

const NOW_MS = Date.UTC(2024, 1, 3)
const HOUR_MS = 3_600_000
const alice = authorNumber(0)

function contentsOf (worlds: readonly World[], options: Omit<Parameters<typeof feed>[1], 'nowMs' | 'limit'>): string[] {
  return feed(worlds.map(({ view }) => view), { ...options, nowMs: NOW_MS, limit: 100 }).items.map(({ title }) => title)
}

function upvote (world: World, content: number, times: number): void {
  for (let n = 1; n <= times; n++) world.write(authorNumber(n), [vote(itemNumber(0, content), 1)])
}

test('top in a window crosses the month, and leaves out what is older or too far ahead', () => {
  const [january, february] = [new World(202401), new World(202402)]
  january.write(alice, [post(0, NOW_MS - 71 * HOUR_MS, 'three days'), post(1, NOW_MS - 15 * 24 * HOUR_MS, 'two weeks')])
  february.write(alice, [post(2, NOW_MS - 24 * HOUR_MS, 'a day'), post(3, NOW_MS - 24 * HOUR_MS - 1, 'over a day'), post(4, NOW_MS + MAX_AHEAD_MS, 'fast clock'), post(5, NOW_MS + MAX_AHEAD_MS + 1, 'future')])
  upvote(january, 0, 3)
  upvote(january, 1, 4)
  upvote(february, 2, 2)
  upvote(february, 3, 1)
  const worlds = [february, january]
  assert.equal(contentsOf(worlds, { sort: 'top', window: 'day' }), ['a day', 'fast clock'])
  assert.equal(contentsOf(worlds, { sort: 'top', window: 'week' }), ['three days', 'a day', 'over a day', 'fast clock'])
  assert.equal(contentsOf(worlds, { sort: 'top', window: 'month' }), ['two weeks', 'three days', 'a day', 'over a day', 'fast clock'])
  assert.equal(contentsOf(worlds, { sort: 'new', window: 'day' }), ['fast clock', 'a day', 'over a day', 'three days', 'two weeks'])
})

test('hot lets ten times the score weigh as much as 12.5 hours', () => {
  const world = new World()
  world.write(alice, [post(0, NOW_MS - 13 * HOUR_MS, 'ten votes, too late'), post(1, NOW_MS - 12 * HOUR_MS, 'ten votes'), post(2, NOW_MS, 'one vote')])
  for (const content of [0, 1]) upvote(world, content, 10)
  upvote(world, 2, 1)
  assert.equal(contentsOf([world], { sort: 'hot' }), ['ten votes', 'one vote', 'ten votes, too late'])
  assert.is(hotRank(-10, 0), -1e6)
  assert.is(hotRank(1, 45_000_000), 1e6)
})

test('a deleted post leaves the feeds and comes back when the deletion is taken back', () => {
  const world = new World()
  world.write(alice, [post(0, NOW_MS, 'kept'), post(1, NOW_MS, 'deleted')])
  const undo = world.write(alice, [deletion(itemNumber(0, 1))])
  assert.equal(contentsOf([world], { sort: 'new' }), ['kept'])
  world.write(authorNumber(1), [deletion(itemNumber(0, 0))])
  assert.equal(contentsOf([world], { sort: 'new' }), ['kept'])
  world.write(alice, undo)
  assert.equal(contentsOf([world], { sort: 'new' }), ['kept', 'deleted'])
})

test('the same item in two communities is listed in both, by community address, and pages part them', () => {
  const worlds = [1, 0].map(n => new World(202402, communityNumber(n)))
  for (const world of worlds) world.write(alice, [post(0, NOW_MS)])
  const views = worlds.map(({ view }) => view)
  const first = feed(views, { sort: 'top', limit: 1, nowMs: NOW_MS })
  const second = feed(views, { sort: 'top', limit: 1, nowMs: NOW_MS, after: first.next ?? '' })
  assert.equal([first, second].map(({ items }) => items.map(({ community }) => community)), [[communityNumber(0)], [communityNumber(1)]])
  assert.is(second.next, null)
})

test('what an author lists in two months at one time is parted by the month', () => {
  const [january, february] = [new World(202401), new World(202402)]
  const root = itemNumber(1, 9)
  january.write(alice, [post(0, Date.UTC(2024, 0, 31))])
  february.write(authorNumber(1), [post(9, NOW_MS)])
  february.write(alice, [comment(0, Date.UTC(2024, 0, 31), root, root)])
  const views = [february.view, january.view]
  const first = authored(views, { author: alice, limit: 1, nowMs: NOW_MS })
  const second = authored(views, { author: alice, limit: 1, nowMs: NOW_MS, after: first.next ?? '' })
  assert.equal([first, second].map(({ items }) => items.map(({ period }) => period)), [[202401], [202402]])
  assert.is(second.next, null)
})

test('a page starts right when the post that its cursor came from is gone', () => {
  const world = new World()
  world.write(alice, [0, 1, 2].map(n => post(n, NOW_MS - n, `${n}`)))
  const first = feed([world.view], { sort: 'new', limit: 2, nowMs: NOW_MS })
  world.write(alice, [{ ...post(1, 0), value: undefined }])
  const second = feed([world.view], { sort: 'new', limit: 2, nowMs: NOW_MS, after: first.next ?? '' })
  assert.equal(second.items.map(({ title }) => title), ['2'])
})

test('a flood of hidden posts is counted up to a bound, and the first page tells of no more than lies before its end', () => {
  const world = new World()
  const spammer = authorNumber(1)
  world.write(spammer, Array.from({ length: 600 }, (_, n) => post(n, NOW_MS - n)))
  world.write(alice, [post(9001, NOW_MS - 600), post(9002, NOW_MS - 100_000)])
  world.write(spammer, Array.from({ length: 1200 }, (_, n) => post(1000 + n, NOW_MS - 1000 - n)))
  const options = { sort: 'new', nowMs: NOW_MS, judgeOf: createJudges({ muted: new Set([spammer]) }, () => []) } as const
  const first = feed([world.view], { ...options, limit: 1 })
  const rest = feed([world.view], { ...options, limit: 1, after: first.next ?? '' })
  assert.equal([first, rest].map(({ items, hidden, next }) => [items.length, hidden, next === null]), [[1, 600, false], [1, 1000, true]])
})

test('what is no cursor of this sort is refused', () => {
  const world = new World()
  world.write(alice, [post(0, NOW_MS), post(1, NOW_MS)])
  const { next } = feed([world.view], { sort: 'new', limit: 1, nowMs: NOW_MS })
  for (const after of ['', 'x', `${next}x`, `top${next?.slice(3)}`.slice(0, -1), next ?? '']) {
    assert.throws(() => feed([world.view], { sort: 'top', limit: 1, nowMs: NOW_MS, after }), (error: { code: string }) => error.code === 'BAD_ENTRY')
  }
  for (const limit of [0, -1, 1.5, Number.NaN]) assert.throws(() => feed([world.view], { sort: 'top', limit, nowMs: NOW_MS }), /limit/)
})

test('the interval has its known bounds and ranks nothing by rounding', () => {
  // n / (n + z²) when all votes are up; 50 of 100 lie in 0.4038 to 0.5962.
  assert.is(wilsonLowerBound(10, 0).toFixed(4), '0.7225')
  assert.is(wilsonLowerBound(50, 50).toFixed(4), '0.4038')
  for (let down = 0; down < 100; down++) assert.is(wilsonLowerBound(0, down), 0)
})

test.run()
