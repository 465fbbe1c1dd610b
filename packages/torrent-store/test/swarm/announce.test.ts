// The announce plan: how often, in what order, never over budget, and nobody left out.
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseInfoHash, type InfoHash } from '../../src/index.ts'
import { createAnnouncePlan, type AnnouncePlan, type AnnouncePlanOptions } from '../../src/swarm/announce.ts'
import { MAX_ANNOUNCE_WEIGHT, weighAnnounce, type AnnounceFacts } from '../../src/swarm/announce-weight.ts'

const test = suite('announce plan')
const id = (number: number): InfoHash => parseInfoHash(number.toString(16).padStart(40, '0'))
const create = (options: Partial<AnnouncePlanOptions> = {}): AnnouncePlan =>
  createAnnouncePlan({ announcesPerSecond: 1, burst: 2, intervalMs: 60_000, nowMs: 0, ...options })

test('nothing planned, nothing to wake for', () => {
  const plan = create()
  assert.is(plan.wakeMs(5), undefined)
  assert.is(plan.take(5), undefined)
  assert.equal(plan.next(3, 5), [])
  assert.equal(plan.budget(5), { perSecond: 1, burst: 2, tokens: 2, nextTokenMs: -1000 })
})

test('a burst, then one a second, each again after its interval', () => {
  const plan = create()
  for (const number of [1, 2, 3]) plan.add(id(number), 0)
  assert.is(plan.wakeMs(0), 0)
  assert.equal(plan.next(4, 0), [{ infoHash: id(1), atMs: 0 }, { infoHash: id(2), atMs: 0 }, { infoHash: id(3), atMs: 1000 }, { infoHash: id(1), atMs: 60_000 }])
  assert.is(plan.take(0), id(1))
  assert.is(plan.take(0), id(2))
  assert.is(plan.take(0), undefined)
  assert.equal(plan.budget(500), { perSecond: 1, burst: 2, tokens: 0, nextTokenMs: 1000 })
  assert.is(plan.wakeMs(0), 1000)
  assert.is(plan.take(999), undefined)
  assert.is(plan.take(1000), id(3))
  assert.is(plan.readyMs(id(1)), 60_000)
  assert.is(plan.readyMs(id(3)), 61_000)
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
  assert.is(plan.size, 2)
  assert.equal([1, 2, 9].map(number => plan.readyMs(id(number))), [60_000, 7000, undefined])
  plan.remove(id(2))
  assert.is(plan.take(7000), undefined)
})

test('who weighs less goes first, and a new weight counts at once', () => {
  const plan = create({ burst: 10 })
  plan.add(id(1), 0, 4)
  plan.add(id(2), 0, 1)
  plan.add(id(3), 0, 1 / 16)
  plan.add(id(4), 0, 2)
  plan.add(id(1), 0, 1 / 8)
  assert.equal([0, 0, 0, 0].map(nowMs => plan.take(nowMs)), [id(3), id(1), id(2), id(4)])
})

const order = { priority: ['own', 'upvoted', 'cached'], peers: [0, 3, 11], ageMs: [0, 2 * 86_400_000, 40 * 86_400_000] } as const
test('own before upvoted before cached, new before old, rare before common, and what is not known counts as old and rare', () => {
  const facts: fc.Arbitrary<AnnounceFacts> = fc.record({ priority: fc.constantFrom(...order.priority), ageMs: fc.constantFrom(...order.ageMs), peers: fc.constantFrom(...order.peers) })
  fc.assert(fc.property(facts, fc.constantFrom('priority', 'peers', 'ageMs'), (facts, axis) => {
    const weights = order[axis].map(value => weighAnnounce({ ...facts, [axis]: value }).weight)
    assert.ok(weights.every((weight, index) => index === 0 || weight > (weights[index - 1] ?? 0)), weights.join(' '))
    assert.ok(weights.every(weight => weight >= 1 / 16 && weight <= MAX_ANNOUNCE_WEIGHT))
  }))
  assert.equal(weighAnnounce({ priority: 'own', ageMs: undefined, peers: undefined }), { priority: 'own', recency: 'older', rarity: 'rare', weight: 1 / 4 })
  assert.equal(weighAnnounce({ priority: 'cached', ageMs: 1e15, peers: 1e15 }), { priority: 'cached', recency: 'older', rarity: 'common', weight: MAX_ANNOUNCE_WEIGHT })
})

