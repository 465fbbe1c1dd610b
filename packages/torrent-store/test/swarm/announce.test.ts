// The announce plan: how often, in what order, and never over budget.
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseInfoHash, type InfoHash } from '../../src/index.ts'
import { createAnnouncePlan, type AnnouncePlan } from '../../src/swarm/announce.ts'

const test = suite('announce plan')
const id = (number: number): InfoHash => parseInfoHash(number.toString(16).padStart(40, '0'))
const create = (options: Partial<Parameters<typeof createAnnouncePlan>[0]> = {}): AnnouncePlan =>
  createAnnouncePlan({ announcesPerSecond: 1, burst: 2, intervalMs: 60_000, nowMs: 0, ...options })

test('nothing planned, nothing to wake for', () => {
  const plan = create()
  assert.is(plan.wakeMs(5), undefined)
  assert.is(plan.take(5), undefined)
  assert.equal(plan.entries(), [])
})

test('a burst, then one a second, each again after its interval', () => {
  const plan = create()
  for (const number of [1, 2, 3]) plan.add(id(number), 0)
  assert.is(plan.wakeMs(0), 0)
  assert.is(plan.take(0), id(1))
  assert.is(plan.take(0), id(2))
  assert.is(plan.take(0), undefined)
  assert.is(plan.wakeMs(0), 1000)
  assert.is(plan.take(999), undefined)
  assert.is(plan.take(1000), id(3))
  assert.equal(plan.entries(), [{ infoHash: id(1), dueMs: 60_000 }, { infoHash: id(2), dueMs: 60_000 }, { infoHash: id(3), dueMs: 61_000 }])
  assert.is(plan.wakeMs(1000), 60_000)
  assert.is(plan.take(59_999), undefined)
  assert.is(plan.take(60_000), id(1))
})

test('adding again changes nothing, removing and postponing do', () => {
  const plan = create()
  plan.add(id(1), 0)
  plan.add(id(2), 0)
  plan.take(0)
  plan.add(id(1), 0)
  plan.postpone(id(2), 7000)
  plan.postpone(id(9), 0)
  assert.equal(plan.entries(), [{ infoHash: id(2), dueMs: 7000 }, { infoHash: id(1), dueMs: 60_000 }])
  plan.remove(id(2))
  assert.is(plan.take(7000), undefined)
})

test('over any time the budget holds, wakeMs tells the truth, and everybody gets a turn', () => {
  const budget = fc.record({ announcesPerSecond: fc.constantFrom(0.5, 1, 3), burst: fc.integer({ min: 1, max: 5 }), intervalMs: fc.integer({ min: 1, max: 30_000 }) })
  const steps = fc.array(fc.tuple(fc.constantFrom('add', 'remove', 'postpone', 'wait', 'wait', 'wake', 'wake'), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 3000 })), { maxLength: 200 })
  fc.assert(fc.property(budget, steps, (options, steps) => {
    const plan = create(options)
    const taken: number[] = []
    let nowMs = 0
    for (const [kind, number, ms] of steps) {
      if (kind === 'add') plan.add(id(number), nowMs)
      else if (kind === 'remove') plan.remove(id(number))
      else if (kind === 'postpone') plan.postpone(id(number), nowMs + ms)
      else nowMs = kind === 'wait' ? nowMs + ms : Math.max(nowMs, plan.wakeMs(nowMs) ?? nowMs)
      const expected = plan.wakeMs(nowMs)
      const got = plan.take(nowMs)
      assert.is(got !== undefined, expected !== undefined && expected <= nowMs)
      if (got !== undefined) taken.push(nowMs)
    }
    for (const [first, startMs] of taken.entries()) {
      for (const [last, endMs] of taken.entries()) {
        if (last >= first) assert.ok(last - first + 1 <= options.burst + (endMs - startMs) / 1000 * options.announcesPerSecond + 1e-6)
      }
    }
    // From here on undisturbed: whoever is planned comes within its wait, its turn and the interval.
    const planned = new Set(plan.entries().map(({ infoHash }) => infoHash))
    const latest = Math.max(nowMs, ...plan.entries().map(({ dueMs }) => dueMs)) + (planned.size + 1) * 1000 / options.announcesPerSecond
    for (let wake = plan.wakeMs(nowMs); wake !== undefined && wake <= latest && planned.size > 0; wake = plan.wakeMs(wake)) {
      const got = plan.take(wake)
      if (got !== undefined) planned.delete(got)
    }
    if (options.intervalMs > 21_000 / options.announcesPerSecond) assert.is(planned.size, 0)
  }), { numRuns: 300 })
})

test.run()
