import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AuthorId } from '../../src/model.ts'
import { authored } from '../../src/views/authored.ts'
import { feed } from '../../src/views/feed.ts'
import type { ItemView } from '../../src/views/item-view.ts'
import { notifications } from '../../src/views/notifications.ts'
import { createJudges, type JudgeOf } from '../../src/views/policy.ts'
import { NONE, RowKind } from '../../src/views/rows.ts'
import { listThread } from '../../src/views/thread.ts'
import { WINDOW_MS, type FeedWindow } from '../../src/views/window.ts'
import { AUTHORS, CONTENTS, NOW_MS, REVISIONS, step, steps } from './arbitrary.ts'
import { naiveAuthored, naiveFeed, naiveNotifications, naiveThread, recompute, type NaivePolicy } from './naive.ts'
import { authorNumber, communityNumber, contentNumber, itemNumber, World, type Write } from './world.ts'

const test = suite('shard view against its naive recomputation')

const ITEMS = Array.from({ length: AUTHORS * (CONTENTS + REVISIONS) }, (_, n) => itemNumber(n % AUTHORS, Math.floor(n / AUTHORS)))
const SORTS = ['top', 'new', 'hot', 'rising', 'controversial'] as const
const COMMENT_SORTS = ['best', 'top', 'new', 'old', 'controversial'] as const
const KINDS = ['all', 'posts', 'comments'] as const
const WINDOWS = Object.keys(WINDOW_MS) as FeedWindow[]
const NUMBERS = Array.from({ length: AUTHORS }, (_, n) => n)

/** Weights that tell authors apart: one is out of range, one rounds up, one is finer than a step. */
const weightOf = (author: AuthorId): number => [3, -1, 0.00005, 1.23456][NUMBERS.findIndex(n => authorNumber(n) === author)] ?? 0
const stepsOf = (author: AuthorId): number => [30_000, 0, 1, 12_346][NUMBERS.findIndex(n => authorNumber(n) === author)] ?? 0

const POLICY: NaivePolicy = { muted: [authorNumber(1)], moderators: [authorNumber(2), authorNumber(3)], hidden: ['spam', 'remove'], folded: ['rude'] }
/** Nobody's wishes, a reader who mutes one author and follows two moderators, and two who wrote something of it themselves. */
const READERS: ReadonlyArray<{ policy: NaivePolicy | null, judgeOf: JudgeOf }> = [
  { policy: null, judgeOf: createJudges(undefined, () => POLICY.moderators) },
  { policy: POLICY, judgeOf: createJudges({ muted: new Set(POLICY.muted) }, () => POLICY.moderators) },
  ...[0, 1].map(authorNumber).map(reader => ({ policy: { ...POLICY, reader }, judgeOf: createJudges({ muted: new Set(POLICY.muted), reader }, () => POLICY.moderators) }))
]

