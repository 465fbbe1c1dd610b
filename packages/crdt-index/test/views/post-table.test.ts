import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NONE } from '../../src/views/columns.ts'
import { BLOCK_POSTS, PostTable } from '../../src/views/post-table.ts'

const test = suite('table of posts')

interface Post { timeMs: number, up: number, down: number }

test('places hold what was put there, and no bound is exceeded, whatever comes and goes', () => {
  const ROWS = 3 * BLOCK_POSTS
  const operation = fc.tuple(fc.constantFrom('add', 'add', 'vote', 'remove', 'time', 'empty'), fc.nat(ROWS - 1), fc.nat(50), fc.nat(50))
  fc.assert(fc.property(fc.array(operation, { maxLength: 300, size: 'max' }), fc.nat(ROWS), fc.boolean(), (operations, atFirst, isWeighed) => {
    const table = new PostTable(1000)
    if (isWeighed) table.weigh(new Float64Array(ROWS), new Float64Array(ROWS))
    const posts = new Map<number, Post>()
    const add = (row: number, post: Post): void => {
      if (posts.has(row)) return
      table.add(row, 1000 + post.timeMs, post.up, post.down, post.up * 3, post.down * 5)
      posts.set(row, post)
    }
    for (let row = 0; row < atFirst; row++) add(row, { timeMs: row % 97, up: row % 13, down: row % 7 })
    for (const [what, row, a, b] of operations) {
      const post = posts.get(row)
      if (what === 'add') add(row, { timeMs: a + b, up: a, down: b })
      else if (post === undefined) continue
      else if (what === 'vote') {
        post.up = a
        post.down = b
        table.keys.set(table.placeOf(row), a, b)
        table.weights?.set(table.placeOf(row), a * 3, b * 5)
      } else if (what === 'time') {
        post.timeMs = a
        table.setTime(row, 1000 + a)
      } else {
        for (const gone of what === 'empty' ? [...posts.keys()] : [row]) {
          table.remove(gone)
          posts.delete(gone)
        }
      }
    }
    assert.is(table.count, posts.size)
    for (let row = 0; row < ROWS; row++) {
      const place = table.placeOf(row)
      const post = posts.get(row)
      assert.is(place !== NONE, post !== undefined)
      if (post === undefined) continue
      const block = Math.floor(place / BLOCK_POSTS)
      assert.equal([table.row[place], table.time[place], table.keys.score[place], table.keys.votes[place]], [row, post.timeMs, post.up - post.down, post.up + post.down])
      assert.ok(table.newest[block]! >= post.timeMs && table.keys.maxScore[block]! >= post.up - post.down && table.keys.maxMinor[block]! >= Math.min(post.up, post.down))
      if (!isWeighed) continue
      assert.equal([table.weights?.score[place], table.weights?.votes[place]], [post.up * 3 - post.down * 5, post.up * 3 + post.down * 5])
      assert.ok(table.weights !== null && table.weights.maxScore[block]! >= post.up * 3 - post.down * 5 && table.weights.maxMinor[block]! >= Math.min(post.up * 3, post.down * 5))
    }
  }), { numRuns: 100 })
})

test('a block that was emptied begins anew', () => {
  const table = new PostTable(0)
  table.add(0, 90, 50, 40, 0, 0)
  table.remove(0)
  table.add(1, 5, 1, 2, 0, 0)
  assert.equal([table.newest[0], table.keys.maxScore[0], table.keys.maxMinor[0]], [5, -1, 1])
})

test.run()
