// Envelopes that no honest device writes, each under a name, made by an author of this program's own.
import { encodeEnvelope, EnvelopeKind, type CommunityAddress, type EnvelopeFields, type Signer } from '@seedbed/crdt-index'
import * as updates from '../../packages/crdt-index/test/documents/updates.ts'
import { item, itemKey, PERIOD, raw, SECONDS, set, text, TIME_MS, uint, update, vote } from '../../packages/crdt-index/test/documents/updates.ts'

/** When all of it was written: tests set their clocks to a little later. */
export const FORGED_AT_MS: number = TIME_MS

const SIGNATURE_BYTES = 64
const HEADER_AT = SIGNATURE_BYTES + 2
const DEVICE = 1

export interface Forged { readonly name: string, readonly bytes: Uint8Array }

const one = (...structs: updates.Write[]): Uint8Array => update([{ client: DEVICE, structs }])

/** Updates that hurt Yjs or whoever trusts them; packages/crdt-index keeps the whole corpus. */
const UPDATES: Record<string, () => Uint8Array> = {
  'an empty update': () => new Uint8Array(),
  'random bytes as update': () => Uint8Array.from({ length: 300 }, (_, i) => i * 37 % 251),
  '3e7 structs claimed in 7 bytes': () => update([{ client: DEVICE, structs: [], declared: 3e7 }]),
  'a text of 2^31 bytes claimed': () => one(item(8, raw(1, 117, 1, 119, uint(2 ** 31)))),
  'a struct of a foreign client': () => update([{ client: 2, structs: [vote(0)] }]),
  'a foreign client beside the own one': () => update([{ client: 2, structs: [vote(0)] }, { client: DEVICE, structs: [vote(1)] }]),
  'garbage collected structs': () => one(...Array.from({ length: 4000 }, () => raw(0, 1))),
  'one key started 4,000 times': () => one(...Array.from({ length: 4000 }, () => vote(0))),
  'a map in a map, 5,000 deep': () => one(...Array.from({ length: 5000 }, (_, i) => item(7, uint(1), i === 0 ? {} : { parent: [DEVICE, i - 1] }))),
  'a subdocument': () => one(item(9, raw(text('guid'), 118, 1, text('autoLoad'), 120))),
  '__proto__ as key': () => one(set([1, SECONDS], { key: '__proto__' })),
  '__proto__ as root map': () => one(set([1, SECONDS], { root: '__proto__' })),
  'an unknown root map': () => one(set([1, SECONDS], { root: 'other' })),
  'a vote worth 1,000': () => one(set([1000, SECONDS])),
  'a vote from the future': () => one(set([1, SECONDS + 60])),
  'a post of another month': () => one(set([100, TIME_MS - 40 * 86_400_000, 'Title'], { root: 'posts' })),
  'a title of 10,000 bytes': () => one(set([100, TIME_MS, 'x'.repeat(10_000)], { root: 'posts' })),
  'deletions without end': () => update([{ client: DEVICE, structs: [vote(0)] }], [{ client: 777, ranges: [[0, 2 ** 50]] }]),
  'trailing bytes': () => updates.bytesOf(raw(...one(vote(0)), 0))
}

export function forge (community: CommunityAddress, mallory: Signer, victim: Signer, other: CommunityAddress): Forged[] {
  const fields = (more: Partial<EnvelopeFields> = {}): EnvelopeFields => ({
    community, period: PERIOD, part: 0, device: DEVICE, seq: 1, timeMs: TIME_MS, kind: EnvelopeKind.delta, seen: new Map(), stamp: new Uint8Array(), ...more
  })
  const honest = (more?: Partial<EnvelopeFields>, signer = mallory): Uint8Array => encodeEnvelope(fields(more), one(vote(7)), signer).bytes
  const resigned = (bytes: Uint8Array, change: (header: Uint8Array) => void): Uint8Array => {
    const changed = bytes.slice()
    const header = changed.subarray(HEADER_AT, HEADER_AT + (changed[SIGNATURE_BYTES] ?? 0) * 256 + (changed[SIGNATURE_BYTES + 1] ?? 0))
    change(header)
    changed.set(mallory.sign(header))
    return changed
  }
  const appended = (bytes: Uint8Array, length: number): Uint8Array => {
    const longer = new Uint8Array(bytes.length + length)
    longer.set(bytes)
    return longer
  }
  const envelopes: Record<string, () => Uint8Array> = {
    'nothing': () => new Uint8Array(),
    'one byte': () => Uint8Array.of(1),
    'zeros': () => new Uint8Array(500),
    'a flipped bit in the signature': () => updates.flipped(honest(), 3),
    'a flipped bit in the header': () => updates.flipped(honest(), HEADER_AT + 40),
    'a flipped bit in the update': () => updates.flipped(honest(), honest().length - 1),
    'the name of another author': () => honest({}, { ...mallory, author: victim.author }),
    'the domain tag of something else': () => resigned(honest(), header => { header[header.indexOf('e'.charCodeAt(0))] = 'E'.charCodeAt(0) }),
    'a header of another community': () => honest({ community: other }),
    'a stamp where none is asked for': () => honest({ stamp: new Uint8Array(8) }),
    'a header that claims 64 KiB of itself': () => { const bytes = honest().slice(); bytes[SIGNATURE_BYTES] = 255; bytes[SIGNATURE_BYTES + 1] = 255; return bytes },
    'a truncated header': () => honest().subarray(0, HEADER_AT + 30),
    'a truncated update': () => honest().subarray(0, -3),
    'bytes behind the update': () => appended(honest(), 5),
    'more bytes than any envelope': () => appended(honest(), 300 * 1024),
    'a snapshot of clients that it has not seen': () => encodeEnvelope(fields({ kind: EnvelopeKind.snapshot, seen: new Map([[DEVICE, 1]]) }), update([{ client: 9, structs: [vote(0)] }]), mallory).bytes,
    'a snapshot that starts late': () => encodeEnvelope(fields({ kind: EnvelopeKind.snapshot, seen: new Map([[DEVICE, 1]]) }), update([{ client: DEVICE, clock: 5, structs: [vote(0)] }]), mallory).bytes,
    'a month that has not come': () => honest({ period: 209901 }),
    'a time that has not come': () => honest({ timeMs: TIME_MS + 400 * 86_400_000 })
  }
  for (const [name, build] of Object.entries(UPDATES)) envelopes[name] = () => encodeEnvelope(fields(), build(), mallory).bytes
  return Object.entries(envelopes).map(([name, build]) => ({ name, bytes: build() }))
}

/** A delta as an honest device writes it: the control that a test can fail. */
export function genuine (community: CommunityAddress, signer: Signer, n: number): Uint8Array {
  return encodeEnvelope({
    community, period: PERIOD, part: 0, device: DEVICE, seq: 1, timeMs: TIME_MS, kind: EnvelopeKind.delta, seen: new Map(), stamp: new Uint8Array()
  }, one(set([1, SECONDS], { key: itemKey(n) })), signer).bytes
}
