import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AloneEnvelopes, type Alone } from '../../src/documents/alone.ts'
import { MAX_DELTAS_PER_DEVICE, MAX_DEVICES } from '../../src/limits.ts'
import { EnvelopeKind, type VerifiedEnvelope } from '../../src/model.ts'

const test = suite('envelopes that count for nothing alone')

const delta = (author: string, device: number, seq: number, part = 0): VerifiedEnvelope =>
  ({ hash: `${author}/${part}/${device}/${seq}`, header: { author, period: 202_601, part, device, seq, kind: EnvelopeKind.delta, seen: new Map(), updateLength: 20 } }) as unknown as VerifiedEnvelope
const deltas = (devices: number, each: number): Alone[] => Array.from({ length: devices * each }, (_, at) => ({ envelope: delta('a', 1 + Math.floor(at / each), 1 + at % each), at }))
const places = (alone: readonly Alone[]): number[] => alone.map(({ at }) => at).sort((one, other) => one - other)

test('come back with more of their document, once', () => {
  const alone = new AloneEnvelopes()
  alone.keep([{ envelope: delta('a', 1, 1), at: 0 }, { envelope: delta('b', 1, 1), at: 1 }, { envelope: delta('a', 1, 1, 7), at: 2 }, { envelope: delta('a', 2, 1), at: 3 }])
  assert.equal(places(alone.take([delta('a', 3, 1), delta('a', 4, 1)])), [0, 3])
  assert.equal(places(alone.take([delta('a', 3, 1)])), [])
  assert.equal(places(alone.take([delta('b', 3, 1), delta('a', 3, 1, 7)])), [1, 2])
})

test('all stay that a peer can hold of a document, and no more of it', () => {
  const alone = new AloneEnvelopes()
  const held = deltas(MAX_DEVICES, MAX_DELTAS_PER_DEVICE)
  alone.keep(held)
  assert.equal(places(alone.take([delta('a', 1, 1)])), places(held))
  alone.keep(deltas(2 * MAX_DEVICES, 2 * MAX_DELTAS_PER_DEVICE))
  assert.is(alone.take([delta('a', 1, 1)]).length, held.length)
})

test.run()
