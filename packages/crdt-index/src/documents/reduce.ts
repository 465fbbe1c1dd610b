// Which envelopes of one document count, and in which order they are applied: a pure function of the set, so that
// peers with equal sets have equal states, whatever an author's devices (or an author who equivocates) have signed.
import { MAX_DELTAS_PER_DEVICE, MAX_DOCUMENT_BYTES, MAX_DEVICES, MAX_SNAPSHOTS_PER_DEVICE } from '../limits.ts'
import { EnvelopeKind, type EnvelopeHash, type EnvelopeHeader } from '../model.ts'

/** What of an envelope decides whether and where it counts. */
export type EnvelopeMeta = Pick<EnvelopeHeader, 'device' | 'seq' | 'kind' | 'seen' | 'updateLength'> & { readonly hash: EnvelopeHash }

export interface ReduceBounds {
  readonly devices: number
  readonly deltasPerDevice: number
  readonly snapshotsPerDevice: number
  readonly bytes: number
}

const BOUNDS: ReduceBounds = { devices: MAX_DEVICES, deltasPerDevice: MAX_DELTAS_PER_DEVICE, snapshotsPerDevice: MAX_SNAPSHOTS_PER_DEVICE, bytes: MAX_DOCUMENT_BYTES }

/** How much a snapshot has seen: the sum of its `seen`. 0 for a delta. */
export function rankOf ({ seen }: Pick<EnvelopeMeta, 'seen'>): number {
  let rank = 0
  for (const seq of seen.values()) rank += seq
  return rank
}

/** Whether a snapshot that has seen so much covers the envelope for certain; ties of rank, which hashes decide, do not count. */
export function isCoveredBy (envelope: Pick<EnvelopeMeta, 'device' | 'seq' | 'kind' | 'seen'>, seen: EnvelopeMeta['seen']): boolean {
  return (seen.get(envelope.device) ?? 0) >= envelope.seq && (envelope.kind === EnvelopeKind.delta || rankOf({ seen }) > rankOf(envelope))
}

/** Canonical order: snapshots by rank, highest first, then deltas by device and seq; ties by hash. */
export function compareCanonically (a: EnvelopeMeta, b: EnvelopeMeta): number {
  if (a.kind !== b.kind) return a.kind === EnvelopeKind.snapshot ? -1 : 1
  if (a.kind === EnvelopeKind.snapshot) return rankOf(b) - rankOf(a) || compareText(b.hash, a.hash)
  return a.device - b.device || a.seq - b.seq || compareText(a.hash, b.hash)
}

/**
 * The envelopes of one document that count, in canonical order. The 16 lowest device ids count. An envelope is
 * dropped when a snapshot of higher (rank, hash) in the set has seen its (device, seq). Of each device the 256
 * deltas of highest (seq, hash) and the 4 snapshots of highest (rank, hash) stay, and of all these, in canonical order,
 * those that fit 2 MiB of updates. Idempotent; two peers that give
 * each other what they hold end with equal sets.
 */
export function reduce<T extends EnvelopeMeta> (envelopes: Iterable<T>, bounds: ReduceBounds = BOUNDS): T[] {
  const distinct = new Map<EnvelopeHash, T>()
  for (const envelope of envelopes) distinct.set(envelope.hash, envelope)
  const all = withLowestDevices([...distinct.values()], bounds.devices)
  const snapshots = all.filter(({ kind }) => kind === EnvelopeKind.snapshot).sort(compareCanonically)
  const deltas = all.filter(({ kind }) => kind === EnvelopeKind.delta).sort(compareCanonically)

  // Highest first, so what has been walked is what may cover.
  const covered = new Map<number, number>()
  const kept: T[] = []
  const snapshotsOf = new Map<number, number>()
  for (const snapshot of snapshots) {
    const stays = snapshot.seq > (covered.get(snapshot.device) ?? 0)
    for (const [device, seq] of snapshot.seen) if (seq > (covered.get(device) ?? 0)) covered.set(device, seq)
    if (stays && counted(snapshotsOf, snapshot.device) <= bounds.snapshotsPerDevice) kept.push(snapshot)
  }
  const deltasOf = new Map<number, number>()
  const newestFirst = deltas.filter(({ device, seq }) => seq > (covered.get(device) ?? 0)).reverse()
  return withinBytes(kept.concat(newestFirst.filter(({ device }) => counted(deltasOf, device) <= bounds.deltasPerDevice).reverse()), bounds.bytes)
}

/**
 * Whether a delta that is not among them comes last in what `reduce` makes of it and envelopes that it returned, which all
 * stay: how an author goes on. False where only `reduce` can tell.
 */
export function isNext (reduced: Iterable<EnvelopeMeta>, delta: EnvelopeMeta, bounds: ReduceBounds = BOUNDS): boolean {
  if (delta.kind !== EnvelopeKind.delta) return false
  let count = 1
  let deltas = 1
  let bytes = delta.updateLength
  let isKnown = false
  for (const { device, seq, kind, seen, updateLength } of reduced) {
    count++
    bytes += updateLength
    if (device === delta.device) isKnown = true
    if (kind === EnvelopeKind.snapshot) {
      if ((seen.get(delta.device) ?? 0) >= delta.seq) return false
    } else if (device > delta.device) {
      return false
    } else if (device === delta.device) {
      if (seq >= delta.seq) return false
      deltas++
    }
  }
  return (isKnown || count <= bounds.devices) && deltas <= bounds.deltasPerDevice && bytes <= bounds.bytes
}

/** What does not fit is left out, and smaller ones behind it may still fit. */
function withinBytes<T extends EnvelopeMeta> (envelopes: T[], maxBytes: number): T[] {
  let bytes = 0
  return envelopes.filter(({ updateLength }) => {
    if (bytes + updateLength > maxBytes) return false
    bytes += updateLength
    return true
  })
}

function withLowestDevices<T extends EnvelopeMeta> (envelopes: T[], count: number): T[] {
  const devices = new Set(envelopes.map(({ device }) => device))
  if (devices.size <= count) return envelopes
  const lowest = new Set([...devices].sort((a, b) => a - b).slice(0, count))
  return envelopes.filter(({ device }) => lowest.has(device))
}

function counted (counts: Map<number, number>, device: number): number {
  const count = (counts.get(device) ?? 0) + 1
  counts.set(device, count)
  return count
}

function compareText (a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
