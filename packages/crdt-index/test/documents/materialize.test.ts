import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isOrderFree } from '../../src/documents/bounds.ts'
import { materialize } from '../../src/documents/materialize.ts'
import { reduce } from '../../src/documents/reduce.ts'
import { MAX_DELTAS_PER_DEVICE, MAX_DEVICES, MAX_DOCUMENT_BYTES, MAX_DOCUMENT_CONFLICTS, MAX_DOCUMENT_STRUCTS, MAX_DOCUMENT_WEIGHT, MAX_SNAPSHOTS_PER_DEVICE, MAX_STRUCTS } from '../../src/limits.ts'
import { EnvelopeKind, type EnvelopeHash } from '../../src/model.ts'
import { Device, envelope, type Published } from './devices.ts'
import { item, itemKey, PERIOD, SECONDS, set, uint, update, vote } from './updates.ts'

const test = suite('materialize and reduce')
const options = { period: PERIOD }

function made (one: Published | null): Published {
  if (one === null) throw new Error('the guard refused it')
  return one
}

const deltaOf = (device: number, seq: number, bytes: Uint8Array): Published => made(envelope({ device, seq, kind: EnvelopeKind.delta, seen: new Map() }, bytes))
const votesOf = (count: number, device = 100): Published[] => {
  const writer = new Device(device)
  return Array.from({ length: count }, (_, i) => made(writer.change(votes => { votes.set(itemKey(i), [1, SECONDS]) })))
}

test('one complete snapshot needs no Y.Doc, and gives what one gives', () => {
  const device = new Device(100)
  device.change(votes => { for (let i = 0; i < 50; i++) votes.set(itemKey(i), [1, SECONDS]) })
  device.change(votes => { votes.delete(itemKey(3)) })
  const snapshot = device.snapshot()
  const direct = materialize([snapshot], options)
  const throughYjs = materialize([snapshot], { ...options, needsDoc: true })
  assert.is(direct.doc, null)
  assert.not(throughYjs.doc === null)
  assert.equal({ ...direct, doc: null }, { ...throughYjs, doc: null })
  assert.not(throughYjs.entries.get('votes') === snapshot.inspected.entries?.get('votes'), 'what changes with its Y.Doc is its holder\'s own')
  assert.is(direct.entries.get('votes')?.size, 49)
})

test('nothing held, nothing there', () => {
  assert.equal(materialize([], options), { entries: new Map(), doc: null, chains: null, stateVector: new Map(), waiting: [], excess: [], usage: { structs: 0, weight: 0, conflicts: 0 } })
})

test('a delta whose base is not here waits outside Yjs, and is applied when it is', () => {
  const deltas = votesOf(5)
  for (const needsDoc of [false, true]) {
    const state = materialize(deltas.filter((_, i) => i !== 1), { ...options, needsDoc })
    assert.equal(state.waiting, deltas.slice(2).map(({ hash }) => hash))
    assert.equal(state.stateVector, new Map([[100, 1]]))
    assert.is(state.doc?.store.pendingStructs, needsDoc ? null : undefined)
  }
  assert.is(materialize(deltas, options).entries.get('votes')?.size, 5)
})

test('deltas that build on each other across devices are applied whatever their canonical order', () => {
  const [low, high] = [new Device(1), new Device(2)]
  const published = [made(high.change(votes => { votes.set(itemKey(0), [1, SECONDS]) }))]
  for (let i = 1; i < 20; i++) {
    const [writer, other] = i % 2 === 1 ? [low, high] : [high, low]
    writer.meet(other)
    published.push(made(writer.change(votes => { votes.set(itemKey(0), [i % 3 - 1, SECONDS]) })))
  }
  const state = materialize(reduce(published), options)
  assert.equal(state.waiting, [])
  assert.equal(state.entries.get('votes')?.get(itemKey(0)), [19 % 3 - 1, SECONDS])
})

test('Yjs never meets its own clientID in what it applies, and says nothing', () => {
  const warn = console.warn
  const log = console.log
  let said = 0
  console.warn = console.log = () => { said++ }
  try {
    for (let i = 1; i < 50; i++) materialize(votesOf(2, i), options)
  } finally {
    console.warn = warn
    console.log = log
  }
  assert.is(said, 0)
})

