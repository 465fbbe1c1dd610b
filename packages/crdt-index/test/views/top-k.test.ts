import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTopK } from '../../src/views/top-k.ts'

const test = suite('top k')

const ascending = (a: number, b: number): number => a - b

test('keeps the first k of a stream, and knows the last of them', () => {
  fc.assert(fc.property(fc.array(fc.nat(50), { maxLength: 200, size: 'max' }), fc.integer({ min: 1, max: 40 }), (numbers, k) => {
    const top = createTopK<number>(k, ascending)
    numbers.forEach((number, n) => {
      top.offer(number)
      const kept = numbers.slice(0, n + 1).sort(ascending)
      assert.is(top.last(), kept.length < k ? undefined : kept[k - 1])
    })
    assert.equal(top.drain(), numbers.toSorted(ascending).slice(0, k))
    assert.equal(top.drain(), [])
  }))
})

test.run()
