import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { feed } from '../../src/views/feed.ts'
import { WINDOW_MS, type FeedWindow } from '../../src/views/window.ts'
import { AUTHORS, CONTENTS, NOW_MS, REVISIONS, step, steps } from './arbitrary.ts'
import { naiveFeed, naiveThread, recompute } from './naive.ts'
import { authorNumber, communityNumber, contentNumber, itemNumber, World, type Write } from './world.ts'

const test = suite('shard view against its naive recomputation')

const ITEMS = Array.from({ length: AUTHORS * (CONTENTS + REVISIONS) }, (_, n) => itemNumber(n % AUTHORS, Math.floor(n / AUTHORS)))
const SORTS = ['top', 'new', 'hot'] as const
const WINDOWS = Object.keys(WINDOW_MS) as FeedWindow[]

function assertEqualsNaive (world: World): void {
  const { view } = world
  const naive = recompute(world)
  for (const item of ITEMS) {
    assert.equal(view.item(item), naive.items.get(item))
    assert.equal(view.revisions(item), naive.revisions.get(item))
    for (const sort of ['best', 'new', 'old'] as const) assert.equal(view.thread(item, sort), naiveThread(naive, item, sort))
  }
  for (let n = 0; n < CONTENTS + REVISIONS; n++) {
    const { id } = contentNumber(n)
    assert.equal(view.find(id), [...naive.items.values()].filter(({ contentId }) => contentId === id).map(({ item }) => item).sort())
  }
  const views = [...naive.items.values()]
  assert.equal(view.counts(), {
    rows: naive.rows,
    posts: views.filter(({ kind, deleted }) => kind === 'post' && !deleted).length,
    comments: views.filter(view => view.kind === 'comment' && view.attached && !view.deleted).length
  })
  for (const sort of SORTS) {
    for (const window of WINDOWS) {
      const expected = naiveFeed([naive], sort, WINDOW_MS[window], NOW_MS)
      for (const limit of [1, 3, 100]) {
        assert.equal(feed([view], { sort, window, limit, nowMs: NOW_MS }).items, expected.slice(0, limit))
      }
    }
  }
}

test('every query, after every few changes, and while the changes are taken back one by one', () => {
  let attached = 0
  fc.assert(fc.property(steps, fc.integer({ min: 2, max: 9 }), (steps, every) => {
    const world = new World()
    const undo: Array<{ author: number, writes: Write[] }> = []
    steps.forEach(({ author, writes }, n) => {
      undo.push({ author, writes: world.write(authorNumber(author), writes) })
      if (n % every === 0) assertEqualsNaive(world)
    })
    assertEqualsNaive(world)
    attached += world.view.counts().comments
    undo.reverse().forEach(({ author, writes }, n) => {
      world.write(authorNumber(author), writes)
      if (n % every === 0) assertEqualsNaive(world)
    })
    assertEqualsNaive(world)
    assert.equal(world.view.counts(), { rows: 0, posts: 0, comments: 0 })
  }), { numRuns: 150 })
  assert.ok(attached > 100, `the random threads are worth testing: ${attached} attached comments`)
})

test('the order in which authors and entries arrive changes nothing', () => {
  fc.assert(fc.property(steps, fc.infiniteStream(fc.nat()), (steps, random) => {
    const world = new World()
    for (const { author, writes } of steps) world.write(authorNumber(author), writes)
    const draw = (): number => random.next().value ?? 0
    const all = [...world.states].flatMap(([author, state]) => [...state].flatMap(([root, entries]) => [...entries].map(([key, value]) => ({ author, write: { root, key, value }, at: draw() }))))
    all.sort((a, b) => a.at - b.at)
    const other = new World()
    for (const { author, write } of all) other.write(author, [write])
    const whole = new World()
    for (const author of new Set(all.map(({ author }) => author))) whole.write(author, all.filter(entry => entry.author === author).map(({ write }) => write))
    assertEqualsNaive(other)
    assertEqualsNaive(whole)
  }), { numRuns: 100 })
})

test('pages of a feed over several shards neither repeat nor skip, whatever their size', () => {
  const shardStep = fc.record({ shard: fc.nat(3), step })
  fc.assert(fc.property(fc.array(shardStep, { maxLength: 60, size: 'max' }), fc.integer({ min: 1, max: 5 }), fc.constantFrom(...SORTS), fc.constantFrom(...WINDOWS), (steps, limit, sort, window) => {
    const worlds = [202401, 202402, 202401, 202402].map((period, n) => new World(period, communityNumber(n >> 1)))
    for (const { shard, step } of steps) worlds[shard]?.write(authorNumber(step.author), step.writes)
    const expected = naiveFeed(worlds.map(recompute), sort, WINDOW_MS[window], NOW_MS)
    const shards = worlds.map(({ view }) => view)
    const listed = []
    let after: string | undefined
    do {
      const page = feed(shards, { sort, window, limit, nowMs: NOW_MS, after })
      assert.is(page.items.length, Math.min(limit, expected.length - listed.length))
      listed.push(...page.items)
      after = page.next ?? undefined
    } while (after !== undefined)
    assert.equal(listed, expected)
  }), { numRuns: 300 })
})

test.run()