test('a misfit that overwrites without naming its root is left out', () => {
  const writer = update([{ client: 1, structs: [vote(0)] }])
  const misfit = update([{ client: 1, clock: 1, structs: [set([SECONDS], { origin: [1, 0] })] }], [{ client: 1, ranges: [[0, 1]] }])
  for (const needsDoc of [false, true]) {
    const state = materialize([deltaOf(1, 1, writer), deltaOf(1, 2, misfit)], { ...options, needsDoc })
    assert.equal(state.waiting, [])
    assert.equal(state.entries, new Map())
    assert.equal(state.doc?.getMap('votes').get(itemKey(0)), needsDoc ? [SECONDS] : undefined)
  }
})

test('two versions of one past give one state, in any order of arrival', () => {
  const versions = [1, -1].map(value => deltaOf(5, 1, update([{ client: 5, structs: [set([value, SECONDS])] }])))
  const [forwards, backwards] = [reduce(versions), reduce([...versions].reverse())]
  assert.equal(forwards.map(({ hash }) => hash), backwards.map(({ hash }) => hash))
  assert.equal(materialize(forwards, options).entries, materialize(backwards, options).entries)
  assert.is(forwards.length, 2, 'both are kept, as proof')
})

test('a document over its structs stops growing, the same way everywhere', () => {
  const full = (seq: number): Published => {
    const from = (seq - 1) * MAX_STRUCTS
    const structs = Array.from({ length: MAX_STRUCTS }, (_, i) => item(1, uint(1), from + i === 0 ? {} : { origin: [1, from + i - 1] }))
    return deltaOf(1, seq, update([{ client: 1, clock: from, structs }]))
  }
  const fit = MAX_DOCUMENT_STRUCTS / MAX_STRUCTS
  const envelopes = Array.from({ length: fit + 2 }, (_, i) => full(i + 1))
  const state = materialize(envelopes, options)
  assert.equal(state.stateVector, new Map([[1, MAX_DOCUMENT_STRUCTS]]))
  assert.equal(state.excess, [envelopes[fit]?.hash])
  assert.equal(state.waiting, [envelopes[fit + 1]?.hash])
})

test('what is there already counts as weight, not as structs', () => {
  const structs = Array.from({ length: MAX_STRUCTS }, (_, i) => item(1, uint(1), i === 0 ? {} : { origin: [1, i - 1] }))
  const again = Array.from({ length: MAX_DOCUMENT_WEIGHT / MAX_STRUCTS + 1 }, (_, i) => deltaOf(1, i + 1, update([{ client: 1, structs }])))
  const state = materialize(again, options)
  assert.equal(state.usage, { structs: MAX_STRUCTS, weight: MAX_DOCUMENT_WEIGHT, conflicts: 0 })
  assert.equal(state.excess, [again.at(-1)?.hash])
})

test('a key that every delta starts again makes no square of comparisons', () => {
  const envelopes = Array.from({ length: 16 * 256 }, (_, i) => deltaOf(1 + Math.floor(i / 256), 1 + i % 256, update([{ client: 1 + Math.floor(i / 256), clock: i % 256, structs: [vote(0)] }])))
  const state = materialize(envelopes, options)
  assert.is(state.excess.length > 0, true)
  assert.ok(state.usage.conflicts <= MAX_DOCUMENT_CONFLICTS)
})

test('a long run that another device overwrites from right to left makes no square of comparisons', () => {
  const run = deltaOf(1, 1, update([{ client: 1, structs: [item(1, uint(100_000))] }]))
  const cuts = deltaOf(2, 1, update([{ client: 2, structs: Array.from({ length: 8000 }, (_, i) => item(1, uint(1), { origin: [1, 99_000 - i] })) }]))
  assert.equal(materialize([run, cuts], options).excess, [cuts.hash])
  const both = made(envelope({ device: 1, seq: 1, kind: EnvelopeKind.snapshot, seen: new Map([[1, 1], [2, 1]]) }, update([
    { client: 2, structs: Array.from({ length: 8000 }, (_, i) => item(1, uint(1), { origin: [1, 99_000 - i] })) },
    { client: 1, structs: [item(1, uint(100_000))] }
  ])))
  assert.equal(materialize([both], options).excess, [both.hash])
})

