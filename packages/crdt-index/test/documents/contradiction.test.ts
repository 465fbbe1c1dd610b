// Two envelopes that no honest device signs are told from all that honest devices do sign.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as Y from 'yjs'
import { contradictionOf } from '../../src/documents/contradiction.ts'
import { EnvelopeKind } from '../../src/model.ts'
import { Device, envelope, pick, scribble, seeded, type Published } from './devices.ts'
import { item, itemKey, SECONDS, set, uint, update, vote, type Block } from './updates.ts'

const test = suite('contradictions')
const RUNS = Number(process.env['SEEDBED_TEST_RUNS'] ?? 600)

function signed (device: number, seq: number, blocks: readonly Block[], seen: ReadonlyMap<number, number> | null = null): Published {
  const made = envelope({ device, seq, kind: seen === null ? EnvelopeKind.delta : EnvelopeKind.snapshot, seen: seen ?? new Map() }, update(blocks))
  if (made === null) throw new Error('the guard refuses it')
  return asSigned(made)
}
const delta = (device: number, seq: number, clock: number, ...structs: Block['structs']): Published => signed(device, seq, [{ client: device, clock, structs }])
const snapshot = (device: number, seq: number, blocks: readonly Block[], seen: ReadonlyMap<number, number> = new Map([[device, seq]])): Published => signed(device, seq, blocks, seen)
/** Either way round. */
function found (a: Published, b: Published): unknown {
  const [there, back] = [contradictionOf(a, b), contradictionOf(b, a)]
  assert.equal(there, back)
  return there
}
const other = (n: number): ReturnType<typeof set> => set([-1, SECONDS], { key: itemKey(n) })

test('two envelopes under one number contradict each other, whatever they hold', () => {
  assert.equal(found(delta(1, 5, 0, vote(0)), delta(1, 5, 0, vote(1))), { kind: 'sequence', device: 1, clock: null })
  assert.equal(found(delta(1, 5, 0, vote(0)), delta(1, 5, 9, vote(0))), { kind: 'sequence', device: 1, clock: null })
  assert.equal(found(delta(1, 5, 0, vote(0)), snapshot(1, 5, [{ client: 1, structs: [vote(0)] }])), { kind: 'sequence', device: 1, clock: null })
})

test('an envelope contradicts neither itself nor another signature of its own header', () => {
  const one = delta(1, 5, 0, vote(0))
  assert.is(found(one, one), null)
  const again = one.bytes.slice()
  again[0] = 1
  assert.is(found(one, { ...one, bytes: again } as unknown as Published), null)
})

test('deltas of one device share no clock, of two devices any', () => {
  assert.is(found(delta(1, 1, 0, vote(0), vote(1)), delta(1, 2, 2, vote(2))), null)
  assert.equal(found(delta(1, 1, 0, vote(0), vote(1)), delta(1, 2, 1, vote(2))), { kind: 'clock', device: 1, clock: 1 })
  assert.equal(found(delta(1, 1, 0, vote(0)), delta(1, 9, 0, vote(0))), { kind: 'clock', device: 1, clock: 0 })
  assert.is(found(delta(1, 1, 0, vote(0)), delta(2, 1, 0, vote(0))), null)
})

test('a snapshot repeats what deltas and other snapshots said, and may say no other value, key or place', () => {
  const first = delta(1, 1, 0, vote(0), vote(1))
  const whole = (...structs: Block['structs']): Published => snapshot(1, 3, [{ client: 1, structs }])
  assert.is(found(first, whole(vote(0), vote(1), vote(2))), null)
  assert.equal(found(first, whole(vote(0), other(1))), { kind: 'clock', device: 1, clock: 1 })
  assert.equal(found(first, whole(vote(0), vote(5))), { kind: 'clock', device: 1, clock: 1 })
  assert.equal(found(first, whole(vote(0), vote(0, { origin: [1, 0] }))), { kind: 'clock', device: 1, clock: 1 })
  assert.equal(found(whole(vote(0), vote(1)), snapshot(1, 4, [{ client: 1, structs: [vote(0), other(1), vote(2)] }])), { kind: 'clock', device: 1, clock: 1 })
  // What another device tells of this one.
  assert.equal(found(first, snapshot(2, 1, [{ client: 2, structs: [vote(7)] }, { client: 1, structs: [other(0)] }], new Map([[1, 1], [2, 1]]))), { kind: 'clock', device: 1, clock: 0 })
})

