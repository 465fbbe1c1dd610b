// The reader without a Y.Doc against Yjs itself: where it says what a document holds, Yjs says the same.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as Y from 'yjs'
import { GuardError } from '../../src/documents/guard-error.ts'
import { inspectUpdate } from '../../src/documents/guard.ts'
import { entriesOf } from '../../src/documents/materialize.ts'
import { EnvelopeKind, type DocumentEntries } from '../../src/model.ts'
import { Device, pick, scribble, seeded, type Published } from './devices.ts'
import { delta, flipped, PERIOD, snapshot } from './updates.ts'

const test = suite('guard against Yjs')
const RUNS = 2000

function plain (entries: DocumentEntries): unknown {
  return [...entries].filter(([, keys]) => keys.size > 0).map(([root, keys]) => [root, [...keys].sort(([a], [b]) => a < b ? -1 : 1)])
}

function document (clientID = 0): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = clientID
  return doc
}

test(`${RUNS} histories of up to four devices read alike, concurrent ones go to Yjs`, () => {
  const counts = { direct: 0, forked: 0, deltas: 0 }
  for (let run = 0; run < RUNS; run++) {
    const random = seeded(run)
    const devices = Array.from({ length: 1 + random(4) }, (_, i) => new Device(100 + i))
    const published: Published[] = []
    const keys = 1 + random(12)
    for (let steps = 5 + random(30); steps > 0; steps--) {
      const device = pick(devices, random)
      const other = pick(devices, random)
      if (random(5) === 0 && other !== device) device.meet(other)
      else published.push(device.change(scribble(random, keys)) ?? device.snapshot())
    }
    for (const device of devices) published.push(device.snapshot())
    const all = pick(devices, random)
    for (const device of devices) all.meet(device)
    published.push(all.snapshot())

    for (const { kind, update, inspected } of published) {
      const doc = document()
      Y.applyUpdate(doc, update)
      const pending = doc.store.pendingStructs !== null || doc.store.pendingDs !== null
      assert.is(inspected.needs.size > 0, pending, `run ${run}: needs`)
      if (kind === EnvelopeKind.snapshot) assert.not(pending)
      else counts.deltas++
      if (inspected.entries === null) {
        if (!pending) counts.forked++
        continue
      }
      counts.direct++
      assert.equal(plain(inspected.entries), plain(entriesOf(doc, PERIOD)), `run ${run}`)
      assert.equal(new Map([...inspected.ranges].map(([client, { to }]) => [client, to])), Y.decodeStateVector(Y.encodeStateVector(doc)), `run ${run}`)
    }
  }
  assert.ok(counts.direct > 2 * RUNS && counts.forked > RUNS / 4 && counts.deltas > RUNS, JSON.stringify(counts))
})

test('an update that the guard lets pass after its bytes were changed still reads as Yjs reads it', () => {
  const random = seeded(7)
  const devices = [new Device(100), new Device(101)] as const
  for (let i = 0; i < 40; i++) pick(devices, random).change(scribble(random, 15))
  devices[0].meet(devices[1])
  const { update, seen } = devices[0].snapshot()
  const single = new Device(102)
  for (let i = 0; i < 20; i++) single.change(scribble(random, 6))
  const counts = { passed: 0, refused: 0 }
  for (const [bytes, context] of [[update, snapshot([100, 101], { seen })], [single.snapshot().update, snapshot([102])]] as const) {
    for (let i = 0; i < bytes.length; i++) assert.throws(() => inspectUpdate(bytes.subarray(0, i), context), (error: unknown) => error instanceof GuardError)
    for (let i = 0; i < 15_000; i++) {
      let changed = bytes
      for (let k = 1 + i % 3; k > 0; k--) changed = flipped(changed, random(changed.length), random(8))
      let inspected
      try {
        inspected = inspectUpdate(changed, context)
      } catch (error) {
        assert.instance(error, GuardError)
        counts.refused++
        continue
      }
      counts.passed++
      const doc = document()
      Y.applyUpdate(doc, changed)
      assert.is(doc.store.pendingStructs, null)
      assert.is(doc.store.pendingDs, null)
      if (inspected.entries !== null) assert.equal(plain(inspected.entries), plain(entriesOf(doc, PERIOD)), Buffer.from(changed).toString('hex'))
    }
  }
  assert.ok(counts.passed > 500 && counts.refused > 500, JSON.stringify(counts))
})

test('random bytes are refused or read, never anything else', () => {
  const random = seeded(11)
  for (let i = 0; i < 20_000; i++) {
    const bytes = Uint8Array.from({ length: random(40) }, () => random(3) === 0 ? random(256) : random(4))
    for (const context of [delta(), snapshot()]) {
      try {
        inspectUpdate(bytes, context)
      } catch (error) {
        assert.instance(error, GuardError)
      }
    }
  }
})

test.run()
