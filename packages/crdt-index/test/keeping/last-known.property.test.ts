// What is remembered of a dropped month is what was shown at that moment, for any month and whoever writes here.
import { encode as encodeAny } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeLastKnown, encodeLastKnown, lastKnownOf } from '../../src/keeping/last-known.ts'
import type { AuthorId, DocumentEntries, EntryValue, RootName } from '../../src/model.ts'
import { itemIdOf } from '../../src/identity/ids.ts'
import { feed } from '../../src/views/feed.ts'
import { createJudges } from '../../src/views/policy.ts'
import { createRecalledView } from '../../src/views/recalled-shard.ts'
import type { ShardView } from '../../src/views/shard-view.ts'
import { AUTHORS, NOW_MS, steps, step } from '../views/arbitrary.ts'
import { authorNumber, World } from '../views/world.ts'

const test = suite('last known')
const RUNS = Number(process.env['SEEDBED_TEST_RUNS'] ?? 150)
const AS_OF = NOW_MS + 5
/** Later than any entry. */
const AFTER_ALL = Date.UTC(2024, 2, 2)
const moderators = new Set([authorNumber(3)])

/** What the schema takes: a document may hold misfits, which every view passes over. */
function entriesOf (world: World, author: AuthorId): DocumentEntries {
  return new Map([...world.states.get(author) ?? []].map(([root, entries]): [RootName, Map<string, EntryValue>] => [root, new Map(entries)]))
}

function posts (view: ShardView): unknown[] {
  view.weigh(null, 0)
  const judgeOf = createJudges({ muted: new Set([authorNumber(1)]) }, () => moderators)
  return feed([view], { sort: 'top', window: 'all', nowMs: NOW_MS, limit: 100, judgeOf }).items.map(post => ({ ...post, asOfMs: null, labels: post.labels }))
}

function build (all: ReadonlyArray<{ readonly author: number, readonly writes: Parameters<World['write']>[1] }>): World {
  const world = new World()
  for (const { author, writes } of all) world.write(authorNumber(author), writes)
  return world
}

test('a month is shown as it was, with the same labels and judgements', () => {
  fc.assert(fc.property(steps, fc.subarray(Array.from({ length: AUTHORS }, (_, n) => n)), (all, locals) => {
    const world = build(all)
    const { view, community, period } = world
    const local = new Map(locals.map(n => [authorNumber(n), entriesOf(world, authorNumber(n))]))
    const encoded = encodeLastKnown(lastKnownOf(view, { asOfMs: AS_OF, local, moderators }))
    const lastKnown = decodeLastKnown(encoded)
    assert.ok(lastKnown)
    const recalled = createRecalledView({ community, period, lastKnown, local })
    assert.equal(posts(recalled), posts(view))
    for (const { author, contentId } of lastKnown.posts) {
      const item = view.find(contentId).find(item => view.item(item)?.author === author)
      const before = item === undefined ? undefined : view.item(item)
      assert.equal(item === undefined ? undefined : recalled.item(item), before === undefined ? before : { ...before, asOfMs: AS_OF })
    }
  }), { numRuns: RUNS })
})

test('what local authors write afterwards shows in it, and undoing it leaves no trace', () => {
  fc.assert(fc.property(steps, fc.array(step, { minLength: 1, maxLength: 10 }), fc.nat(AUTHORS - 1), (all, more, me) => {
    const world = build(all)
    const { view, community, period } = world
    const local = new Map([[authorNumber(me), entriesOf(world, authorNumber(me))]])
    const recalled = createRecalledView({ community, period, lastKnown: lastKnownOf(view, { asOfMs: AS_OF, local, moderators }), local })
    const before = posts(recalled)
    const mirror = new World()
    Object.assign(mirror, { view: recalled })
    mirror.states.set(authorNumber(me), new Map([...local.get(authorNumber(me)) ?? []].map(([root, entries]) => [root, new Map(entries)])))
    // A post that its own author takes out of the month and lists again begins anew, as far as anybody here knows.
    const undo = more.map(({ writes }) => mirror.write(authorNumber(me), writes.filter(({ root }) => root !== 'posts')))
    for (const writes of undo.reverse()) mirror.write(authorNumber(me), writes)
    assert.equal(posts(recalled), before)
  }), { numRuns: RUNS })
})

