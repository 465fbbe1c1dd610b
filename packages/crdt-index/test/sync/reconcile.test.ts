import * as assert from 'uvu/assert'
import fc from 'fast-check'
import { suite } from 'uvu'
import { CrdtIndexError } from '../../src/errors.ts'
import { RECONCILE_ITEM_BYTES, RECONCILE_MESSAGE_BYTES } from '../../src/limits.ts'
import { createItemSet, type ItemSet } from '../../src/sync/item-set.ts'
import { createReconciliation, type ReconciliationStep } from '../../src/sync/reconcile.ts'
import { ReconcileWriter } from '../../src/sync/reconcile-codec.ts'

const test = suite('range-based set reconciliation')

/** Item number `n` of a universe: four authors, hashes spread by a multiplicative hash. */
function itemOf (n: number): Uint8Array {
  const item = new Uint8Array(RECONCILE_ITEM_BYTES)
  const view = new DataView(item.buffer)
  view.setUint32(0, n % 4)
  for (let word = 0; word < 8; word++) view.setUint32(8 + word * 4, Math.imul(n * 8 + word + 1, 0x9e3779b1) ^ (n << word))
  return item
}
const hex = (item: Uint8Array): string => Buffer.from(item).toString('hex')
const hexes = (items: readonly Uint8Array[]): string[] => items.map(hex).sort()
const lacking = (from: readonly Uint8Array[], other: readonly Uint8Array[]): string[] => {
  const known = new Set(other.map(hex))
  return [...new Set(from.map(hex))].filter(item => !known.has(item)).sort()
}

interface Outcome { readonly a: ReconciliationStep, readonly b: ReconciliationStep, readonly messages: number, readonly bytes: number, readonly largest: number }
function reconcile (a: ItemSet, b: ItemSet, options: { salt?: Uint8Array, maxMessageBytes?: number } = {}): Outcome {
  const sides = [createReconciliation({ set: a, ...options }), createReconciliation({ set: b, ...options })] as const
  const learnt = [{ reply: null, have: [], need: [] }, { reply: null, have: [], need: [] }] as [ReconciliationStep, ReconciliationStep]
  let message: Uint8Array | null = sides[0].start()
  let messages = 0
  let bytes = 0
  let largest = 0
  for (let turn = 1; message !== null; turn = 1 - turn) {
    messages++
    bytes += message.length
    largest = Math.max(largest, message.length)
    const step: ReconciliationStep = (turn === 1 ? sides[1] : sides[0]).receive(message)
    const side = turn === 1 ? learnt[1] : learnt[0]
    side.have.push(...step.have)
    side.need.push(...step.need)
    message = step.reply
  }
  return { a: learnt[0], b: learnt[1], messages, bytes, largest }
}

function assertDifference (as: Uint8Array[], bs: Uint8Array[], options: { salt?: Uint8Array, maxMessageBytes?: number } = {}): Outcome {
  const outcome = reconcile(createItemSet(as), createItemSet(bs), options)
  const onlyA = lacking(as, bs)
  const onlyB = lacking(bs, as)
  assert.equal(hexes(outcome.a.have), onlyA, 'a has')
  assert.equal(hexes(outcome.b.need), onlyA, 'b needs')
  assert.equal(hexes(outcome.b.have), onlyB, 'b has')
  assert.equal(hexes(outcome.a.need), onlyB, 'a needs')
  assert.ok(outcome.largest <= (options.maxMessageBytes ?? RECONCILE_MESSAGE_BYTES), 'a message exceeds its bound')
  return outcome
}

const numbers = fc.uniqueArray(fc.nat(5000), { maxLength: 700, size: 'max' })
const options = fc.record({ salt: fc.uint8Array({ minLength: 16, maxLength: 16 }), maxMessageBytes: fc.integer({ min: 2048, max: 6000 }) }, { requiredKeys: [] })

test('finds what either side lacks, in random sets and under any message bound', () => {
  fc.assert(fc.property(numbers, numbers, options, (as, bs, options) => {
    assertDifference(as.map(itemOf), bs.map(itemOf), options)
  }), { numRuns: 150 })
})

test('finds few differences of similar sets', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 3000 }), fc.uniqueArray(fc.nat(3000), { maxLength: 20 }), fc.uniqueArray(fc.nat(3000), { maxLength: 20 }), options, (size, withoutA, withoutB, options) => {
    const all = Array.from({ length: size }, (_, n) => n)
    assertDifference(all.filter(n => !withoutA.includes(n)).map(itemOf), all.filter(n => !withoutB.includes(n)).map(itemOf), options)
  }), { numRuns: 60 })
})

test('says nothing about identical sets but the first fingerprints', () => {
  const items = Array.from({ length: 5000 }, (_, n) => itemOf(n))
  assert.is(assertDifference(items, items).messages, 1)
  assert.is(assertDifference([], []).messages, 1)
})

test('brings a newcomer 60,000 items in messages within the bound, whoever begins', () => {
  const items = Array.from({ length: 60_000 }, (_, n) => itemOf(n))
  const many = createItemSet(items)
  const none = createItemSet([])
  for (const [a, b] of [[none, many], [many, none]] as const) {
    const { a: left, b: right, messages, largest } = reconcile(a, b)
    const needed = a === none ? left.need : right.need
    assert.is(needed.length, many.size)
    assert.equal(hexes(needed), hexes(items))
    assert.ok(largest <= RECONCILE_MESSAGE_BYTES)
    assert.ok(messages <= 14, `${messages} messages`)
  }
})

