// What can be checked of an envelope from its bytes alone and beside this thread: the stamp, the signature, and that the
// update is the one that was signed. Imports no more than a worker needs.
import { equalBytes } from '../identity/encoding.ts'
import { judge } from '../identity/key-encodings.ts'
import type { Platform, SignedBytes } from '../platform/platform.ts'
import { leadingZeroBits } from './stamp-search.ts'

export interface Proof {
  readonly signed: SignedBytes
  /** What its admission stamp is a hash of, and how many zero bits that must begin with; null where none is asked for. */
  readonly stamp: { readonly hashed: Uint8Array, readonly difficulty: number } | null
  readonly update: Uint8Array
  /** 32 bytes, as the header says. */
  readonly updateHash: Uint8Array
}

/** What is wrong, the first of them that is; a byte each. */
export const Flaw = { none: 0, stamp: 1, signature: 2, updateHash: 3 } as const

export type ProofPorts = Pick<Platform, 'sha256' | 'verifyMany'>

/** A flaw a proof, in order. A stamp costs a hash and comes before the signature, which costs a hundred. */
export function checkProofs (proofs: readonly Proof[], { sha256, verifyMany }: ProofPorts): Uint8Array | Promise<Uint8Array> {
  const flaws = Uint8Array.from(proofs, ({ stamp }) => stamp === null || leadingZeroBits(sha256(stamp.hashed)) >= stamp.difficulty ? Flaw.none : Flaw.stamp)
  const stamped = [...proofs.keys()].filter(at => flaws[at] === Flaw.none)
  const conclude = (valid: readonly boolean[]): Uint8Array => {
    for (const [i, at] of stamped.entries()) {
      const { update, updateHash } = proofs[at]!
      if (valid[i] !== true) flaws[at] = Flaw.signature
      else if (!equalBytes(sha256(update), updateHash)) flaws[at] = Flaw.updateHash
    }
    return flaws
  }
  const valid = judge(stamped.map(at => proofs[at]!.signed), verifyMany)
  return valid instanceof Promise ? valid.then(conclude) : conclude(valid)
}

// One buffer, so that it can be handed to a thread instead of being copied once more:
//   { lengths: difficulty, hashed, signed, update (uint32 each) || public key, 32 || signature, 64 || update hash, 32 || hashed || signed || update }*
const LENGTHS_BYTES = 16
const FIXED_BYTES = 32 + 64 + 32
const NOTHING = new Uint8Array(0)

/** Bytes of a proof in the buffer. */
export function proofBytes ({ signed, stamp, update }: Proof): number {
  return LENGTHS_BYTES + FIXED_BYTES + (stamp?.hashed.length ?? 0) + signed.bytes.length + update.length
}

export function packProofs (proofs: readonly Proof[]): ArrayBuffer {
  const packed = new Uint8Array(proofs.reduce((sum, proof) => sum + proofBytes(proof), 0))
  const view = new DataView(packed.buffer)
  let at = 0
  for (const { signed: { publicKey, signature, bytes }, stamp, update, updateHash } of proofs) {
    const hashed = stamp?.hashed ?? NOTHING
    for (const number of [stamp?.difficulty ?? 0, hashed.length, bytes.length, update.length]) {
      view.setUint32(at, number)
      at += 4
    }
    for (const part of [publicKey, signature, updateHash, hashed, bytes, update]) {
      packed.set(part, at)
      at += part.length
    }
  }
  return packed.buffer
}

/** Views of the buffer, which the thread's own program packed. */
export function unpackProofs (buffer: ArrayBuffer): Proof[] {
  const view = new DataView(buffer)
  const proofs: Proof[] = []
  for (let at = 0; at < buffer.byteLength;) {
    const number = (index: number): number => view.getUint32(at + 4 * index)
    const [difficulty, hashedLength, signedLength, updateLength] = [number(0), number(1), number(2), number(3)]
    at += LENGTHS_BYTES
    const take = (length: number): Uint8Array => {
      at += length
      return new Uint8Array(buffer, at - length, length)
    }
    const [publicKey, signature, updateHash, hashed, bytes, update] = [take(32), take(64), take(32), take(hashedLength), take(signedLength), take(updateLength)] as const
    proofs.push({ signed: { publicKey, signature, bytes }, stamp: difficulty === 0 ? null : { hashed, difficulty }, update, updateHash })
  }
  return proofs
}
