// What no honest device signs: two pasts of one device. A pure function of two envelopes, so that whoever has both can
// check it, and nobody can make one up for an author whose key they have not.
import { equalBytes } from '../identity/encoding.ts'
import { SIGNATURE_BYTES } from '../limits.ts'
import { EnvelopeKind, type EnvelopeHeader, type UpdateStruct, type VerifiedEnvelope } from '../model.ts'
import { equalValues } from './values.ts'

/**
 * `sequence`: two envelopes under one (device, seq). `clock`: one clock of a device is used up by two deltas, or means
 * one thing in one envelope and another in the other.
 */
export const ContradictionKind = { sequence: 'sequence', clock: 'clock' } as const
export type ContradictionKind = typeof ContradictionKind[keyof typeof ContradictionKind]

export interface Contradiction {
  readonly kind: ContradictionKind
  /** The device that has two pasts; a snapshot may tell another device's. */
  readonly device: number
  /** The first clock of the device that is told twice; null for `sequence`. */
  readonly clock: number | null
}

/** What of an envelope tells whether another one can contradict it. */
export interface Claims extends Pick<EnvelopeHeader, 'device' | 'seq' | 'kind'> {
  /** Clocks of its own device, from inclusive, to exclusive; equal where it has none. */
  readonly from: number
  readonly to: number
  /** Of a snapshot that tells other devices' clocks: device -> clock that it reaches. */
  readonly others: ReadonlyMap<number, number> | null
}

export function claimsOf ({ header: { device, seq, kind }, inspected: { ranges } }: Pick<VerifiedEnvelope, 'header' | 'inspected'>): Claims {
  const { from, to } = ranges.get(device) ?? { from: 0, to: 0 }
  const hasOthers = ranges.size > (ranges.has(device) ? 1 : 0)
  return { device, seq, kind, from, to, others: hasOthers ? new Map([...ranges].flatMap(([client, { to }]) => client === device ? [] : [[client, to]])) : null }
}

/** Whether a look at both updates could find one clock told twice: they share clocks. Every vote asks it of all that its document holds. */
export function sharesClocks (a: Claims, b: Claims): boolean {
  if (tells(b, a.device, a.from, a.to)) return true
  for (const [device, to] of a.others ?? []) if (tells(b, device, 0, to)) return true
  return false
}

function tells (claims: Claims, device: number, from: number, to: number): boolean {
  return device === claims.device ? from < claims.to && claims.from < to : from < to && from < (claims.others?.get(device) ?? 0)
}

/**
 * What two envelopes of one document prove about their author, or null. An envelope contradicts no other spelling of
 * its own signature: the headers have to differ.
 */
export function contradictionOf (a: VerifiedEnvelope, b: VerifiedEnvelope): Contradiction | null {
  if (equalBytes(signedPart(a), signedPart(b))) return null
  if (a.header.device === b.header.device && a.header.seq === b.header.seq) return { kind: ContradictionKind.sequence, device: a.header.device, clock: null }
  const bothDeltas = a.header.kind === EnvelopeKind.delta && b.header.kind === EnvelopeKind.delta
  for (const [device, range] of [...a.inspected.ranges].sort(([one], [other]) => one - other)) {
    const other = b.inspected.ranges.get(device)
    if (other === undefined || range.from >= other.to || other.from >= range.to) continue
    // A delta says what is new since the one before: clocks in two deltas are used up twice, even with equal contents.
    const clock = bothDeltas ? Math.max(range.from, other.from) : firstDifference(a.inspected.structs.get(device) ?? [], b.inspected.structs.get(device) ?? [])
    if (clock !== null) return { kind: ContradictionKind.clock, device, clock }
  }
  return null
}

function signedPart ({ bytes, update }: VerifiedEnvelope): Uint8Array {
  return bytes.subarray(SIGNATURE_BYTES, bytes.length - update.length)
}

/**
 * The first clock that two contiguous lists of one device's structs tell differently. Deleting a value and joining deleted ones
 * to a run is how a document goes on, so a deleted struct contradicts no value, only another place.
 */
function firstDifference (a: readonly UpdateStruct[], b: readonly UpdateStruct[]): number | null {
  for (let i = 0, j = 0; ;) {
    const [one, other] = [a[i], b[j]]
    if (one === undefined || other === undefined) return null
    const clock = Math.max(one.clock, other.clock)
    const oneEnd = one.clock + one.length
    const otherEnd = other.clock + other.length
    if (clock < Math.min(oneEnd, otherEnd)) {
      if (!samePlace(one, other, clock)) return clock
      if (one.value !== null && other.value !== null && !equalValues(one.value, other.value)) return clock
    }
    if (oneEnd <= otherEnd) i++
    if (otherEnd <= oneEnd) j++
  }
}

function samePlace (a: UpdateStruct, b: UpdateStruct, clock: number): boolean {
  const [one, other] = [originAt(a, clock), originAt(b, clock)]
  if (one === null || other === null) return one === other && a.root === b.root && a.key === b.key
  return one.client === other.client && one.clock === other.clock
}

/** Yjs joins two structs only where the second one's origin is the end of the first. */
function originAt (struct: UpdateStruct, clock: number): UpdateStruct['origin'] {
  return struct.clock === clock ? struct.origin : { client: struct.client, clock: clock - 1 }
}
