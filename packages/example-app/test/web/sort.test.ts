// Orders of comments, against a recursive reading of the same tree.
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sortThread, type Dated } from '../../src/web/thread/sort.ts'

const test = suite('web/thread/sort')

interface Comment extends Dated { readonly id: string }

/** Depth first, as a peer lists them; each parent is an earlier one or the post. */
const threads = fc.array(fc.record({ parent: fc.nat(), createdAtMs: fc.nat({ max: 50 }) }), { maxLength: 40 }).map(drawn => {
  const parents = drawn.map(({ parent }, i) => parent % (i + 1) - 1) // -1: the post
  const listed: Comment[] = []
  const list = (parent: number, depth: number): void => {
    for (const [i, { createdAtMs }] of drawn.entries()) {
      if (parents[i] !== parent) continue
      listed.push({ id: `c${i}`, parent: parent === -1 ? 'post' : `c${parent}`, depth, createdAtMs })
      list(i, depth + 1)
    }
  }
  list(-1, 1)
  return listed
})

function naive (comments: readonly Comment[], newest: boolean, parent = 'post'): Comment[] {
  return comments.filter(one => one.parent === parent)
    .toSorted((a, b) => newest ? b.createdAtMs - a.createdAtMs : a.createdAtMs - b.createdAtMs)
    .flatMap(one => [one, ...naive(comments, newest, one.id)])
}

test('the peer\'s own order is left as it is', () => {
  fc.assert(fc.property(threads, comments => { assert.is(sortThread(comments, 'best'), comments) }))
})

test('siblings are sorted by time, and answers stay below what they answer', () => {
  fc.assert(fc.property(threads, fc.boolean(), (comments, newest) => {
    const times = (list: readonly Comment[]): string[] => list.map(({ depth, createdAtMs }) => `${depth}:${createdAtMs}`)
    const sorted = sortThread(comments, newest ? 'new' : 'old')
    assert.is(sorted.length, comments.length)
    for (const [i, { parent, depth }] of sorted.entries()) {
      if (depth > 1) assert.is(sorted.slice(0, i).findLast(before => before.depth === depth - 1)?.id, parent)
    }
    const ties = new Set(comments.map(({ parent, createdAtMs }) => `${parent}:${createdAtMs}`)).size < comments.length
    if (!ties) assert.equal(times(sorted), times(naive(comments, newest)))
  }))
})

test('a chain as deep as it is long costs no stack', () => {
  const chain = Array.from({ length: 20_000 }, (_, i) => ({ id: `c${i}`, parent: i === 0 ? 'post' : `c${i - 1}`, depth: i + 1, createdAtMs: i }))
  assert.is(sortThread(chain, 'new').at(-1)?.id, 'c19999')
})

test.run()
