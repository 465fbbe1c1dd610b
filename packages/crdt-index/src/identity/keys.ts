import { platform } from '#platform'
import { CrdtIndexError } from '../errors.ts'
import type { AuthorId } from '../model.ts'
import type { SignedBytes } from '../platform/platform.ts'
import { authorIdOfBytes } from './ids.ts'
import { isWellFormed, judge } from './key-encodings.ts'

export { isPublicKey, isWellFormed } from './key-encodings.ts'

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
  const { publicKey, sign } = platform.keyPair(seed)
  return { author: authorIdOfBytes(publicKey), publicKey, sign }
}

/**
 * Whether `signature` (64 bytes) is `publicKey`'s (32 bytes) ed25519 signature of the bytes. Encodings on which
 * verifiers disagree (small order, not canonical) are refused before the library is asked. Never throws. Takes 1 to
 * 2 ms in a browser: `checkSignature` is for what comes in numbers.
 */
export function verifySignature (signature: Uint8Array, bytes: Uint8Array, publicKey: Uint8Array): boolean {
  const signed = { signature, bytes, publicKey }
  return isWellFormed(signed) && platform.verify(signed)
}

/** The same verdict the quickest way that the platform has: at once in Node, by WebCrypto in a browser. Neither throws nor rejects. */
export function checkSignature (signature: Uint8Array, bytes: Uint8Array, publicKey: Uint8Array): boolean | Promise<boolean> {
  const verdicts = checkSignatures([{ signature, bytes, publicKey }])
  return verdicts instanceof Promise ? verdicts.then(([valid]) => valid === true) : verdicts[0] === true
}

/** The verdicts of `verifySignature` on a batch, in order. */
export function checkSignatures (batch: readonly SignedBytes[]): boolean[] | Promise<boolean[]> {
  return judge(batch, platform.verifyMany)
}
