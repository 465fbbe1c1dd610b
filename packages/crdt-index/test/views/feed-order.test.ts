import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_AHEAD_MS, WEIGHT_STEPS } from '../../src/limits.ts'
import { feed } from '../../src/views/feed.ts'
import { orderOf, type Needs } from '../../src/views/feed-order.ts'
import type { PostView } from '../../src/views/item-view.ts'
import { BLOCK_POSTS } from '../../src/views/post-table.ts'
import { controversialBound, controversialRank, hotRank, RISING_MS, risingRank } from '../../src/views/ranking.ts'
import { WINDOW_MS, type FeedWindow } from '../../src/views/window.ts'
import { authorNumber, deletion, itemNumber, post, vote, World, type Write } from './world.ts'

const test = suite('orders of feeds')

const NOW_MS = Date.UTC(2024, 1, 28, 12)
const SORTS = ['top', 'new', 'hot', 'rising', 'controversial'] as const
const votes = fc.oneof(fc.nat(3), fc.nat(50), fc.nat(2_000_000))
const ageMs = fc.oneof(fc.integer({ min: -600_000, max: 0 }), fc.nat(1000), fc.nat(86_400_000), fc.nat(40 * 86_400_000))
const aPost = fc.record({ up: votes, down: votes, ageMs })

test('what a block is bounded by exceeds no post in it, and what a rank needs no post of that rank lacks', () => {
  let needed = 0
  fc.assert(fc.property(fc.array(aPost, { minLength: 1, maxLength: 4 }), fc.constantFrom(...SORTS), fc.constantFrom(1, WEIGHT_STEPS), fc.nat(5), (posts, sort, scale, below) => {
    const order = orderOf(sort, Infinity, NOW_MS, scale)
    const block = {
      maxScore: Math.max(...posts.map(({ up, down }) => up - down)),
      maxMinor: Math.max(...posts.map(({ up, down }) => Math.min(up, down))),
      newestMs: Math.max(...posts.map(({ ageMs }) => NOW_MS - ageMs))
    }
    const bound = order.bound(block)
    for (const { up, down, ageMs } of posts) {
      const rank = order.rank(up - down, up + down, NOW_MS - ageMs)
      if (sort === 'rising' && up <= down) continue
      assert.ok(bound !== null && bound >= rank, `${sort}: ${bound} < ${rank}`)
      for (const asked of [rank, rank - below]) {
        const needs: Needs = { fromMs: -Infinity, score: -Infinity, split: 0 }
        order.require(needs, block, asked)
        assert.ok(NOW_MS - ageMs >= needs.fromMs && up - down >= needs.score && 2 * Math.min(up, down) >= needs.split, `${sort}: ${JSON.stringify(needs)}`)
        if (needs.fromMs > -Infinity || needs.score > -Infinity || needs.split > 0) needed++
      }
    }
  }), { numRuns: 20_000 })
  assert.ok(needed > 20_000, `most ranks need something: ${needed}`)
})

test('feeds of many blocks equal what sorting all posts gives, whatever was voted, deleted and weighed', () => {
  const SIZE = 5 * BLOCK_POSTS
  const VOTERS = 12
  const names = (posts: readonly PostView[]): string[] => posts.map(({ contentId }) => contentId)
  const weightOf = (author: string): number => Number.parseInt(author.slice(0, 2), 16) / 7
  fc.assert(fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })), fc.boolean(), fc.boolean(), (random, isOrdered, isWeighed) => {
    const world = new World()
    const draw = (): number => random.next().value ?? 0
    const spanMs = draw() < 0.5 ? 27 * 86_400_000 : 3600_000
    world.write(authorNumber(0), Array.from({ length: SIZE }, (_, n) => post(n, Math.floor(NOW_MS + MAX_AHEAD_MS - (isOrdered ? 1 - n / SIZE : draw()) * spanMs))))
    for (let voter = 1; voter <= VOTERS; voter++) {
      const writes: Write[] = []
      for (let n = 0; n < SIZE; n++) if (draw() < (n % 37 === 0 ? 0.8 : 0.1)) writes.push(vote(itemNumber(0, n), draw() < 0.7 ? 1 : -1))
      world.write(authorNumber(voter), writes)
    }
    world.write(authorNumber(0), Array.from({ length: 200 }, () => deletion(itemNumber(0, Math.floor(draw() * SIZE)))))
    world.view.weigh(isWeighed ? weightOf : null, 0)
    const posts = Array.from({ length: SIZE }, (_, n) => world.view.item(itemNumber(0, n))).filter(view => view?.kind === 'post').filter(({ deleted, createdMs }) => !deleted && createdMs <= NOW_MS + MAX_AHEAD_MS)
    for (const sort of SORTS) {
      for (const window of ['all', 'day', 'week'] as FeedWindow[]) {
        const rank = ({ weightedUp: up, weightedDown: down, createdMs }: PostView): number =>
          ({ top: Math.round((up - down) * WEIGHT_STEPS), new: createdMs, hot: hotRank(up - down, createdMs), rising: risingRank(up - down, createdMs, NOW_MS), controversial: controversialRank(up, down) })[sort]
        const fromMs = NOW_MS - (sort === 'rising' ? RISING_MS : sort === 'top' || sort === 'controversial' ? WINDOW_MS[window] : Infinity)
        const expected = posts.filter(view => view.createdMs >= fromMs && (sort !== 'rising' || rank(view) > 0))
          .sort((a, b) => rank(b) - rank(a) || b.createdMs - a.createdMs || (a.contentId < b.contentId ? -1 : 1))
        let after: string | undefined
        for (const limit of [50, 7, 300]) {
          const page = feed([world.view], { sort, window, limit, nowMs: NOW_MS, after })
          assert.equal(names(page.items), names(expected.splice(0, limit)), `${sort} ${window} ${limit}`)
          if (page.next === null) break
          after = page.next
        }
      }
    }
  }), { numRuns: 6 })
})

test('orders are as their sources say', () => {
  assert.is(hotRank(1000, 0), 3e6)
  assert.is(hotRank(-10, 45_000_000), 0)
  assert.is(controversialRank(50, 50), 100e6)
  assert.equal([controversialRank(100, 0), controversialRank(0, 100), controversialRank(0, 0)], [0, 0, 0])
  assert.ok(controversialRank(50, 50) > controversialRank(500, 100), 'an even split weighs more than many votes')
  assert.is(risingRank(10, NOW_MS - 3 * 3_600_000, NOW_MS), 2e6)
  assert.is(risingRank(4, NOW_MS + 1000, NOW_MS), 2e6)
  assert.equal([risingRank(0, NOW_MS, NOW_MS), risingRank(-3, NOW_MS, NOW_MS)], [0, 0])
})

test('no split of votes is more controversial than its smaller side allows', () => {
  const side = fc.oneof(fc.double({ min: 0.0001, max: 3, noNaN: true }), fc.double({ min: 1, max: 1e6, noNaN: true }), fc.nat(100))
  fc.assert(fc.property(side, side, (a, b) => {
    assert.ok(controversialRank(a, b) <= controversialBound(Math.min(a, b)))
  }), { numRuns: 20_000 })
})

test.run()
