// The short way through the guard against the long one: it says the same or nothing.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inspectFirstWrites } from '../../src/documents/first-writes.ts'
import { GuardError } from '../../src/documents/guard-error.ts'
import { inspectFully, inspectUpdate } from '../../src/documents/guard.ts'
import { idKeyAt } from '../../src/documents/key-cache.ts'
import { EnvelopeKind, META_PERIOD, type InspectedUpdate } from '../../src/model.ts'
import { readCorpus } from './corpus.ts'
import { Device, pick, scribble, seeded } from './devices.ts'
import { delta, flipped, itemKey, PERIOD, SECONDS, set, snapshot, TIME_MS, update, vote, type Context } from './updates.ts'

const test = suite('first writes')

/** All that the guard says, or why it refuses. */
function said (inspect: () => InspectedUpdate): unknown {
  try {
    const { ranges, structs, linear, needs, entries, structCount, weight } = inspect()
    return { ranges, structs: new Map(structs), linear, needs, entries, structCount, weight }
  } catch (error) {
    assert.instance(error, GuardError)
    return (error as GuardError).message
  }
}

/** True where the short way was taken. */
function agrees (bytes: Uint8Array, context: Context): boolean {
  assert.equal(said(() => inspectUpdate(bytes, context)), said(() => inspectFully(bytes, context)), Buffer.from(bytes).toString('hex'))
  return inspectFirstWrites(bytes, context) !== null
}

test('of histories, of what random changes make of them, and of the corpus both ways say the same', () => {
  const counts = { short: 0, long: 0, changedShort: 0, changedLong: 0 }
  for (let run = 0; run < 300; run++) {
    const random = seeded(run)
    const device = new Device(100)
    const other = new Device(101)
    for (let steps = 1 + random(6); steps > 0; steps--) device.change(scribble(random, 40))
    if (random(4) === 0) {
      other.change(scribble(random, 40))
      device.meet(other)
    }
    const { update, header: { seen } } = device.snapshot()
    const context = snapshot([...seen.keys()], { seen })
    counts[agrees(update, context) ? 'short' : 'long']++
    for (let i = 0; i < 60; i++) {
      let changed = update
      for (let k = 1 + random(2); k > 0; k--) changed = flipped(changed, random(changed.length), random(8))
      counts[agrees(changed, context) ? 'changedShort' : 'changedLong']++
    }
  }
  for (const { device, kind, seen, update } of readCorpus()) agrees(update, { period: PERIOD, device, kind, seen: new Map(seen), timeMs: TIME_MS })
  assert.ok(Object.values(counts).every(count => count > 50), JSON.stringify(counts))
})

test('what is no first write of one device takes the long way', () => {
  const votes = update([{ client: 1, structs: [vote(1), vote(2), set([SECONDS], { root: 'deletions', key: itemKey(1) }), vote(3)] }])
  assert.ok(agrees(votes, snapshot([1])))
  const others: Record<string, readonly [Uint8Array, Context]> = {
    'a delta': [votes, delta()],
    'meta': [votes, snapshot([1], { period: META_PERIOD })],
    'a client that is not seen': [votes, snapshot([2])],
    'a time to come': [votes, snapshot([1], { timeMs: TIME_MS - 1000 })],
    'a key twice': [update([{ client: 1, structs: [vote(1), vote(1)] }]), snapshot([1])],
    'an overwritten one': [update([{ client: 1, structs: [vote(1), vote(1, { origin: [1, 0] })] }]), snapshot([1])],
    'a late start': [update([{ client: 1, clock: 1, structs: [vote(1)] }]), snapshot([1])],
    'a deleted one': [update([{ client: 1, structs: [vote(1)] }], [{ client: 1, ranges: [[0, 1]] }]), snapshot([1])],
    'two clients': [update([{ client: 2, structs: [vote(1)] }, { client: 1, structs: [vote(2)] }]), snapshot([1, 2])],
    'an unknown root': [update([{ client: 1, structs: [vote(1, { root: 'names' })] }]), snapshot([1])],
    'no key of 20 bytes': [update([{ client: 1, structs: [vote(1, { key: itemKey(1).replace(/.$/, 'B') })] }]), snapshot([1])],
    'more than it says': [update([{ client: 1, structs: [vote(1), vote(2)], declared: 1 }]), snapshot([1])],
    'less than it says': [update([{ client: 1, structs: [vote(1)], declared: 2 }]), snapshot([1])],
    'nothing': [update([]), snapshot([1])]
  }
  for (const [name, [bytes, context]] of Object.entries(others)) assert.not(agrees(bytes, context), name)
  assert.is(delta().kind, EnvelopeKind.delta)
})

test('keys that stand in one place, or nearly are each other, are told apart', () => {
  const random = seeded(3)
  const alphabet = Array.from('AEIMQUYcgkosw048BCDFGHJKLNOPRSTVWXZabdefhijlmnpqrtuvxyz12356789-_')
  const last = alphabet.slice(0, 16)
  for (let i = 0; i < 5000; i++) {
    const middle = i % 3 === 0 ? Array.from({ length: 22 }, () => pick(alphabet, random)).join('') : `${'x'.repeat(21)}${pick(alphabet, random)}`
    const key = `${pick(['AAAA', 'votE', '____'], random)}${middle}${pick(last, random)}`
    const bytes = new TextEncoder().encode(`..${key}..`)
    assert.is(idKeyAt(bytes, 2), key)
    assert.is(idKeyAt(flipped(bytes, 2 + random(27), 7), 2), null)
    assert.is(idKeyAt(new TextEncoder().encode(key.slice(0, 26) + 'B'), 0), null)
  }
})

test.run()