test('deleting a value and joining deleted ones to a run is how a document goes on', () => {
  const values = snapshot(1, 3, [{ client: 1, structs: [vote(0), vote(0, { origin: [1, 0] }), vote(0, { origin: [1, 1] })] }])
  const run = snapshot(1, 4, [{ client: 1, structs: [item(1, uint(2)), vote(0, { origin: [1, 1] })] }])
  assert.is(found(values, run), null)
  // A run says that each of its clocks follows the one before.
  assert.equal(found(snapshot(1, 3, [{ client: 1, structs: [vote(0), vote(1)] }]), snapshot(1, 4, [{ client: 1, structs: [item(1, uint(2))] }])), { kind: 'clock', device: 1, clock: 1 })
})

test(`${RUNS} honest histories contradict themselves nowhere, the same with a copied device somewhere`, () => {
  let proven = 0
  let copied = 0
  for (let run = 0; run < RUNS; run++) {
    const random = seeded(run)
    const devices = Array.from({ length: 1 + random(3) }, (_, i) => new Device(100 + i))
    const published: Published[] = []
    const step = (): void => {
      const device = pick(devices, random)
      const from = pick(devices, random)
      if (from !== device && random(5) === 0 && from.id !== device.id) device.meet(from)
      else if (device.seq > 0 && random(6) === 0) published.push(device.snapshot())
      else published.push(device.change(scribble(random, 6)) ?? device.snapshot())
    }
    for (let steps = 6 + random(14); steps > 0; steps--) step()
    for (const a of published) for (const b of published) assert.is(contradictionOf(asSigned(a), asSigned(b)), null, `run ${run}: honest`)

    // The folder of one device is copied, and both go on.
    const original = pick(devices, random)
    const copy = new Device(original.id)
    copy.doc.clientID = 0 // Yjs would draw another where it meets its own
    Y.applyUpdate(copy.doc, Y.encodeStateAsUpdate(original.doc))
    copy.doc.clientID = original.id
    copy.seq = original.seq
    for (const [device, seq] of original.seen) copy.seen.set(device, seq)
    const [one, other] = [original, copy].map(device => device.change(votes => { votes.set(itemKey(50), [1, SECONDS - random(1000)]) }))
    if (one === undefined || other === undefined || one === null || other === null) throw new Error('nothing was changed')
    copied++
    if (one.hash !== other.hash && contradictionOf(asSigned(one), asSigned(other)) !== null) proven++
    // Their snapshots contradict each other too, under whatever numbers.
    copy.seq += 5
    const [a, b] = [original.snapshot(), copy.snapshot()]
    const differ = JSON.stringify(original.doc.getMap('votes').get(itemKey(50))) !== JSON.stringify(copy.doc.getMap('votes').get(itemKey(50)))
    assert.is(contradictionOf(asSigned(a), asSigned(b)) !== null, differ, `run ${run}: snapshots of two pasts`)
  }
  assert.ok(proven > copied * 0.9, `${proven} of ${copied}`)
})

/** With what stands before the update: the header is told apart by what the hash covers here. */
function asSigned (published: Published): Published {
  const header = new TextEncoder().encode(published.hash)
  const bytes = new Uint8Array(64 + header.length + published.update.length)
  bytes.set(header, 64)
  return { ...published, bytes } as unknown as Published
}

test.run()
