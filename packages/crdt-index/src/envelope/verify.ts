import { GuardError } from '../documents/guard-error.ts'
import { inspectUpdate } from '../documents/guard.ts'
import { CrdtIndexError } from '../errors.ts'
import { equalBytes } from '../identity/encoding.ts'
import { checkSignatures, verifySignature } from '../identity/keys.ts'
import { sha256 } from '../identity/sha256.ts'
import type { EnvelopeHash, UnverifiedEnvelope, VerifiedEnvelope, Verdict } from '../model.ts'
import { decodeEnvelope, signedHeader } from './envelope.ts'

export type Rejection = Extract<Verdict, { verdict: 'reject' }>

/**
 * The only way from an unverified envelope to a verified one: the author signed the header, the update is the one
 * that the header commits to, and the guard finds nothing in it that could harm Yjs or the views. What it says
 * depends on the envelope alone, never on what this peer holds. Never throws for a peer's fault.
 */
export function verifyEnvelope (envelope: UnverifiedEnvelope): VerifiedEnvelope | Rejection {
  const { signature, bytes, publicKey } = signedHeader(envelope)
  return conclude(envelope, verifySignature(signature, bytes, publicKey))
}

/** The same for many, in order: all signatures at once, then all updates. A promise only where the platform verifies beside this thread. */
export function verifyEnvelopes (envelopes: readonly UnverifiedEnvelope[]): Array<VerifiedEnvelope | Rejection> | Promise<Array<VerifiedEnvelope | Rejection>> {
  const concludeAll = (valid: readonly boolean[]): Array<VerifiedEnvelope | Rejection> => envelopes.map((envelope, at) => conclude(envelope, valid[at] === true))
  const valid = checkSignatures(envelopes.map(signedHeader))
  return valid instanceof Promise ? valid.then(concludeAll) : concludeAll(valid)
}

function conclude (envelope: UnverifiedEnvelope, isSigned: boolean): VerifiedEnvelope | Rejection {
  const { header, hash, bytes, update } = envelope
  if (!isSigned) return reject('BAD_SIGNATURE')
  if (!equalBytes(sha256(update), header.updateHash)) return reject('BAD_ENVELOPE: update hash')
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
