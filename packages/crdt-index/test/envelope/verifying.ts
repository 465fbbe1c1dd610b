// Envelopes to verify in numbers, sound ones and each kind of flawed one.
import { encodeEnvelope, decodeEnvelope } from '../../src/envelope/envelope.ts'
import { findStamp } from '../../src/envelope/stamp.ts'
import { createSigner } from '../../src/identity/keys.ts'
import { EnvelopeKind, type CommunityAddress, type UnverifiedEnvelope } from '../../src/model.ts'
import { flipped, PERIOD, TIME_MS, update, vote } from '../documents/updates.ts'

export const COMMUNITY = 'c0'.repeat(32) as CommunityAddress
export const KINDS = ['sound', 'sound', 'sound', 'signature', 'update', 'guard', 'stamp'] as const
export type Kind = typeof KINDS[number]

const signers = [1, 2, 3].map(seed => createSigner(new Uint8Array(32).fill(seed)))
const stamps = new Map<string, Uint8Array>()

/** The n-th envelope of a kind under a difficulty of a few bits; `stamp` has a stamp that is none, which 0 bits cannot. */
export function envelopeOf (kind: Kind, n: number, difficulty: number): UnverifiedEnvelope {
  const signer = signers[n % signers.length]!
  const name = `${n % signers.length}/${difficulty}`
  const stamp = stamps.get(name) ?? findStamp(COMMUNITY, signer.author, difficulty)
  stamps.set(name, stamp)
  const device = n + 1
  const fields = { community: COMMUNITY, period: PERIOD, part: 0, device, seq: 1, timeMs: TIME_MS, kind: EnvelopeKind.delta, seen: new Map<number, number>(), stamp: kind === 'stamp' ? new Uint8Array(0) : stamp }
  const { bytes } = encodeEnvelope(fields, update([{ client: kind === 'guard' ? device + 1 : device, structs: [vote(n)] }]), signer)
  if (kind === 'signature') return decodeEnvelope(flipped(bytes, n % 32))
  if (kind === 'update') return decodeEnvelope(flipped(bytes, bytes.length - 1))
  return decodeEnvelope(bytes)
}
