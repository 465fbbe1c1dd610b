// Proof that an author's key signed two pasts. It needs no trust in whoever shows it: the two envelopes say it all.
import { contradictionOf, type Contradiction } from '../documents/contradiction.ts'
import { CrdtIndexError } from '../errors.ts'
import type { DocumentId, VerifiedEnvelope } from '../model.ts'
import { decodeEnvelope } from './envelope.ts'
import { verifyEnvelope } from './verify.ts'

/** What a proof says. Its kind, device and clock are what the first contradiction of the two envelopes is. */
export interface EquivocationClaim extends DocumentId, Contradiction {
  /** Of the first envelope; for the kind `sequence` of both. */
  readonly seq: number
}

/** A proof that this peer found. What it says was checked then; `verifyEquivocation` checks it anew. */
export interface Equivocation extends EquivocationClaim {
  /** Both envelopes as received, by ascending hash. */
  readonly envelopes: readonly [Uint8Array, Uint8Array]
  /** When this peer first held both, by its own clock. */
  readonly firstSeenMs: number
  /**
   * A device of this database signed one of them, and another copy of its data the other: a restored backup or a copied
   * folder. Of other people's devices nobody can tell an accident from intent.
   */
  readonly isOwn: boolean
}

/**
 * What two envelopes prove about the author of both: signatures, updates and the contradiction are checked from the
 * bytes alone, in either order. Null where they prove nothing. Never throws.
 */
export function verifyEquivocation ({ envelopes: [one, other] }: Pick<Equivocation, 'envelopes'>): EquivocationClaim | null {
  const [a, b] = [verified(one), verified(other)]
  return a === null || b === null ? null : claimOf(a, b)
}

/** The same of envelopes that are verified already. */
export function claimOf (one: VerifiedEnvelope, other: VerifiedEnvelope): EquivocationClaim | null {
  const [a, b] = inOrder(one, other)
  const { community, period, author, part, seq } = a.header
  const of = b.header
  if (of.community !== community || of.period !== period || of.author !== author || of.part !== part) return null
  const contradiction = contradictionOf(a, b)
  return contradiction === null ? null : { community, period, author, part, seq, ...contradiction }
}

/** By hash: the same two envelopes always make the same proof. */
export function inOrder (one: VerifiedEnvelope, other: VerifiedEnvelope): [VerifiedEnvelope, VerifiedEnvelope] {
  return one.hash < other.hash ? [one, other] : [other, one]
}

function verified (bytes: Uint8Array): VerifiedEnvelope | null {
  try {
    const envelope = verifyEnvelope(decodeEnvelope(bytes))
    return 'verdict' in envelope ? null : envelope
  } catch (error) {
    if (error instanceof CrdtIndexError) return null
    throw error
  }
}
