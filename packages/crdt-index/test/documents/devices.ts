// Devices of one author on real Yjs, and what they publish. Signatures are left out: they are tested elsewhere, and
// would take most of the time here.
import * as Y from 'yjs'
import { GuardError } from '../../src/documents/guard-error.ts'
import { inspectUpdate } from '../../src/documents/guard.ts'
import { bytesToHex, concatBytes } from '../../src/identity/encoding.ts'
import { sha256 } from '../../src/identity/sha256.ts'
import { EnvelopeKind, type EnvelopeHash, type EnvelopeHeader, type VerifiedEnvelope } from '../../src/model.ts'
import type { Random } from '../random.ts'
import { itemKey, PERIOD, SECONDS, TIME_MS } from './updates.ts'

export { pick, seeded, type Random } from '../random.ts'

export type Fields = Pick<EnvelopeHeader, 'device' | 'seq' | 'kind' | 'seen'>

/** An envelope with what `reduce` looks at beside its header. */
export type Reducible = VerifiedEnvelope & Fields & Pick<EnvelopeHeader, 'updateLength'>

/** As if signed and verified; null where the guard refuses it. */
export function envelope (fields: Fields, update: Uint8Array): Reducible | null {
  const header = { ...fields, period: PERIOD, timeMs: TIME_MS } as EnvelopeHeader
  const hash = bytesToHex(sha256(concatBytes(new TextEncoder().encode(JSON.stringify([fields.device, fields.seq, fields.kind, [...fields.seen]])), update))) as EnvelopeHash
  try {
    return { state: 'verified', header, hash, bytes: update, update, inspected: inspectUpdate(update, header), ...fields, updateLength: update.length } as unknown as Reducible
  } catch (error) {
    if (error instanceof GuardError) return null
    throw error
  }
}

export type Published = Reducible

export class Device {
  readonly id: number
  readonly doc: Y.Doc = new Y.Doc()
  readonly seen = new Map<number, number>()
  seq = 0

  constructor (id: number) {
    this.id = id
    this.doc.clientID = id
  }

  /** A delta of what the change did; null if it did nothing. */
  change (act: (votes: Y.Map<unknown>) => void): Published | null {
    let update: Uint8Array | null = null
    const listen = (bytes: Uint8Array): void => { update = bytes }
    this.doc.on('update', listen)
    this.doc.transact(() => { act(this.doc.getMap('votes')) })
    this.doc.off('update', listen)
    return update === null ? null : this.#publish(EnvelopeKind.delta, update)
  }

  snapshot (): Published {
    return this.#publish(EnvelopeKind.snapshot, Y.encodeStateAsUpdate(this.doc))
  }

  meet (other: Device): void {
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(other.doc))
    for (const [device, seq] of other.seen) this.seen.set(device, Math.max(seq, this.seen.get(device) ?? 0))
  }

  #publish (kind: EnvelopeKind, update: Uint8Array): Published {
    this.seen.set(this.id, ++this.seq)
    const seen = kind === EnvelopeKind.snapshot ? new Map(this.seen) : new Map<number, number>()
    const published = envelope({ device: this.id, seq: this.seq, kind, seen }, update)
    if (published === null) throw new Error(`the guard refuses what device ${this.id} wrote: ${bytesToHex(update)}`)
    return published
  }
}

/** One random change: set, delete, or several at once on one key. */
export function scribble (random: Random, keys: number): (votes: Y.Map<unknown>) => void {
  const key = itemKey(random(keys))
  const value = (): unknown => [random(3) - 1, SECONDS - random(1_000_000)]
  const act = random(10)
  const [first, second] = [value(), value()]
  return votes => {
    if (act < 7) {
      votes.set(key, first)
    } else if (act < 8) {
      votes.delete(key)
    } else {
      votes.set(key, first)
      votes.delete(key)
      votes.set(key, second)
      votes.set(itemKey(0), first)
    }
  }
}
