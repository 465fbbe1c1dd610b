import { keyPair, sign, verify } from 'hypercore-crypto'
import { CrdtIndexError } from '../errors.ts'
import { SIGNATURE_BYTES } from '../limits.ts'
import type { AuthorId } from '../model.ts'
import { authorIdOfBytes, KEY_BYTES } from './ids.ts'
import { isCanonicalPoint, isCanonicalScalar, isSmallOrder } from './key-encodings.ts'

export const SEED_BYTES = 32

/** Signs as one author. The secret stays inside. */
export interface Signer {
  readonly author: AuthorId
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** ed25519 (RFC 8032) over the bytes as they are, 64 bytes. Callers put a domain tag into the bytes. */
  sign (bytes: Uint8Array): Uint8Array
}

/** The signer of a 32-byte ed25519 seed. Throws BAD_ID for another length. */
export function createSigner (seed: Uint8Array): Signer {
  if (seed.length !== SEED_BYTES) throw new CrdtIndexError('BAD_ID', `a seed is ${SEED_BYTES} bytes, not ${seed.length}`)
  const { publicKey, secretKey } = keyPair(seed)
  const key = new Uint8Array(publicKey)
  return {
    author: authorIdOfBytes(key),
    publicKey: key,
    sign: bytes => new Uint8Array(sign(bytes, secretKey))
  }
}

/** Whether a 32-byte public key may be an author's: canonical and not of small order. */
export function isPublicKey (key: Uint8Array): boolean {
  return key.length === KEY_BYTES && isCanonicalPoint(key) && !isSmallOrder(key)
}

/**
 * Whether `signature` (64 bytes) is `publicKey`'s (32 bytes) ed25519 signature of the bytes. Encodings on which
 * verifiers disagree (small order, not canonical) are refused before the library is asked. Never throws.
 */
export function verifySignature (signature: Uint8Array, bytes: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || !isPublicKey(publicKey)) return false
  const point = signature.subarray(0, 32)
  if (!isCanonicalPoint(point) || isSmallOrder(point) || !isCanonicalScalar(signature.subarray(32))) return false
  return verify(bytes, signature, publicKey)
}