function assertEqualsNaive (world: World, isWeighed = false): void {
  const { view } = world
  view.weigh(isWeighed ? weightOf : null, 0)
  const naive = isWeighed ? recompute(world, stepsOf) : recompute(world)
  for (const item of ITEMS) {
    assert.equal(view.item(item), naive.items.get(item))
    assert.equal(view.revisions(item), naive.revisions.get(item))
    assert.equal(view.labels(item), (naive.labels.get(item) ?? []).sort((a, b) => b.labelledMs - a.labelledMs || (a.author < b.author ? -1 : 1)))
    const row = view.rowOf(item)
    if (row === NONE || view.rows.kind[row] !== RowKind.post) continue
    for (const sort of COMMENT_SORTS) {
      for (const { policy, judgeOf } of READERS) assert.equal(listThread(view, row, sort, judgeOf(view)), naiveThread(naive, item, sort, policy))
    }
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
  for (const { policy, judgeOf } of READERS) {
    for (const sort of SORTS) {
      for (const window of WINDOWS) {
        const expected = naiveFeed([naive], sort, WINDOW_MS[window], NOW_MS, policy)
        for (const limit of [1, 3, 100]) {
          assert.equal(feed([view], { sort, window, limit, nowMs: NOW_MS, judgeOf }).items, expected.slice(0, limit), `${sort} ${window}`)
        }
      }
    }
    for (const author of NUMBERS.map(authorNumber)) {
      for (const kind of KINDS) {
        for (const sort of ['new', 'top'] as const) assert.equal(authored([view], { author, sort, kind, limit: 100, nowMs: NOW_MS, judgeOf }).items, naiveAuthored([naive], author, sort, kind, NOW_MS, policy))
      }
      const expected = naiveNotifications([naive], author, NOW_MS - 5000, NOW_MS, policy)
      assert.equal(notifications([view], { author, readUntilMs: NOW_MS - 5000, limit: 100, nowMs: NOW_MS, judgeOf }),
        { items: expected, next: null, unread: expected.filter(({ unread }) => unread).length })
    }
  }
}

test('every query, after every few changes, and while the changes are taken back one by one', () => {
  const seen = { attached: 0, labels: 0, notified: 0, weighed: 0 }
  fc.assert(fc.property(steps, fc.integer({ min: 2, max: 9 }), (steps, every) => {
    const world = new World()
    const undo: Array<{ author: number, writes: Write[] }> = []
    steps.forEach(({ author, writes }, n) => {
      undo.push({ author, writes: world.write(authorNumber(author), writes) })
      if (n % every === 0) assertEqualsNaive(world, n % 2 === 1)
    })
    assertEqualsNaive(world)
    assertEqualsNaive(world, true)
    seen.attached += world.view.counts().comments
    for (const item of ITEMS) {
      seen.labels += world.view.labels(item).length
      if (world.view.item(item)?.weightedUp !== world.view.item(item)?.up) seen.weighed++
    }
    for (const n of NUMBERS) seen.notified += notifications([world.view], { author: authorNumber(n), limit: 100, nowMs: NOW_MS }).items.length
    undo.reverse().forEach(({ author, writes }, n) => {
      world.write(authorNumber(author), writes)
      if (n % every === 0) assertEqualsNaive(world, n % 4 < 2)
    })
    assertEqualsNaive(world)
    assert.equal(world.view.counts(), { rows: 0, posts: 0, comments: 0 })
  }), { numRuns: 50 })
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 50, `the random worlds are worth testing: ${what} ${count}`)
})

test('the order in which authors and entries arrive changes nothing', () => {
  fc.assert(fc.property(steps, fc.infiniteStream(fc.nat()), (steps, random) => {
    const world = new World()
    for (const { author, writes } of steps) world.write(authorNumber(author), writes)
    const draw = (): number => random.next().value ?? 0
    const all = [...world.states].flatMap(([author, state]) => [...state].flatMap(([root, entries]) => [...entries].map(([key, value]) => ({ author, write: { root, key, value }, at: draw() }))))
    all.sort((a, b) => a.at - b.at)
    const other = new World()
    other.view.weigh(weightOf, 0)
    for (const { author, write } of all) other.write(author, [write])
    const whole = new World()
    for (const author of new Set(all.map(({ author }) => author))) whole.write(author, all.filter(entry => entry.author === author).map(({ write }) => write))
    assertEqualsNaive(other, true)
    assertEqualsNaive(whole)
  }), { numRuns: 60 })
})

test('other weights count all votes anew, and the same ones count only what changes', () => {
  fc.assert(fc.property(steps, fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 8 }), (steps, switches) => {
    const world = new World()
    const functions = [null, ...[1, 2, 3].map(factor => (author: AuthorId) => (authorNumber(0) === author ? 0.25 : 1) * factor)]
    steps.forEach(({ author, writes }, n) => {
      world.write(authorNumber(author), writes)
      const factor = switches[n % switches.length] ?? 0
      world.view.weigh(functions[factor] ?? null, 0)
      const naive = recompute(world, author => factor === 0 ? 10_000 : factor * (authorNumber(0) === author ? 2500 : 10_000))
      for (const item of ITEMS) assert.equal(world.view.item(item), naive.items.get(item))
      assert.equal(feed([world.view], { sort: 'top', limit: 100, nowMs: NOW_MS }).items, naiveFeed([naive], 'top', Infinity, NOW_MS))
    })
  }), { numRuns: 60 })
})

const shardStep = fc.record({ shard: fc.nat(3), step })
const fourShards = (): World[] => [202401, 202402, 202401, 202402].map((period, n) => new World(period, communityNumber(n >> 1)))

