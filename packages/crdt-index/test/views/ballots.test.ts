import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Ballots } from '../../src/views/ballots.ts'

const test = suite('ballots')

test('a table of votes is a map from author and row to a value', () => {
  const change = fc.tuple(fc.oneof(fc.nat(6), fc.constant(1_000_000)), fc.oneof(fc.nat(30), fc.constant(2 ** 30 - 2)), fc.constantFrom<-1 | 0 | 1>(-1, 0, 1))
  let removed = 0
  fc.assert(fc.property(fc.array(change, { maxLength: 400, size: 'max' }), changes => {
    const table = new Ballots()
    const map = new Map<string, -1 | 1>()
    for (const [author, row, value] of changes) {
      table.set(author, row, value)
      if (value !== 0) map.set(`${author} ${row}`, value)
      else if (map.delete(`${author} ${row}`)) removed++
    }
    const found = new Map<string, -1 | 1>()
    table.forEach((author, row, value) => {
      assert.not(found.has(`${author} ${row}`))
      found.set(`${author} ${row}`, value)
    })
    assert.equal(found, map)
  }), { numRuns: 300 })
  assert.ok(removed > 300, `votes were taken back: ${removed}`)
})

test('100,000 votes of one author come and go', () => {
  const table = new Ballots()
  for (let row = 0; row < 100_000; row++) table.set(7, row, 1)
  for (let row = 0; row < 100_000; row += 2) table.set(7, row, 0)
  let sum = 0
  table.forEach((author, row, value) => { sum += author === 7 && row % 2 === 1 ? value : Number.NaN })
  assert.is(sum, 50_000)
})

test.run()
