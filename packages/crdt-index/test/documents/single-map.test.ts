import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { singleMap } from '../../src/documents/single-map.ts'

const test = suite('single map')

test('answers like a Map of one entry', () => {
  const single = singleMap('a', 1)
  const map = new Map([['a', 1]])
  for (const key of ['a', 'b']) {
    assert.is(single.get(key), map.get(key))
    assert.is(single.has(key), map.has(key))
  }
  assert.is(single.size, 1)
  assert.equal([...single], [...map])
  assert.equal([...single.keys()], [...map.keys()])
  assert.equal([...single.values()], [...map.values()])
  assert.equal([...single.entries()], [...map.entries()])
  assert.equal(new Map(single), map)
  const seen: unknown[] = []
  single.forEach((value, key, of) => { seen.push(value, key, of) })
  assert.equal(seen, [1, 'a', single])
})

test.run()
