// ed25519 (RFC 8032) in JavaScript: for signing in browsers, and for verifying where WebCrypto cannot.
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, equalBytes } from '../../identity/encoding.ts'
import type { KeyPair, SignedBytes } from '../platform.ts'

const { Point } = ed25519
// Tables for windows of four bits, an eighth of the default's: a page signs now and then, but makes them at every start.
Point.BASE.precompute(4)

export function keyPair (seed: Uint8Array): KeyPair {
  const secret = seed.slice()
  return { publicKey: ed25519.getPublicKey(secret), sign: bytes => ed25519.sign(bytes, secret) }
}

/**
 * RFC 8032 §5.1.7 with the cofactorless equation, as sodium, OpenSSL and BoringSSL check it: noble's own `verify`
 * multiplies by the cofactor and so takes signatures that those refuse, even where `zip215` is false.
 */
export function verify ({ signature, bytes, publicKey }: SignedBytes): boolean {
  try {
    const commitment = signature.subarray(0, 32)
    const key = Point.fromBytes(publicKey)
    const challenge = Point.Fn.create(littleEndian(sha512(concatBytes(commitment, publicKey, bytes))))
    const expected = Point.BASE.multiplyUnsafe(littleEndian(signature.subarray(32))).subtract(key.multiplyUnsafe(challenge))
    return equalBytes(expected.toBytes(), commitment)
  } catch { // no point of the curve, a scalar out of range
    return false
  }
}

function littleEndian (bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let value = 0n
  for (let at = bytes.length - 8; at >= 0; at -= 8) value = value << 64n | view.getBigUint64(at, true)
  return value
}
