// What is fuzzed, and what is said about it: the guard's answer to one update, held against Yjs.
import * as assert from 'uvu/assert'
import * as Y from 'yjs'
import { GuardError } from '../../src/documents/guard-error.ts'
import { inspectUpdate } from '../../src/documents/guard.ts'
import { entriesOf } from '../../src/documents/materialize.ts'
import { EnvelopeKind, type DocumentEntries, type InspectedUpdate } from '../../src/model.ts'
import { Device, pick, scribble, seeded } from './devices.ts'
import { PERIOD, TIME_MS, type Context } from './updates.ts'

/** An update and the header that it comes under, as the corpus keeps it. */
export interface FuzzCase {
  readonly device: number
  readonly kind: 0 | 1
  readonly seen: ReadonlyArray<readonly [number, number]>
  readonly update: Uint8Array
}

/** Updates of real devices, of which mutations are made. */
export function realUpdates (seed: number): FuzzCase[] {
  const random = seeded(seed)
  const devices = Array.from({ length: 1 + random(3) }, (_, n) => new Device(100 + n))
  const cases: FuzzCase[] = []
  for (let steps = 3 + random(12); steps > 0; steps--) {
    const device = pick(devices, random)
    const other = pick(devices, random)
    if (other !== device && random(3) === 0) device.meet(other)
    const { header, kind, update } = (random(4) === 0 ? null : device.change(scribble(random, 1 + random(8)))) ?? device.snapshot()
    cases.push({ device: header.device, kind, seen: [...header.seen], update })
  }
  return cases
}

/** The case's own update or header with something about it changed. */
export function contextOf ({ device, kind, seen }: FuzzCase): Context {
  return { period: PERIOD, device, kind, seen: new Map(seen), timeMs: TIME_MS }
}

/**
 * What the guard says, in a word that is the same for updates which took the same way; throws an assertion where Yjs
 * reads what passed otherwise than the guard does.
 */
export function judge (one: FuzzCase): string {
  const context = contextOf(one)
  let inspected: InspectedUpdate
  try {
    inspected = inspectUpdate(one.update, context)
  } catch (error) {
    if (!(error instanceof GuardError)) throw error
    return `refused ${context.kind === EnvelopeKind.delta ? 'delta' : 'snapshot'}: ${error.message.replaceAll(/\d+/g, 'n')}`
  }
  const doc = newDoc()
  Y.applyUpdate(doc, one.update)
  const pending = doc.store.pendingStructs !== null || doc.store.pendingDs !== null
  assert.is(pending, inspected.needs.size > 0, 'what the guard says is needed, and nothing else, is missed')
  if (!pending) {
    assert.equal(new Map([...inspected.ranges].map(([client, { to }]) => [client, to])), reachedBy(doc), 'clocks')
    if (inspected.entries !== null) assert.equal(plain(inspected.entries), plain(entriesOf(doc, PERIOD)), 'entries')
  } else {
    // With just what it says it needs, nothing is left pending.
    const based = newDoc()
    Y.applyUpdate(based, baseFor(inspected))
    Y.applyUpdate(based, one.update)
    assert.is(based.store.pendingStructs, null, 'structs pend')
    assert.is(based.store.pendingDs, null, 'deletions pend')
  }
  const { ranges, needs, structs, linear, entries } = inspected
  const all = [...structs.values()].flat()
  return ['passed', context.kind === EnvelopeKind.delta ? 'delta' : 'snapshot', `${Math.min(3, ranges.size)} clients`, linear ? 'linear' : 'forked',
    needs.size === 0 ? 'whole' : `needs ${Math.min(3, needs.size)}`, entries === null ? 'for Yjs' : entries.size === 0 ? 'empty' : 'read',
    ...all.some(({ value, length }) => value === null && length > 1) ? ['runs'] : [], ...all.some(({ origin, root }) => origin !== null && root === null) ? ['unknown keys'] : [],
    ...all.length < inspected.weight ? ['deletes'] : []].join(', ')
}

/** Deleted runs up to the clocks that an update needs. */
function baseFor ({ needs }: InspectedUpdate): Uint8Array {
  const doc = newDoc()
  for (const [client, clock] of needs) {
    const own = newDoc()
    own.clientID = client
    own.transact(() => {
      const map = own.getMap('base')
      for (let i = 0; i < Math.min(clock, MAX_BASE); i++) map.set(`${client}/${i}`, [0])
    })
    Y.applyUpdate(doc, clock > MAX_BASE ? runOf(client, clock) : Y.encodeStateAsUpdate(own))
  }
  return Y.encodeStateAsUpdate(doc)
}
const MAX_BASE = 100

/** One deleted run of a map's key. */
function runOf (client: number, length: number): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = client
  const item = new Y.Item(Y.createID(client, 0), null, null, null, null, doc.getMap('base') as never, `${client}`, new Y.ContentDeleted(length))
  doc.transact(transaction => { item.integrate(transaction, 0) })
  return Y.encodeStateAsUpdate(doc)
}

function newDoc (): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = 0
  return doc
}

function reachedBy (doc: Y.Doc): Map<number, number> {
  return Y.decodeStateVector(Y.encodeStateVector(doc))
}

function plain (entries: DocumentEntries): unknown {
  return [...entries].filter(([, keys]) => keys.size > 0).sort(([a], [b]) => a < b ? -1 : 1).map(([root, keys]) => [root, [...keys].sort(([a], [b]) => a < b ? -1 : 1)])
}

