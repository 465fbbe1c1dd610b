import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { share } from '../../../src/queries/live/share.ts'

const test = suite('core/queries/live/share')

interface Item { id: string, n: number }
const items = fc.uniqueArray(fc.record<Item>({ id: fc.string({ maxLength: 2 }), n: fc.integer({ min: 0, max: 2 }) }, { noNullPrototype: true }), { selector: ({ id }) => id, maxLength: 8 })

test('the result equals the new value, and is the old one when they are equal', () => {
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
    const frozen = structuredClone(after)
    assert.equal(share(before, after), frozen)
    assert.is(share(before, structuredClone(before)), before)
  }))
})

test('an item that is equal keeps its identity wherever it moves', () => {
  fc.assert(fc.property(items, items, (before, after) => {
    const result = share(before, structuredClone(after))
    assert.equal(result, after)
    for (const item of result) {
      const old = before.find(({ id }) => id === item.id)
      assert.is(item === old, old !== undefined && old.n === item.n)
    }
    const same = before.length === after.length && before.every(({ id, n }, i) => after[i]?.id === id && after[i].n === n)
    assert.is(result === before, same)
  }))
})

test('listings of one content by two authors keep theirs each', () => {
  const before = [{ id: 'x', author: 'a', n: 1 }, { id: 'x', author: 'b', n: 1 }]
  const [first, second] = share(before, [{ id: 'x', author: 'b', n: 1 }, { id: 'x', author: 'a', n: 1 }])
  assert.is(first, before[1])
  assert.is(second, before[0])
})

test('a key that is gone, new or undefined makes another object', () => {
  const before: object = { a: 1, b: undefined }
  assert.is.not(share(before, { a: 1 }), before)
  assert.is.not(share(before, { a: 1, c: undefined }), before)
  assert.is(share(before, { a: 1, b: undefined }), before)
})

test.run()