test('pages of every list over several shards neither repeat nor skip, and count what they hide, whatever their size', () => {
  let hiding = 0
  fc.assert(fc.property(fc.array(shardStep, { maxLength: 60, size: 'max' }), fc.integer({ min: 1, max: 5 }), fc.constantFrom(...WINDOWS), fc.constantFrom(...READERS), fc.boolean(), (steps, limit, window, { policy, judgeOf }, isWeighed) => {
    const worlds = fourShards()
    for (const { shard, step } of steps) worlds[shard]?.write(authorNumber(step.author), step.writes)
    const naive = worlds.map(world => isWeighed ? recompute(world, stepsOf) : recompute(world))
    const shards = worlds.map(({ view }) => view)
    for (const shard of shards) shard.weigh(isWeighed ? weightOf : null, 0)
    const options = { limit, nowMs: NOW_MS, judgeOf }
    for (const sort of SORTS) {
      const hidden = assertPages(limit, naiveFeed(naive, sort, WINDOW_MS[window], NOW_MS, policy), after => feed(shards, { ...options, sort, window, after }), naiveFeed(naive, sort, WINDOW_MS[window], NOW_MS, null))
      if (hidden > 0) hiding++
    }
    for (const author of NUMBERS.map(authorNumber)) {
      for (const sort of ['new', 'top'] as const) {
        assertPages(limit, naiveAuthored(naive, author, sort, 'all', NOW_MS, policy), after => authored(shards, { ...options, author, sort, after }), naiveAuthored(naive, author, sort, 'all', NOW_MS, null))
      }
      assertPages(limit, naiveNotifications(naive, author, 0, NOW_MS, policy), after => notifications(shards, { ...options, author, after }))
    }
  }), { numRuns: 70 })
  assert.ok(hiding > 0, 'some feeds hid something')
})

/** `all`: the same list for a reader without a policy; how many of them were hidden. */
function assertPages<T extends object> (limit: number, expected: readonly T[], ask: (after: string | undefined) => { items: T[], next: string | null, hidden?: number }, all?: ReadonlyArray<T & ItemView>): number {
  const listed: T[] = []
  const places = all?.map(nameOf) ?? []
  let passed = 0
  let after: string | undefined
  do {
    const page = ask(after)
    assert.is(page.items.length, Math.min(limit, expected.length - listed.length))
    listed.push(...page.items)
    after = page.next ?? undefined
    const end = after === undefined ? places.length : places.indexOf(nameOf(page.items.at(-1) as T & ItemView)) + 1
    if (all !== undefined) assert.is(page.hidden, end - passed - page.items.length)
    passed = end
  } while (after !== undefined)
  assert.equal(listed, expected)
  return places.length - listed.length
}

function nameOf ({ item, period, community }: ItemView): string {
  return `${item} ${period} ${community}`
}

test('what others do between two pages of a feed neither repeats nor loses what did not change', () => {
  let unchanged = 0
  fc.assert(fc.property(fc.array(shardStep, { minLength: 20, maxLength: 60, size: 'max' }), fc.array(fc.array(shardStep, { maxLength: 4 }), { maxLength: 20 }), fc.integer({ min: 1, max: 3 }), fc.constantFrom(...SORTS), fc.constantFrom(...WINDOWS), (steps, between, limit, sort, window) => {
    const worlds = fourShards()
    for (const { shard, step } of steps) worlds[shard]?.write(authorNumber(step.author), step.writes)
    const shards = worlds.map(({ view }) => view)
    const listing = (): Map<string, string> => new Map(naiveFeed(worlds.map(world => recompute(world)), sort, WINDOW_MS[window], NOW_MS).map(post => [nameOf(post), `${post.up} ${post.down} ${post.createdMs}`]))
    let same = listing()
    const listed = new Map<string, number>()
    let page = feed(shards, { sort, window, limit, nowMs: NOW_MS })
    for (let n = 0; ; n++) {
      for (const post of page.items) listed.set(nameOf(post), (listed.get(nameOf(post)) ?? 0) + 1)
      if (page.next === null) break
      for (const { shard, step } of between[n] ?? []) {
        worlds[shard]?.write(authorNumber(step.author), step.writes)
        const now = listing()
        same = new Map([...same].filter(([name, value]) => now.get(name) === value))
      }
      // The clock goes on, and the list stays that of its first page.
      page = feed(shards, { sort, window, limit, nowMs: NOW_MS + n * 3_600_000, after: page.next })
    }
    for (const name of same.keys()) assert.is(listed.get(name), 1, name)
    unchanged += same.size
  }), { numRuns: 300 })
  assert.ok(unchanged > 300, `enough stayed as it was: ${unchanged}`)
})

test.run()
