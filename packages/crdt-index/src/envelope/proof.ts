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
