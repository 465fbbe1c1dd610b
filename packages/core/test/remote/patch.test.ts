import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { share } from '../../src/queries/live/share.ts'
import { apply, diff } from '../../src/remote/patch.ts'

const test = suite('patches of live values')

const item = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), author: fc.constantFrom('x', 'y'), score: fc.integer({ min: 0, max: 3 }), profile: fc.record({ name: fc.option(fc.constantFrom('n', 'm')) }) })
const page = fc.record({ items: fc.array(item, { maxLength: 8 }), next: fc.option(fc.string()) })
const anything = fc.oneof(page, fc.array(item), fc.jsonValue(), fc.dictionary(fc.constantFrom('__proto__', 'at', 'value', 'same', 'items', 'fields', 'from', 'k'), fc.jsonValue()))

test('lead from any value to any other, through a clone', () => {
  fc.assert(fc.property(anything, anything, (first, second) => {
      const [before, raw] = structuredClone([first, second])
    const after = share(before, raw)
    const there = structuredClone(before)
    const patch = structuredClone(diff(before, after))
    assert.equal(apply(there, patch), after)
  }), { numRuns: 2000 })
})

test('keep what did not change, wherever it moved', () => {
  fc.assert(fc.property(page, page, (first, second) => {
      const [before, raw] = structuredClone([first, second])
    const after = share(before, raw)
    const there = structuredClone(before)
    const got = apply(there, structuredClone(diff(before, after))) as typeof before
    after.items.forEach((kept, i) => {
      const was = before.items.indexOf(kept)
      if (was !== -1) assert.ok(there.items.includes(got.items[i] as typeof kept), 'an unchanged item is the same object')
    })
    if (after.items === before.items) assert.is(got.items, there.items)
  }), { numRuns: 1000 })
})

test('a vote in a thread of a thousand comments costs little', () => {
  const comments = Array.from({ length: 1000 }, (_, i) => ({ id: `c${i}`, author: 'a', score: 0, text: 'word '.repeat(50) }))
  const before = { title: 't', post: { id: 'p', author: 'a' }, comments }
  const after = share(before, { ...before, comments: comments.map((comment, i) => i === 500 ? { ...comment, score: 1 } : { ...comment }) })
  const bytes = JSON.stringify(diff(before, after)).length
  assert.ok(bytes < 200, `${bytes} bytes`)
})

test.run()
