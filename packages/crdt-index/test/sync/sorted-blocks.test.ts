import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { blocksOf, updateBlocks, type Block } from '../../src/sync/sorted-blocks.ts'

const test = suite('sorted blocks')
const WIDTH = 2

const keyOf = (number: number): Uint8Array => Uint8Array.of(number >> 8, number & 255)
const numbersIn = (blocks: readonly Block[]): number[] => blocks.flatMap(({ data, count }) => {
  assert.is(data.length, count * WIDTH)
  return Array.from({ length: count }, (_, at) => data[2 * at]! << 8 | data[2 * at + 1]!)
})
const ascending = (numbers: Iterable<number>): number[] => [...numbers].sort((a, b) => a - b)

test('whatever comes and goes, the blocks have what a set has, in order', () => {
  const change = fc.tuple(fc.nat(4000), fc.boolean())
  const bulk = fc.tuple(fc.nat(3000), fc.integer({ min: 1, max: 900 }), fc.boolean()).map(([from, count, isThere]) => Array.from({ length: count }, (_, n): [number, boolean] => [from + n, isThere]))
  fc.assert(fc.property(fc.array(fc.oneof(fc.array(change, { maxLength: 40 }), bulk), { maxLength: 25 }), steps => {
    const set = new Set<number>()
    let blocks: readonly Block[] = []
    for (const step of steps) {
      const last = new Map(step)
      const before = numbersIn(blocks)
      const updated = updateBlocks(blocks, WIDTH, ascending(last.keys()).map(number => ({ key: keyOf(number), isThere: last.get(number) === true })))
      assert.equal(numbersIn(blocks), before, 'a list of blocks stays what it was')
      for (const [number, isThere] of last) if (isThere) set.add(number)
        else set.delete(number)
      blocks = updated
      assert.equal(numbersIn(blocks), ascending(set))
      assert.ok(blocks.every(({ count }) => count >= 1 && count <= 256))
      assert.ok(blocks.slice(0, -1).every(({ count }) => count >= 64), 'only the last may be small')
    }
  }), { numRuns: 200 })
})

test('one more key costs one block', () => {
  const data = new Uint8Array(20_000 * WIDTH)
  for (let n = 0; n < 20_000; n++) data.set(keyOf(2 * n), n * WIDTH)
  const blocks = blocksOf(data, WIDTH)
  const updated = updateBlocks(blocks, WIDTH, [{ key: keyOf(1001), isThere: true }])
  assert.is(updated.filter(block => !blocks.includes(block)).length, 1)
  assert.is(numbersIn(updated).length, 20_001)
})

test.run()
