// Encodings on which ed25519 verifiers disagree. Peers that disagree on validity hold different sets for ever,
// so these are refused before any library is asked; on what remains, libraries that follow RFC 8032 strictly agree
// for every key that an honest seed makes.
import { SIGNATURE_BYTES } from '../limits.ts'
import type { SignedBytes } from '../platform/platform.ts'
import { hexToBytes } from './encoding.ts'

const KEY_BYTES = 32

/**
 * y-coordinates (little-endian, sign bit cleared) of the eight points of order 1, 2, 4 and 8, canonical ones and
 * those at or over p. Source: libsodium, `ge25519_has_small_order`; Chalkias, Garillot, Nikolaenko, "Taming the
 * Many EdDSAs" (2020), table 1.
 */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000', // 0, order 4
  '0100000000000000000000000000000000000000000000000000000000000000', // 1, order 1
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', // order 8
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', // order 8
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // p - 1, order 2
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // p = 0, order 4
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f' // p + 1 = 1, order 1
].map(hexToBytes)

/** L, the order of the base point, little-endian (RFC 8032 §5.1). */
const GROUP_ORDER: Uint8Array = hexToBytes('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

/** Whether 32 bytes encode a point of small order, whatever the sign bit: such a key lets anyone forge. */
export function isSmallOrder (point: Uint8Array): boolean {
  return SMALL_ORDER_Y.some(y => {
    for (let i = 0; i < 31; i++) if (point[i] !== y[i]) return false
    return ((point[31] ?? 0) & 0x7f) === y[31]
  })
}

/** Whether the y-coordinate of 32 bytes is below p = 2^255 - 19 (RFC 8032 §5.1.3, step 1). */
export function isCanonicalPoint (point: Uint8Array): boolean {
  if (((point[31] ?? 0) & 0x7f) !== 0x7f || (point[0] ?? 0) < 0xed) return true
  for (let i = 1; i < 31; i++) if (point[i] !== 0xff) return true
  return false
}

/** Whether a signature's scalar is below L (RFC 8032 §5.1.7, step 1): otherwise it is malleable. */
export function isCanonicalScalar (scalar: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (scalar[i] ?? 0) - (GROUP_ORDER[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** Whether a 32-byte public key may be an author's: canonical and not of small order. */
export function isPublicKey (key: Uint8Array): boolean {
  return key.length === KEY_BYTES && isCanonicalPoint(key) && !isSmallOrder(key)
}

/** Whether a library may be asked about it: it has the right lengths, and no encoding on which verifiers disagree. */
export function isWellFormed ({ signature, publicKey }: SignedBytes): boolean {
  if (signature.length !== SIGNATURE_BYTES || !isPublicKey(publicKey)) return false
  const point = signature.subarray(0, 32)
  return isCanonicalPoint(point) && !isSmallOrder(point) && isCanonicalScalar(signature.subarray(32))
}

/** The verdicts on a batch, in order, where only what is well-formed is asked of `verifyMany`. */
export function judge (batch: readonly SignedBytes[], verifyMany: (batch: readonly SignedBytes[]) => boolean[] | Promise<boolean[]>): boolean[] | Promise<boolean[]> {
  const wellFormed = batch.map(isWellFormed)
  const asked = verifyMany(batch.filter((_, at) => wellFormed[at]))
  const merged = (verdicts: readonly boolean[]): boolean[] => {
    let next = 0
    return wellFormed.map(sound => sound && verdicts[next++] === true)
  }
  return asked instanceof Promise ? asked.then(merged) : merged(asked)
}
