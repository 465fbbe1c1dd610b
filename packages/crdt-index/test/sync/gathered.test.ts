import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_GATHERED_BYTES, MAX_GATHERED_BYTES_OF_ALL } from '../../src/limits.ts'
import { Gathered, type GatheringRoom } from '../../src/sync/gathered.ts'

const test = suite('gathered envelopes')
const QUARTER = MAX_GATHERED_BYTES / 4
const of = (fill: number, length = QUARTER): Uint8Array => new Uint8Array(length).fill(fill)
const taken = (gathered: Gathered): number[][] => [...gathered.take()].map(envelopes => envelopes.map(([first]) => first!))

/** Each list came with one answer. */
function add (gathered: Gathered, ...answers: Array<Array<readonly [name: string, fill: number]>>): void {
  for (const answer of answers) {
    gathered.begin()
    for (const [name, fill] of answer) gathered.add(name, of(fill))
  }
}

test('a document of several answers comes as one; of one answer all was taken as one before', () => {
  const room: GatheringRoom = { bytes: 0 }
  const gathered = new Gathered(room)
  add(gathered, [['b', 1], ['a', 2]], [['b', 3]])
  assert.is(room.bytes, 3 * QUARTER)
  assert.equal(taken(gathered), [[1, 3]])
  assert.is(room.bytes, 0)
  assert.equal(taken(gathered), [])
})

test('what has no room is left out as a whole, the highest document first', () => {
  const room: GatheringRoom = { bytes: 0 }
  const gathered = new Gathered(room)
  add(gathered, [['b', 1], ['c', 2]], [['b', 3], ['c', 4]], [['a', 5], ['c', 6], ['b', 7]], [['a', 8], ['d', 9]])
  assert.equal(taken(gathered), [[5, 8]], 'of b and c a part was left out: first c went, then b')
  assert.is(room.bytes, 0)
})

test('whatever order they come in, the lowest documents stay whole', () => {
  const orders = fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e'], { minLength: 5 })
  fc.assert(fc.property(orders, orders, (first, second) => {
    const room: GatheringRoom = { bytes: 0 }
    const gathered = new Gathered(room)
    add(gathered, ...[first, second].map(names => names.map(name => [name, name.charCodeAt(0)] as const)))
    assert.equal(taken(gathered).sort(([one = 0], [other = 0]) => one - other), [[97, 97], [98, 98]])
    assert.is(room.bytes, 0)
  }), { numRuns: 20 })
})

test('all sessions together have so much room, and give it back', () => {
  const room: GatheringRoom = { bytes: 0 }
  const others = Array.from({ length: MAX_GATHERED_BYTES_OF_ALL / MAX_GATHERED_BYTES }, () => new Gathered(room))
  for (const other of others) add(other, [['a', 1], ['a', 1], ['a', 1], ['a', 1]])
  assert.is(room.bytes, MAX_GATHERED_BYTES_OF_ALL)
  const late = new Gathered(room)
  add(late, [['a', 1]], [['a', 2]])
  assert.equal(taken(late), [])
  for (const other of others) other.end()
  assert.is(room.bytes, 0)
  const next = new Gathered(room)
  add(next, [['a', 1]], [['a', 2]])
  assert.equal(taken(next), [[1, 2]])
})

test.run()