test('keeps the messages few and small for 100 differences in 20,000', () => {
  const all = Array.from({ length: 20_000 }, (_, n) => itemOf(n))
  const { messages, bytes } = assertDifference(all.filter((_, n) => n % 400 !== 0), all.filter((_, n) => n % 400 !== 200))
  assert.ok(messages <= 6, `${messages} messages`)
  assert.ok(bytes < 100_000, `${bytes} bytes`)
})

test('a salt changes every fingerprint, the order of insertion and duplicates none', () => {
  const items = Array.from({ length: 100 }, (_, n) => itemOf(n))
  const set = createItemSet(items)
  assert.equal(createItemSet([...items].reverse().concat(items)).fingerprint(3, 90), set.fingerprint(3, 90))
  assert.not.equal(set.salted(new Uint8Array(16)).fingerprint(3, 90), set.fingerprint(3, 90))
  assert.not.equal(set.salted(new Uint8Array(16)).fingerprint(3, 90), set.salted(new Uint8Array(16).fill(1)).fingerprint(3, 90))
})

test('refuses items of another length', () => {
  assert.throws(() => createItemSet([new Uint8Array(32)]), (error: unknown) => error instanceof TypeError)
})

function assertRefusedOrAnswered (message: Uint8Array): 'refused' | 'answered' {
  const side = createReconciliation({ set: createItemSet(Array.from({ length: 300 }, (_, n) => itemOf(n))) })
  try {
    const { reply } = side.receive(message)
    assert.ok(reply === null || reply.length <= RECONCILE_MESSAGE_BYTES)
    return 'answered'
  } catch (error) {
    assert.ok(error instanceof CrdtIndexError && error.code === 'BAD_FRAME', String(error))
    return 'refused'
  }
}

test('answers or refuses any bytes', () => {
  const honest = createReconciliation({ set: createItemSet(Array.from({ length: 500 }, (_, n) => itemOf(n * 3))) }).start()
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), message => { assertRefusedOrAnswered(message) }), { numRuns: 500 })
  fc.assert(fc.property(fc.nat(honest.length - 1), fc.nat(255), fc.nat(honest.length), (at, value, length) => {
    const message = honest.slice()
    message[at] = value
    assertRefusedOrAnswered(message)
    assertRefusedOrAnswered(honest.slice(0, length))
  }), { numRuns: 500 })
})

const LIST = 2 << 6
const DIFFERENCE = 3 << 6
for (const [name, message] of [
  ['an empty message', []],
  ['unknown flags', [2]],
  ['a count without its items', [0, LIST, 255, 255, 255, 127]],
  ['a count of five bytes', [0, LIST, 255, 255, 255, 255, 1]],
  ['a bound longer than an item', [0, LIST | 41, ...new Uint8Array(41).fill(1), 0]],
  ['bounds that do not ascend', [0, LIST | 1, 5, 0, LIST | 1, 5, 0]],
  ['a range above infinity', [0, LIST, 0, LIST | 1, 5, 0]],
  ['an item outside its range', [0, LIST | 1, 5, 1, ...new Uint8Array(40).fill(6)]],
  ['items that do not ascend', [0, LIST, 2, ...new Uint8Array(40).fill(6), ...new Uint8Array(40).fill(6)]],
  ['a position outside the range', [0, DIFFERENCE, 0, 1, 255, 127]],
  ['more positions than bytes', [0, DIFFERENCE, 0, 255, 255, 255, 127]]
] as const) {
  test(`refuses ${name}`, () => { assert.is(assertRefusedOrAnswered(Uint8Array.from(message)), 'refused') })
}

test('refuses to keep more waiting than its bound, and to go on for ever', () => {
  const set = createItemSet(Array.from({ length: 300 }, (_, n) => itemOf(n)))
  const side = createReconciliation({ set })
  assert.throws(() => { for (;;) side.receive(Uint8Array.of(1)) }, (error: unknown) => error instanceof CrdtIndexError && /too many messages/.test(error.message))
})

test('a full message, or a salt, is worked off in small pieces', () => {
  const set = createItemSet(Array.from({ length: 2000 }, (_, n) => {
    const item = new Uint8Array(40)
    new DataView(item.buffer).setUint32(0, n * 2_000_003)
    return item
  }))
  const writer = new ReconcileWriter(512 * 1024)
  let ranges = 0
  for (let lower = new Uint8Array(0), n = 1; n < 65_536; n += 8, ranges++) {
    const upper = Uint8Array.of(n >> 8, n & 255)
    writer.fingerprint({ lower, upper }, set.fingerprint(set.lowerBound(lower), set.lowerBound(upper)))
    lower = upper
  }
  const pieces = <T>(work: Generator<void, T, undefined>): number => [...work].length
  assert.ok(pieces(createReconciliation({ set }).receiving(writer.finish(false))) >= ranges)
  assert.ok(pieces(set.salting(new Uint8Array(16))) >= set.size / 256)
})

test.run()