test('a chain that another device overwrites at every item makes no square of comparisons', () => {
  const chain = Array.from({ length: 4000 }, (_, i) => item(1, uint(1), i === 0 ? {} : { origin: [1, i - 1] }))
  const forks = Array.from({ length: 4000 }, (_, i) => item(1, uint(1), { origin: [1, i] }))
  const both = made(envelope({ device: 1, seq: 1, kind: EnvelopeKind.snapshot, seen: new Map([[1, 1], [2, 1]]) }, update([{ client: 2, structs: forks }, { client: 1, structs: chain }])))
  assert.equal(materialize([both], options).excess, [both.hash])
})

test('concurrent devices of an honest author are far from the bounds, and lose nothing', () => {
  const devices = [new Device(1), new Device(2), new Device(3)]
  for (const device of devices) for (let i = 0; i < 1000; i++) device.change(votes => { votes.set(itemKey(i), [device.id % 3 - 1, SECONDS]) })
  const state = materialize(reduce(devices.map(device => device.snapshot())), options)
  assert.equal([state.excess, state.waiting], [[], []])
  assert.is(state.entries.get('votes')?.size, 1000)
  assert.ok(state.usage.conflicts > 0 && state.usage.conflicts < MAX_DOCUMENT_CONFLICTS / 4, String(state.usage.conflicts))
})

test('what goes to the end may be applied in any order, what does not is known', () => {
  const [first, second, third] = votesOf(3)
  const [theirs] = votesOf(1, 7)
  const state = materialize([made(first ?? null), made(second ?? null)], { ...options, needsDoc: true })
  const { doc } = state
  if (doc === null) throw new Error('no Y.Doc')
  assert.ok(isOrderFree(made(third ?? null).inspected, { ...state, doc }))
  assert.not.ok(isOrderFree(made(theirs ?? null).inspected, { ...state, doc }), 'another device starts the same key')
})

test('of each device the newest deltas count, of a document the lowest devices', () => {
  const many = votesOf(MAX_DELTAS_PER_DEVICE + 3)
  assert.equal(reduce(many), many.slice(3))
  const devices = Array.from({ length: MAX_DEVICES + 2 }, (_, i) => votesOf(1, 500 - i)).flat()
  assert.equal(reduce(devices).map(({ device }) => device), Array.from({ length: MAX_DEVICES }, (_, i) => 500 - MAX_DEVICES - 1 + i))
})

test('a snapshot covers what it has seen, and nothing later', () => {
  const device = new Device(100)
  const change = (): Published => made(device.change(votes => { votes.set(itemKey(device.seq), [1, SECONDS]) }))
  const before = [change(), change()]
  const older = device.snapshot()
  const between = change()
  const newer = device.snapshot()
  const after = change()
  assert.equal(reduce([...before, between, after, older, newer, newer]), [newer, after])
  assert.equal(reduce([...before, older, between]), [older, between])
})

test('of a device that has seen nothing of itself the highest snapshots stay', () => {
  const bytes = update([{ client: 1, structs: [vote(0)] }])
  // Each has seen less of the others than the ones before it has of this device: none covers another.
  const snapshots = Array.from({ length: MAX_SNAPSHOTS_PER_DEVICE + 3 }, (_, i) => made(envelope({ device: 1, seq: i + 1, kind: EnvelopeKind.snapshot, seen: new Map([[1, i + 1], [2, 1000 - 10 * i]]) }, bytes)))
  assert.equal(reduce(snapshots), snapshots.slice(0, MAX_SNAPSHOTS_PER_DEVICE))
})

test('what counts of one document fits 2 MiB, in whatever order it came', () => {
  const updateLength = 256 * 1024
  const large = Array.from({ length: 200 }, (_, i) => ({ device: 1 + i % 4, seq: 1 + i, kind: EnvelopeKind.delta, seen: new Map<number, number>(), updateLength, hash: String(i).padStart(64, '0') as EnvelopeHash }))
  const small = { device: 16, seq: 1, kind: EnvelopeKind.delta, seen: new Map<number, number>(), updateLength: 100, hash: 'f'.repeat(64) as EnvelopeHash }
  const kept = reduce([...large, small])
  assert.ok(kept.reduce((bytes, envelope) => bytes + envelope.updateLength, 0) <= MAX_DOCUMENT_BYTES)
  assert.is(kept.length, 8, 'a small one does not fit behind eight that fill it')
  assert.equal(reduce([small, ...large.toReversed()]), kept)
  assert.equal(reduce(kept), kept)
  assert.equal(reduce([...large.slice(0, 7), small]).length, 8)
})

test.run()