/** The rules of announce.ts said once more, with arrays and no heap. */
function naivePlan ({ announcesPerSecond, burst, intervalMs }: AnnouncePlanOptions): Pick<AnnouncePlan, 'add' | 'remove' | 'take' | 'postpone'> {
  const turns: Array<{ infoHash: InfoHash, readyMs: number, deadlineMs: number, weight: number }> = []
  const spentMs: number[] = [] // of every token: its place in a line that moves at announcesPerSecond
  const msPerToken = 1000 / announcesPerSecond
  const find = (infoHash: InfoHash): typeof turns[number] | undefined => turns.find(turn => turn.infoHash === infoHash)
  let most = 0
  const deadline = (turn: typeof turns[number]): void => { turn.deadlineMs = turn.readyMs + turn.weight * 2 ** Math.ceil(Math.log2(most)) * msPerToken }
  return {
    add (infoHash, nowMs, weight = 0) {
      const known = find(infoHash)
      if (known?.weight === weight) return
      const turn = known ?? { infoHash, readyMs: nowMs, deadlineMs: 0, weight }
      if (known === undefined) turns.push(turn)
      turn.weight = weight
      most = Math.max(most, turns.length)
      for (const turn of turns) deadline(turn)
    },
    remove (infoHash) {
      const at = turns.findIndex(turn => turn.infoHash === infoHash)
      if (at !== -1) turns.splice(at, 1)
    },
    take (nowMs) {
      const lineMs = spentMs.reduce((line, spent) => Math.max(line, spent) + msPerToken, 0)
      const next = turns.filter(({ readyMs }) => readyMs <= nowMs).reduce<typeof turns[number] | undefined>((first, turn) => first === undefined || turn.deadlineMs < first.deadlineMs ? turn : first, undefined)
      if (next === undefined || lineMs - (burst - 1) * msPerToken > nowMs) return undefined
      spentMs.push(nowMs)
      next.readyMs = nowMs + intervalMs
      deadline(next)
      return next.infoHash
    },
    postpone (infoHash, readyMs) {
      const turn = find(infoHash)
      if (turn === undefined) return
      turn.readyMs = readyMs
      deadline(turn)
    }
  }
}

const budgets = fc.record({ announcesPerSecond: fc.constantFrom(0.5, 1, 4), burst: fc.integer({ min: 1, max: 5 }), intervalMs: fc.integer({ min: 1, max: 30_000 }) })
const weights = fc.constantFrom(0, 1 / 16, 1 / 4, 1, 4)
const steps = fc.array(fc.tuple(fc.constantFrom('add', 'add', 'remove', 'postpone', 'wait', 'wake', 'wake'), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 3000 }), weights), { maxLength: 200 })

test('it is the naive plan, keeps the budget, and wakeMs tells the truth', () => {
  fc.assert(fc.property(budgets, steps, (options, steps) => {
    const plan = create(options)
    const naive = naivePlan({ ...options, nowMs: 0 })
    const taken: number[] = []
    let nowMs = 0
    for (const [kind, number, ms, weight] of steps) {
      if (kind === 'add') for (const one of [plan, naive]) one.add(id(number), nowMs, weight)
      else if (kind === 'remove') for (const one of [plan, naive]) one.remove(id(number))
      else if (kind === 'postpone') for (const one of [plan, naive]) one.postpone(id(number), nowMs + ms)
      else nowMs = kind === 'wait' ? nowMs + ms : Math.max(nowMs, plan.wakeMs(nowMs) ?? nowMs)
      const expected = plan.wakeMs(nowMs)
      assert.is(plan.budget(nowMs).tokens > 0, plan.budget(nowMs).nextTokenMs <= nowMs)
      const got = plan.take(nowMs)
      assert.is(got, naive.take(nowMs))
      assert.is(got !== undefined, expected !== undefined && expected <= nowMs)
      if (got !== undefined) taken.push(nowMs)
    }
    for (const [first, startMs] of taken.entries()) {
      for (const [last, endMs] of taken.entries()) {
        if (last >= first) assert.ok(last - first + 1 <= options.burst + (endMs - startMs) / 1000 * options.announcesPerSecond + 1e-6)
      }
    }
  }), { numRuns: 300 })
})

