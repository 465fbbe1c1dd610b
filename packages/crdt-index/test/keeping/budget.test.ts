import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createBudget, type Budget } from '../../src/keeping/budget.ts'
import { Standing } from '../../src/keeping/rank.ts'
import { createUsage, type Usage } from '../../src/keeping/usage.ts'
import type { AuthorId, CommunityAddress, DocumentId } from '../../src/model.ts'

const test = suite('who fits a budget')
const authorOf = (n: number): AuthorId => n.toString(16).padStart(64, '0') as AuthorId
const documentOf = (n: number): DocumentId => ({ community: 'c'.repeat(64) as CommunityAddress, period: 202601, author: authorOf(n), part: 0 })

/** Authors 0 to `count`, each with ten bytes; the higher the number, the more work. */
function filled (count: number, maxBytes: number, standingOf: (author: AuthorId) => Standing): { budget: Budget, usage: Usage } {
  const usage = createUsage(null)
  const budget = createBudget({ usage, maxBytes, standingOf })
  for (let n = 0; n < count; n++) {
    usage.count(documentOf(n), 10)
    budget.met(authorOf(n), 1000 - n)
  }
  return { budget, usage }
}

function drop (budget: Budget, usage: Usage): AuthorId[] {
  const gone = budget.next(100)
  for (const author of gone?.authors ?? []) usage.count({ ...documentOf(0), author }, -10)
  if (gone !== null) budget.dropped(gone, gone.authors.map(author => ({ author, bytes: 10 })))
  return [...gone?.authors ?? []]
}

test('who begins to write here is not dropped, even before the order was made anew', () => {
  const locals = new Set<AuthorId>()
  const { budget, usage } = filled(6, 50, author => locals.has(author) ? Standing.local : Standing.other)
  assert.equal(drop(budget, usage), [authorOf(0)])
  assert.equal(budget.beyond(10), [])
  locals.add(authorOf(1)) // the next to go
  usage.count(documentOf(6), 10)
  budget.met(authorOf(6), 1)
  assert.equal(drop(budget, usage), [authorOf(2)])
  assert.is(budget.isOver, false)
  assert.is(budget.isKept(authorOf(1)), true)
  assert.equal(budget.beyond(10), [], 'nor asked to go again and again')
})

test.run()