test('somebody who writes here only later changes no total by what they said before, and their later words count', () => {
  fc.assert(fc.property(steps, fc.nat(AUTHORS - 1), fc.nat(AUTHORS - 1), (all, me, late) => {
    if (me === late) return
    const world = build(all)
    const { view, community, period } = world
    const local = new Map([[authorNumber(me), entriesOf(world, authorNumber(me))]])
    const lastKnown = decodeLastKnown(encodeLastKnown(lastKnownOf(view, { asOfMs: AFTER_ALL, local, moderators })))!
    const totals = (recalled: ShardView): Map<string, unknown> => new Map(lastKnown.posts.flatMap(({ author, contentId }) => {
      const item = itemIdOf(author, contentId)
      const post = recalled.item(item)
      return post?.kind === 'post' ? [[item, [post.up, post.down, post.comments]]] : []
    }))
    const wanted = totals(createRecalledView({ community, period, lastKnown, local }))
    const said = entriesOf(world, authorNumber(late))
    const restarted = createRecalledView({ community, period, lastKnown, local: new Map([...local, [authorNumber(late), said]]) })
    assert.equal(totals(restarted), wanted, 'after a restart')
    const told = createRecalledView({ community, period, lastKnown, local })
    const mirror = new World()
    Object.assign(mirror, { view: told })
    mirror.write(authorNumber(late), [...said].flatMap(([root, entries]) => [...entries].map(([key, value]) => ({ root, key, value }))))
    assert.equal(totals(told), wanted, 'as it comes')
    const first = lastKnown.posts.find(({ author }) => author !== authorNumber(late))
    if (first === undefined) return
    const item = itemIdOf(first.author, first.contentId)
    const before = said.get('votes')?.get(item)?.[0] ?? 0
    const [up, down] = wanted.get(item) as [number, number]
    if (told.item(item) === undefined) return
    const sum = (view: ShardView): number => { const post = view.item(item)!; return post.up - post.down }
    mirror.write(authorNumber(late), [{ root: 'votes', key: item, value: [1, AFTER_ALL / 1000 + 1] }])
    assert.is(sum(told), up - down + 1 - (before === 1 || before === -1 ? before : 0))
  }), { numRuns: RUNS })
})

test('of more posts than are remembered the best stay, and local ones beside them', () => {
  fc.assert(fc.property(steps, fc.integer({ min: 0, max: 3 }), (all, maxPosts) => {
    const world = build(all)
    const local = new Map([[authorNumber(0), entriesOf(world, authorNumber(0))]])
    const { posts: remembered } = lastKnownOf(world.view, { asOfMs: AS_OF, local, moderators, maxPosts })
    const best = feed([world.view], { sort: 'top', window: 'all', nowMs: Number.MAX_SAFE_INTEGER, limit: 100 }).items
    const scores = best.map(({ score }) => score)
    assert.equal(remembered.slice(0, maxPosts).map(({ author, contentId }) => best.find(post => post.author === author && post.contentId === contentId)?.score), scores.slice(0, maxPosts))
    const own = best.filter(({ author }) => author === authorNumber(0)).length
    assert.ok(remembered.filter(({ author }) => author === authorNumber(0)).length >= Math.min(own, maxPosts))
    assert.ok(remembered.length <= 2 * maxPosts)
  }), { numRuns: RUNS })
})

test('a record of a later release is none', () => {
  const [version, ...rest] = [2, 0, []]
  assert.is(decodeLastKnown(encodeAny([version, ...rest])), null)
})

test.run()