test('the turns that it foretells are the turns that it takes', () => {
  fc.assert(fc.property(budgets, fc.array(fc.tuple(weights, fc.integer({ min: 0, max: 5000 })), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 25 }), (options, seeds, count) => {
    const plan = create(options)
    let nowMs = 0
    for (const [number, [weight, ms]] of seeds.entries()) {
      nowMs += ms
      plan.add(id(number), nowMs, weight)
      if (number % 3 === 0) plan.take(nowMs)
    }
    const foretold = plan.next(count, nowMs)
    assert.is(foretold.length, count)
    for (const { infoHash, atMs } of foretold) {
      assert.is(plan.wakeMs(nowMs), atMs)
      assert.is(plan.take(nowMs = atMs), infoHash)
    }
  }), { numRuns: 200 })
})

test('nobody starves: a turn comes within weight + 1 rounds of getting ready, whoever else comes and goes', () => {
  fc.assert(fc.property(budgets, fc.array(weights, { minLength: 1, maxLength: 30 }), fc.array(fc.tuple(fc.integer({ min: 0, max: 29 }), weights), { maxLength: 300 }), (options, seeds, changes) => {
    const plan = create(options)
    const roundMs = 1000 / options.announcesPerSecond * 2 ** Math.ceil(Math.log2(seeds.length + 1))
    const victim = id(999)
    plan.add(victim, 0, 4)
    for (const [number, weight] of seeds.entries()) plan.add(id(number), 0, weight)
    let nowMs = 0
    let lastMs = 0
    for (let turn = 0; turn < 1000; turn++) {
      const [number, weight] = changes[turn % Math.max(changes.length, 1)] ?? [0, 0]
      if (number < seeds.length) plan.add(id(number), nowMs, weight)
      nowMs = plan.wakeMs(nowMs) ?? assert.unreachable() as never
      const readyMs = plan.readyMs(victim) ?? 0
      if (plan.take(nowMs) === victim) {
        assert.ok(nowMs - readyMs <= 5 * roundMs + 1e-6, `${nowMs - readyMs} ms of ${5 * roundMs}`)
        lastMs = nowMs
      }
    }
    assert.ok(nowMs - lastMs <= options.intervalMs + 5 * roundMs)
  }), { numRuns: 200 })
})

test('10,000 torrents on one announce a second: every one has its turn, and the 100 that are own, new and rare have four times as many', () => {
  const plan = create({ burst: 5, intervalMs: 900_000 })
  const turns = new Map<InfoHash, number>()
  for (let number = 0; number < 10_000; number++) plan.add(id(number), 0, number < 100 ? 1 / 16 : 1)
  for (let nowMs = 0; nowMs < 36 * 3_600_000; nowMs = plan.wakeMs(nowMs) ?? Infinity) {
    const infoHash = plan.take(nowMs)
    if (infoHash !== undefined) turns.set(infoHash, (turns.get(infoHash) ?? 0) + 1)
  }
  assert.is(turns.size, 10_000)
  const mean = (from: number, to: number): number => Array.from({ length: to - from }, (_, index) => turns.get(id(from + index)) ?? 0).reduce((sum, one) => sum + one) / (to - from)
  assert.ok(mean(0, 100) > 4 * mean(100, 10_000), `${mean(0, 100)} turns and ${mean(100, 10_000)}`)
})

test.run()
