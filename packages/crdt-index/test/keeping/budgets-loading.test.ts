// What carries out a budget is loaded when it is needed, and a page may have lost its server then.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createBudgets, type BudgetsOptions } from '../../src/keeping/budgets.ts'
import type { BudgetKeeper } from '../../src/keeping/budget-keeper.ts'
import { Standing } from '../../src/keeping/rank.ts'
import type { AuthorId, CommunityAddress } from '../../src/model.ts'
import { createCommunityState } from '../../src/shards/communities.ts'

const test = suite('loading budgets')
const address = 'ab'.repeat(32) as CommunityAddress

test('one that left somebody out says so until it is loaded, and is loaded as soon as it can be', async () => {
  const state = createCommunityState({ address, joinedAtMs: 1, genesis: null, genesisBytes: undefined })
  let nowMs = 1_000_000
  let asked = 0
  let isThere = false
  const opened: unknown[] = []
  const keeper = {
    has: (one: unknown) => opened.includes(one),
    open: async (one: unknown) => { opened.push(one) },
    enforce: async () => {},
    leavesOut: () => false,
    status: () => ({ bytes: 0, budgetBytes: 5, authorsLeftOut: 0, partial: false }),
    close: () => {}
  } as unknown as BudgetKeeper
  const budgets = createBudgets({
    clock: () => nowMs,
    maxBytes: 5,
    store: { budgets: { read: async () => ({ maxBytes: null, threshold: { standing: Standing.other, work: 1, author: '0'.repeat(64) as AuthorId }, retriedMs: 1, preferred: [], ranked: [] }) } },
    loadKeeper: async () => {
      asked++
      if (!isThere) throw new TypeError('no server')
      return { createBudgetKeeper: () => keeper }
    }
  } as unknown as BudgetsOptions)
  await budgets.open(state)
  assert.equal([asked, budgets.leavesOut(address), budgets.status(address).partial], [1, true, true])
  await budgets.enforce(state)
  assert.is(asked, 1, 'not with every batch')
  nowMs += 10_000
  await budgets.enforce(state)
  assert.is(asked, 2)
  isThere = true
  await budgets.enforce(state)
  assert.equal([asked, opened.length], [2, 0])
  nowMs -= 3_600_000 // a clock that was ahead keeps nobody waiting
  await budgets.enforce(state)
  assert.equal([asked, opened], [3, [state]])
  assert.equal([budgets.leavesOut(address), budgets.status(address).partial], [false, false])
  budgets.close()
})

test.run()
