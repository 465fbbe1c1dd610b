// The Diffie-Hellman of Message Stream Encryption (MSE/PE, "Initial Handshake"): 768-bit prime, generator 2,
// 160-bit private keys. Node's own costs 15 ms a handshake with this prime, because it checks the group and uses
// exponents as long as the prime. What OpenSSL computes for an RSA public key without padding is the same power, without
// the check: 0.1 ms; where a crypto library refuses exponents of that length (BoringSSL), BigInt does it in 0.35 ms.
// MSE hides traffic from simple filters and is no protection against a peer, so that neither side channels nor weak
// public keys matter here. For Node only: browsers do not encrypt (#platform).
import { constants, createPublicKey, publicEncrypt, randomBytes, type KeyObject } from 'node:crypto'
import type { KeyExchange } from '../platform/platform.ts'

const KEY_BYTES = 96
const PRIVATE_KEY_BYTES = 20
const PRIME_BYTES = Buffer.from('ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563', 'hex')
const PRIME = toBigInt(PRIME_BYTES)
const GENERATOR = Buffer.alloc(KEY_BYTES)
GENERATOR[KEY_BYTES - 1] = 2

/** base ^ exponent modulo the prime, 96 bytes; the base lies below the prime. */
type Power = (base: Uint8Array) => Uint8Array

/** One key pair for one handshake, made when it is needed. `privateKey` (20 bytes) is random unless given; its highest bit is set. */
export function createKeyExchange (privateKey?: Uint8Array, powerOf: (exponent: Uint8Array) => Power = preferredPower): KeyExchange {
  let power: Power | null = null
  let publicKey: Uint8Array | null = null
  function privatePower (): Power {
    if (power !== null) return power
    const exponent = privateKey === undefined ? randomBytes(PRIVATE_KEY_BYTES) : Uint8Array.from(privateKey)
    exponent[0] = (exponent[0] ?? 0) | 0x80 // never a trivial one
    return power = powerOf(exponent)
  }
  return {
    generateKeys: () => publicKey ??= privatePower()(GENERATOR),
    computeSecret: peerKey => privatePower()(reduced(peerKey))
  }
}

/** By OpenSSL. Throws where the crypto library refuses. */
export function nativePower (exponent: Uint8Array): Power {
  const key: KeyObject = createPublicKey({
    format: 'jwk', key: { kty: 'RSA', n: PRIME_BYTES.toString('base64url'), e: Buffer.from(exponent).toString('base64url') }
  })
  return base => publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, base)
}

/** By BigInt. */
export function bigIntPower (exponent: Uint8Array): Power {
  const bits = toBigInt(exponent)
  return base => {
    let result = 1n
    for (let square = toBigInt(base), rest = bits; rest > 0n; rest >>= 1n, square = square * square % PRIME) {
      if ((rest & 1n) === 1n) result = result * square % PRIME
    }
    return toBytes(result)
  }
}

let preferred: ((exponent: Uint8Array) => Power) | null = null

function preferredPower (exponent: Uint8Array): Power {
  preferred ??= nativeIsRight() ? nativePower : bigIntPower
  return preferred(exponent)
}

function nativeIsRight (): boolean {
  try {
    const exponent = new Uint8Array(PRIVATE_KEY_BYTES).fill(0xa5)
    return Buffer.from(nativePower(exponent)(GENERATOR)).equals(bigIntPower(exponent)(GENERATOR))
  } catch {
    return false
  }
}

/** Any 96 bytes may come; RSA takes only numbers below the prime. */
function reduced (bytes: Uint8Array): Uint8Array {
  return Buffer.compare(bytes, PRIME_BYTES) < 0 ? bytes : toBytes(toBigInt(bytes) % PRIME)
}

function toBigInt (bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`)
}

function toBytes (number: bigint): Uint8Array {
  return Buffer.from(number.toString(16).padStart(KEY_BYTES * 2, '0'), 'hex')
}
