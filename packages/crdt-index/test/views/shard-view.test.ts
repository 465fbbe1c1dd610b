import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { authorNumber, comment, contentNumber, edit, gone, itemNumber, post, vote, World } from './world.ts'

const test = suite('shard view')

const FEBRUARY = Date.UTC(2024, 1, 10)
const [alice, bob, carol] = [authorNumber(0), authorNumber(1), authorNumber(2)]
const ITEM = itemNumber(0, 0)

const totals = (world: World): unknown => {
  const view = world.view.item(ITEM)
  return view && [view.up, view.down, view.score, view.otherRevision]
}

test('an own vote never counts, whatever comes first and whatever goes first', () => {
  const listing = post(0, FEBRUARY)
  const orders = [[[vote(ITEM, 1)], [listing]], [[listing], [vote(ITEM, 1)]], [[vote(ITEM, 1), listing]], [[listing, vote(ITEM, 1)]]]
  for (const order of orders) {
    const world = new World()
    world.write(bob, [vote(ITEM, 1)])
    for (const writes of order) world.write(alice, writes)
    assert.equal(totals(world), [1, 0, 1, 0])
    for (const writes of order) world.write(alice, writes.map(gone))
    assert.equal([totals(world), world.view.counts().rows], [undefined, 1])
    world.write(alice, [listing])
    assert.equal(totals(world), [1, 0, 1, 0])
  }
})

test('votes wait for their item; a retraction and a misfit count for nothing', () => {
  const world = new World()
  world.write(bob, [vote(ITEM, 1)])
  world.write(carol, [vote(ITEM, -1)])
  assert.is(world.view.item(ITEM), undefined)
  world.write(alice, [post(0, FEBRUARY)])
  assert.equal(totals(world), [1, 1, 0, 0])
  world.write(bob, [vote(ITEM, 0)])
  world.write(carol, [vote(ITEM, -2)])
  assert.equal(totals(world), [0, 0, 0, 0])
  world.write(carol, [vote(ITEM, 1)])
  assert.equal(totals(world), [1, 0, 1, 0])
})

test('votes for another revision stay in the totals and are told apart', () => {
  const world = new World()
  world.write(alice, [post(0, FEBRUARY, 'first')])
  world.write(bob, [vote(ITEM, 1)])
  world.write(carol, [vote(ITEM, 1, 0)])
  world.write(authorNumber(3), [vote(ITEM, -1, 7)])
  assert.equal(totals(world), [2, 1, 1, 1])
  world.write(alice, [edit(7, ITEM, FEBRUARY + 1, 'second')])
  assert.equal(totals(world), [2, 1, 1, 2])
  const view = world.view.item(ITEM)
  assert.equal([view?.contentId, view?.revision.contentId, view?.kind === 'post' && view.title], [contentNumber(0).id, contentNumber(7).id, 'second'])
  assert.equal(world.view.revisions(ITEM)?.map(({ title }) => title), ['first', 'second'])
  world.write(bob, [edit(8, ITEM, FEBRUARY + 2, 'not mine')])
  assert.equal(world.view.revisions(ITEM)?.length, 2)
  // Editing back names the first content again.
  world.write(alice, [edit(0, ITEM, FEBRUARY + 3, 'first')])
  assert.equal(totals(world), [2, 1, 1, 1])
})

test('the current revision is the newest edit, by content id at equal times, also after edits are taken back', () => {
  const world = new World()
  world.write(alice, [post(0, FEBRUARY, 'first'), edit(7, ITEM, 10, 'seven'), edit(9, ITEM, 20, null), edit(8, ITEM, 20, 'eight')])
  const current = (): unknown => {
    const view = world.view.item(ITEM)
    return view?.kind === 'post' && [view.revision.contentId, view.title]
  }
  assert.equal(current(), [contentNumber(9).id, 'first'])
  world.write(alice, [gone(edit(9, ITEM, 20))])
  assert.equal(current(), [contentNumber(8).id, 'eight'])
  world.write(alice, [edit(8, ITEM, 5, 'older')])
  assert.equal(current(), [contentNumber(7).id, 'seven'])
  world.write(alice, [edit(7, itemNumber(0, 1), 10, 'elsewhere')])
  assert.equal(current(), [contentNumber(8).id, 'older'])
  world.write(alice, [gone(edit(8, ITEM, 5))])
  assert.equal(current(), [contentNumber(0).id, 'first'])
})

test('the same content of two authors is two items; whoever listed it votes on the other', () => {
  const world = new World()
  world.write(alice, [post(0, FEBRUARY)])
  world.write(bob, [post(0, FEBRUARY), vote(ITEM, 1), vote(itemNumber(1, 0), 1)])
  assert.equal(world.view.find(contentNumber(0).id), [ITEM, itemNumber(1, 0)].sort())
  assert.equal([world.view.item(ITEM)?.score, world.view.item(itemNumber(1, 0))?.score], [1, 0])
})

test('a content listed as both is a post; it is a comment once the post is gone', () => {
  const world = new World()
  world.write(bob, [post(1, FEBRUARY)])
  const root = itemNumber(1, 1)
  world.write(alice, [comment(0, FEBRUARY, root, root), vote(ITEM, 1)])
  world.write(bob, [vote(ITEM, 1)])
  assert.equal([world.view.item(ITEM)?.kind, world.view.counts().comments], ['comment', 1])
  world.write(alice, [post(0, FEBRUARY)])
  assert.equal([world.view.item(ITEM)?.kind, world.view.counts().comments, totals(world)], ['post', 0, [1, 0, 1, 0]])
  world.write(alice, [gone(post(0, FEBRUARY))])
  assert.equal([world.view.item(ITEM)?.kind, world.view.counts().comments, totals(world)], ['comment', 1, [1, 0, 1, 0]])
})

test('a post of another month is not listed', () => {
  const world = new World(202402)
  world.write(alice, [post(0, Date.UTC(2024, 2, 1)), post(1, Date.UTC(2024, 2, 1) - 1), post(2, Date.UTC(2024, 1, 1)), post(3, Date.UTC(2024, 1, 1) - 1)])
  assert.equal([0, 1, 2, 3].map(n => world.view.item(itemNumber(0, n)) !== undefined), [false, true, true, false])
})

test('names that only votes knew leave nothing behind', () => {
  const world = new World()
  for (let round = 0; round < 3; round++) {
    const votes = Array.from({ length: 1000 }, (_, n) => vote(itemNumber(3, 1000 * round + n), 1))
    world.write(bob, votes)
    assert.is(world.view.counts().rows, 1000)
    world.write(bob, votes.map(gone))
    assert.is(world.view.counts().rows, 0)
  }
  assert.ok(world.view.rows.up.length < 2000, 'rows are used again')
})

test.run()
