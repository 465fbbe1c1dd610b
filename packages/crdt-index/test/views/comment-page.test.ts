import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ItemId } from '../../src/model.ts'
import { listComments } from '../../src/views/comment-page.ts'
import type { CommentNode } from '../../src/views/item-view.ts'
import type { Page } from '../../src/views/page.ts'
import { createJudges, type JudgeOf } from '../../src/views/policy.ts'
import type { CommentSort } from '../../src/views/thread.ts'
import { AUTHORS, CONTENTS, step, steps } from './arbitrary.ts'
import { followed, naiveThread, recompute, type NaivePolicy } from './naive.ts'
import { authorNumber, comment, deletion, itemNumber, post, vote, World, type Write } from './world.ts'

const test = suite('pages of comments')

const FEBRUARY = Date.UTC(2024, 1, 10)
const ITEMS = Array.from({ length: AUTHORS * CONTENTS }, (_, n) => itemNumber(n % AUTHORS, Math.floor(n / AUTHORS)))
const SORTS: readonly CommentSort[] = ['best', 'top', 'new', 'old', 'controversial']
const POLICY: NaivePolicy = { muted: [authorNumber(1)], moderators: [authorNumber(2), authorNumber(3)], hidden: ['spam', 'remove'], folded: ['rude'] }
const READERS: ReadonlyArray<{ policy: NaivePolicy | null, judgeOf: JudgeOf }> = [
  { policy: null, judgeOf: createJudges(undefined, () => []) },
  { policy: POLICY, judgeOf: createJudges({ muted: new Set(POLICY.muted) }, () => POLICY.moderators) }
]

interface Query { readonly sort?: CommentSort, readonly limit: number, readonly depth?: number, readonly after?: string | undefined, readonly gaps?: boolean, readonly judgeOf?: JudgeOf }

function ask ({ view }: World, item: ItemId, { sort = 'best', limit, depth = 1_000_000, after, gaps = false, judgeOf = createJudges(undefined, () => []) }: Query): Page<CommentNode> {
  return listComments(view, { parent: view.rowOf(item), sort, limit, depth, after, gaps, judge: judgeOf(view) })
}

test('all cursors together lead to the whole thread, whatever the size and the depth of a page', () => {
  let listed = 0
  let cut = 0
  fc.assert(fc.property(steps, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }), fc.constantFrom(...SORTS), fc.constantFrom(...READERS), fc.boolean(), (steps, limit, depth, sort, { policy, judgeOf }, gaps) => {
    const world = new World()
    for (const { author, writes } of steps) world.write(authorNumber(author), writes)
    const naive = recompute(world)
    for (const item of ITEMS) {
      const view = naive.items.get(item)
      if (view === undefined || (view.kind === 'comment' && !view.attached)) continue
      const nodes = followed((of, after) => {
        const page = ask(world, of, { sort, limit, depth, after, gaps, judgeOf })
        assert.ok(page.items.length <= limit && page.items.every(node => node.depth < depth))
        if (page.next !== null || page.items.some(({ next }) => next !== null)) cut++
        // A page is short only where it ends, or where all that is left lies deeper than it goes.
        if (page.items.length < limit) assert.is(page.next, null)
        return page
      }, item)
      assert.equal(nodes, naiveThread(naive, item, sort, policy, gaps))
      listed += nodes.length
    }
  }), { numRuns: 300 })
  assert.ok(listed > 250 && cut > 30, `the random threads are worth testing: ${listed} comments, ${cut} cut pages`)
})

test('what others do between two pages neither repeats nor loses what did not change', () => {
  const ROOT = itemNumber(0, 0)
  const answersOf = (world: World): Map<ItemId, string> => new Map((naiveThread(recompute(world), ROOT, 'new', null, false) ?? []).filter(({ parent }) => parent === ROOT).map(node => [node.item, `${node.up} ${node.down} ${node.createdMs}`]))
  let unchanged = 0
  fc.assert(fc.property(fc.array(step, { maxLength: 30, size: 'max' }), fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 20 }), fc.integer({ min: 1, max: 3 }), fc.constantFrom(...SORTS), (steps, between, limit, sort) => {
    const world = new World()
    world.write(authorNumber(0), [post(0, FEBRUARY)])
    for (let n = 1; n < CONTENTS; n++) for (let author = 0; author < AUTHORS; author++) world.write(authorNumber(author), [comment(n, FEBRUARY + n, ROOT, ROOT)])
    for (const { author, writes } of steps) world.write(authorNumber(author), writes)
    let same = answersOf(world)
    const listed = new Map<ItemId, number>()
    let after: string | undefined
    for (let n = 0; same.size > 0; n++) {
      const page = ask(world, ROOT, { sort, limit, depth: 1, after })
      for (const { item } of page.items) listed.set(item, (listed.get(item) ?? 0) + 1)
      if (page.next === null) break
      after = page.next
      for (const { author, writes } of between[n] ?? []) {
        world.write(authorNumber(author), writes)
        const now = answersOf(world)
        if (now.size === 0) return // the post is gone
        same = new Map([...same].filter(([item, value]) => now.get(item) === value))
      }
    }
    for (const item of same.keys()) assert.is(listed.get(item), 1, item)
    unchanged += same.size
  }), { numRuns: 150 })
  assert.ok(unchanged > 500, `enough stayed as it was: ${unchanged}`)
})

