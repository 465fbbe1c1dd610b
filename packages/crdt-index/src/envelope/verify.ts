import { GuardError } from '../documents/guard-error.ts'
import { inspectUpdate } from '../documents/guard.ts'
import { CrdtIndexError } from '../errors.ts'
import { concatBytes, equalBytes } from '../identity/encoding.ts'
import { verifySignature } from '../identity/keys.ts'
import { sha256 } from '../identity/sha256.ts'
import type { EnvelopeHash, UnverifiedEnvelope, VerifiedEnvelope, Verdict } from '../model.ts'
import { decodeEnvelope, signedHeader } from './envelope.ts'
import { Flaw, type Proof } from './proof.ts'
import { stampPrefix } from './stamp.ts'

export type Rejection = Extract<Verdict, { verdict: 'reject' }>

export const BAD_STAMP = 'admission stamp'
const BAD_UPDATE_HASH = 'BAD_ENVELOPE: update hash'

/**
 * The only way from an unverified envelope to a verified one: the author signed the header, the update is the one
 * that the header commits to, and the guard finds nothing in it that could harm Yjs or the views. What it says
 * depends on the envelope alone, never on what this peer holds. Never throws for a peer's fault.
 */
export function verifyEnvelope (envelope: UnverifiedEnvelope): VerifiedEnvelope | Rejection {
  const { signature, bytes, publicKey } = signedHeader(envelope)
  if (!verifySignature(signature, bytes, publicKey)) return reject('BAD_SIGNATURE')
  return equalBytes(sha256(envelope.update), envelope.header.updateHash) ? inspect(envelope) : reject(BAD_UPDATE_HASH)
}

/** What a thread has to know to check an envelope of a community of that difficulty (at 0 an empty stamp is `checkStamp`'s to see). */
export function proofOf (envelope: UnverifiedEnvelope, difficulty: number): Proof {
  const { header: { community, author, stamp, updateHash }, update } = envelope
  return {
    signed: signedHeader(envelope),
    stamp: difficulty === 0 ? null : { hashed: concatBytes(stampPrefix(community, author), stamp), difficulty },
    update,
    updateHash
  }
}

/** The rest of `verifyEnvelope`, for an envelope whose proof was checked: the guard. */
export function concludeProof (envelope: UnverifiedEnvelope, flaw: number | undefined): VerifiedEnvelope | Rejection {
  if (flaw === Flaw.none) return inspect(envelope)
  return reject(flaw === Flaw.stamp ? BAD_STAMP : flaw === Flaw.updateHash ? BAD_UPDATE_HASH : 'BAD_SIGNATURE')
}

function inspect ({ header, hash, bytes, update }: UnverifiedEnvelope): VerifiedEnvelope | Rejection {
  try {
    return { state: 'verified', header, hash, bytes, update, inspected: inspectUpdate(update, header) } as VerifiedEnvelope
  } catch (error) {
    if (error instanceof GuardError) return reject(`BAD_UPDATE: ${error.message}`)
    throw error
  }
}

/** Whether the bytes are those that were stored under this hash. */
export function isIntact (bytes: Uint8Array, hash: EnvelopeHash): boolean {
  try {
    const envelope = decodeEnvelope(bytes)
    return envelope.hash === hash && equalBytes(sha256(envelope.update), envelope.header.updateHash)
  } catch (error) {
    if (error instanceof CrdtIndexError) return false
    throw error
  }
}

/**
 * The way back from this peer's own database: the hash under which a verified envelope was stored binds its
 * signature, its header and so its update. Null when the bytes are no longer those.
 */
export function restoreEnvelope (bytes: Uint8Array, hash: EnvelopeHash): VerifiedEnvelope | null {
  try {
    const envelope = decodeEnvelope(bytes)
    if (envelope.hash !== hash || !equalBytes(sha256(envelope.update), envelope.header.updateHash)) return null
    return { ...envelope, state: 'verified', inspected: inspectUpdate(envelope.update, envelope.header) } as VerifiedEnvelope
  } catch (error) {
    if (error instanceof GuardError || error instanceof CrdtIndexError) return null
    throw error
  }
}

function reject (reason: string): Rejection {
  return { verdict: 'reject', reason }
}
