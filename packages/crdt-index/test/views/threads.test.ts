import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { authorNumber, comment, gone, itemNumber, post, vote, World, type Write } from './world.ts'

const test = suite('threads')

const FEBRUARY = Date.UTC(2024, 1, 10)
const SIZE = 10_000
const ROOT = itemNumber(0, 0)
const alice = authorNumber(0)
const bob = authorNumber(1)

/** Comment n of bob below comment n - 1, the first below the post. */
const chain: Write[] = Array.from({ length: SIZE }, (_, n) => comment(n + 1, FEBRUARY + n, ROOT, n === 0 ? ROOT : itemNumber(1, n)))

test('a chain of 10,000 comments attaches from its missing first link, detaches, and is listed', () => {
  const world = new World()
  world.write(alice, [post(0, FEBRUARY)])
  const [first, ...rest] = chain
  if (first === undefined) throw new Error('an empty chain')
  world.write(bob, rest.toReversed())
  assert.is(world.view.counts().comments, 0)
  world.write(bob, [first])
  assert.is(world.view.counts().comments, SIZE)
  const nodes = world.thread(ROOT) ?? []
  assert.equal([nodes.length, nodes[0]?.depth, nodes.at(-1)?.depth, nodes.at(-1)?.item], [SIZE, 0, SIZE - 1, itemNumber(1, SIZE)])

  world.write(bob, [gone(first)])
  assert.equal([world.view.counts().comments, world.thread(ROOT)], [0, []])
  world.write(bob, [first])
  world.write(alice, [gone(post(0, FEBRUARY))])
  assert.equal([world.view.counts().comments, world.thread(ROOT)], [0, undefined])
  world.write(alice, [post(0, FEBRUARY)])
  assert.is(world.view.item(ROOT)?.kind === 'post' && world.view.counts().comments, SIZE)
})

test('10,000 answers to one post, and to one comment, are listed in order', () => {
  const world = new World()
  world.write(alice, [post(0, FEBRUARY), comment(1, FEBRUARY, ROOT, ROOT)])
  const hub = itemNumber(0, 1)
  world.write(bob, Array.from({ length: 2 * SIZE }, (_, n) => comment(n, FEBRUARY + n, ROOT, n < SIZE ? ROOT : hub)))
  const nodes = world.thread(ROOT, 'old') ?? []
  assert.is(nodes.length, 2 * SIZE + 1)
  const direct = nodes.filter(({ depth, author }) => depth === 0 && author === bob).map(({ createdMs }) => createdMs - FEBRUARY)
  const below = nodes.filter(({ depth }) => depth === 1).map(({ createdMs }) => createdMs - FEBRUARY)
  assert.equal([direct, below], [Array.from({ length: SIZE }, (_, n) => n), Array.from({ length: SIZE }, (_, n) => SIZE + n)])
})

test('parents in a circle, a comment below itself and one below another thread attach nowhere, and can be taken back', () => {
  const world = new World()
  world.write(alice, [post(0, FEBRUARY), post(9, FEBRUARY)])
  world.write(bob, [
    ...Array.from({ length: SIZE }, (_, n) => comment(n, FEBRUARY, ROOT, itemNumber(1, (n + 1) % SIZE))),
    comment(SIZE, FEBRUARY, ROOT, itemNumber(1, SIZE)),
    comment(SIZE + 1, FEBRUARY, itemNumber(1, SIZE + 1), itemNumber(1, SIZE + 1)),
    comment(SIZE + 2, FEBRUARY, itemNumber(0, 9), itemNumber(0, 9)),
    comment(SIZE + 3, FEBRUARY, ROOT, itemNumber(1, SIZE + 2)),
    comment(SIZE + 4, FEBRUARY, ROOT, itemNumber(0, 9))
  ])
  assert.equal(world.thread(ROOT), [])
  assert.equal(world.thread(itemNumber(0, 9))?.map(({ item }) => item), [itemNumber(1, SIZE + 2)])
  // One link of the circle moves below the post: all of it hangs there, and falls again with it.
  const undo = world.write(bob, [comment(0, FEBRUARY, ROOT, ROOT)])
  assert.is(world.thread(ROOT)?.length, SIZE)
  world.write(bob, undo)
  assert.equal(world.thread(ROOT), [])
  for (const [author, state] of world.states) {
    world.write(author, [...state].flatMap(([root, entries]) => [...entries.keys()].map(key => ({ root, key, value: undefined }))))
  }
  assert.is(world.view.counts().rows, 0)
})

test('best goes by the lower bound of the interval, not by the share or the score', () => {
  const world = new World()
  world.write(alice, [post(0, FEBRUARY)])
  const answers = [1, 2, 3, 4].map(n => comment(n, FEBRUARY + n, ROOT, ROOT))
  world.write(bob, answers)
  const [certain, lucky, disputed] = [1, 2, 3].map(n => itemNumber(1, n)) as [typeof ROOT, typeof ROOT, typeof ROOT]
  for (let n = 10; n < 110; n++) {
    const of = [
      ...n < 30 ? [vote(certain, n === 10 ? -1 : 1)] : [],
      ...n < 12 ? [vote(lucky, 1)] : [],
      vote(disputed, n < 70 ? 1 : -1)
    ]
    world.write(authorNumber(n), of)
  }
  assert.equal(world.thread(ROOT)?.map(({ item, score }) => [item, score]), [[certain, 18], [disputed, 20], [lucky, 2], [itemNumber(1, 4), 0]])
})

test.run()