test('a chain of 10,000 comments is paged without recursion, and its cursors stay short', () => {
  const SIZE = 10_000
  const ROOT = itemNumber(0, 0)
  const world = new World()
  world.write(authorNumber(0), [post(0, FEBRUARY)])
  world.write(authorNumber(1), Array.from({ length: SIZE }, (_, n): Write => comment(n + 1, FEBRUARY + n, ROOT, n === 0 ? ROOT : itemNumber(1, n))))
  const first = ask(world, ROOT, { limit: 4000 })
  assert.equal([first.items.length, first.next, first.items[0]?.below, first.items.at(-1)?.depth, first.items.at(-1)?.below], [4000, null, SIZE - 1, 3999, 6000])
  const last = first.items.at(-1)
  const rest = ask(world, itemNumber(1, 4000), { limit: SIZE, after: last?.next ?? 'none' })
  assert.equal([last?.item, rest.items.length, rest.items[0]?.item, rest.items[0]?.depth, rest.next], [itemNumber(1, 4000), 6000, itemNumber(1, 4001), 0, null])
  assert.equal(first.items.slice(0, -1).filter(({ next }) => next !== null), [])
})

test('deleted and hidden comments stay as gaps above what is shown, and do not make a page short', () => {
  const ROOT = itemNumber(0, 0)
  const world = new World()
  world.write(authorNumber(0), [post(0, FEBRUARY)])
  const answers = Array.from({ length: 20 }, (_, n) => comment(n + 1, FEBRUARY - n, ROOT, ROOT))
  world.write(authorNumber(1), answers)
  world.write(authorNumber(1), [2, 3, 4, 5, 6].map(n => deletion(itemNumber(1, n))))
  world.write(authorNumber(2), [comment(30, FEBRUARY, ROOT, itemNumber(1, 4))])
  const page = ask(world, ROOT, { sort: 'new', limit: 5 })
  assert.equal(page.items.map(({ item, deleted, below }) => [item, deleted, below]), [
    [itemNumber(1, 1), false, 0], [itemNumber(1, 4), true, 1], [itemNumber(2, 30), false, 0], [itemNumber(1, 7), false, 0], [itemNumber(1, 8), false, 0]
  ])
  const muted = ask(world, ROOT, { sort: 'new', limit: 5, judgeOf: createJudges({ muted: new Set([authorNumber(1)]) }, () => []) })
  assert.equal(muted.items.map(({ item, treatment }) => [item, treatment]), [[itemNumber(1, 4), 'hide'], [itemNumber(2, 30), 'show']])
  assert.is(muted.next, null)
})

test('what is no cursor of this order is refused, and so is a page of nothing', () => {
  const ROOT = itemNumber(0, 0)
  const world = new World()
  world.write(authorNumber(0), [post(0, FEBRUARY)])
  world.write(authorNumber(1), [1, 2, 3].map(n => comment(n, FEBRUARY + n, ROOT, ROOT)))
  world.write(authorNumber(2), [vote(itemNumber(1, 1), 1)])
  const { next } = ask(world, ROOT, { sort: 'top', limit: 1 })
  if (next === null) throw new Error('there is a second page')
  for (const after of ['', 'x', `${next}x`, `best${next.slice(3)}`, 'best.first', `${next.slice(0, 5)}${'9'.repeat(1_000_000)}${next.slice(5)}`]) {
    assert.throws(() => ask(world, ROOT, { sort: 'top', limit: 1, after }), (error: { code: string }) => error.code === 'BAD_ENTRY')
  }
  for (const limit of [0, -1, 1.5, Number.NaN]) assert.throws(() => ask(world, ROOT, { limit }), /limit/)
  for (const depth of [0, -1, 1.5, Number.NaN]) assert.throws(() => ask(world, ROOT, { limit: 1, depth }), /depth/)
})

test.run()
