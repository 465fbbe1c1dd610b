import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { layoutThread, type Placed } from '../../src/web/thread/layout.ts'

const test = suite('layout of a thread')
const NONE: ReadonlySet<string> = new Set()

/** `a1 b2 c1`: names with depths. */
function comments (text: string): Placed[] {
  return text.split(' ').map(word => ({ id: word.charAt(0), depth: Number(word.slice(1)) }))
}

function show (rows: ReturnType<typeof layoutThread>): string {
  return rows.map(row => row.kind === 'comment' ? `${row.comment.id}${row.level}${row.folded ? `(${row.hidden})` : ''}` : `${row.under.id}+${row.hidden}`).join(' ')
}

test('comments keep their order and lose a level', () => {
  assert.is(show(layoutThread(comments('a1 b2 c3 d2 e1'), { folded: NONE, focus: null })), 'a0 b1 c2 d1 e0')
  assert.equal(layoutThread([], { folded: NONE, focus: null }), [])
})

test('a folded comment hides what answers it, and says how much', () => {
  assert.is(show(layoutThread(comments('a1 b2 c3 d2 e1'), { folded: new Set(['a']), focus: null })), 'a0(3) e0')
  assert.is(show(layoutThread(comments('a1 b2 c3 d2 e1'), { folded: new Set(['b', 'e']), focus: null })), 'a0 b1(1) d1 e0(0)')
})

test('what is deeper than a page goes is one row that counts it', () => {
  assert.is(show(layoutThread(comments('a1 b2 c3 d4 e4 f2 g1'), { folded: NONE, focus: null, maxLevels: 2 })), 'a0 b1 b+3 f1 g0')
})

test('the focus begins anew at level 0, and an unknown one shows everything', () => {
  assert.is(show(layoutThread(comments('a1 b2 c3 d2 e1'), { folded: NONE, focus: 'b' })), 'b0 c1')
  assert.is(show(layoutThread(comments('a1 b2'), { folded: NONE, focus: 'x' })), 'a0 b1')
})

test('a chain of 10,000 answers costs a page, whichever part is looked at', () => {
  const chain = Array.from({ length: 10_000 }, (_, i) => ({ id: String(i), depth: i + 1 }))
  assert.is(layoutThread(chain, { folded: NONE, focus: null }).length, 11)
  assert.is(layoutThread(chain, { folded: NONE, focus: '9995' }).length, 5)
  const folded = new Set(chain.map(({ id }) => id))
  assert.equal(layoutThread(chain, { folded, focus: null }).length, 1)
})

test('every comment is drawn, folded away or counted exactly once', () => {
  const thread = fc.array(fc.nat(30), { maxLength: 100 }).map(steps => {
    let depth = 0
    return steps.map((step, i) => {
      depth = Math.min(depth + 1, step + 1)
      return { id: String(i), depth }
    })
  })
  fc.assert(fc.property(thread, fc.uniqueArray(fc.nat(99)), (list, folds) => {
    const rows = layoutThread(list, { folded: new Set(folds.map(String)), focus: null, maxLevels: 5 })
    const shown = rows.reduce((sum, row) => sum + row.hidden + (row.kind === 'comment' ? 1 : 0), 0)
    assert.is(shown, list.length)
    assert.ok(rows.every(row => row.level <= 5))
  }))
})

test.run()
