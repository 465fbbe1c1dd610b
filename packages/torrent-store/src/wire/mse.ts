// The Diffie-Hellman of Message Stream Encryption (MSE/PE, "Initial Handshake"): 768-bit prime, generator 2,
// 160-bit private keys. Node's own costs 15 ms a handshake with this prime, because it checks the group and uses
// exponents as long as the prime; 160 bits by BigInt cost 0.4 ms. MSE hides traffic from simple filters and
// is no protection against a peer, so that neither side channels nor weak public keys matter here.
import { platform } from '#platform'

const PRIME = BigInt('0xffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563')
const GENERATOR = 2n
const KEY_BYTES = 96
const PRIVATE_KEY_BYTES = 20

/** The two methods of Node's DiffieHellman that the wire library calls. */
export interface KeyExchange {
  /** Our public key, 96 bytes, the same at each call. */
  generateKeys (): Uint8Array
  /** The shared secret with a peer's public key, 96 bytes. */
  computeSecret (publicKey: Uint8Array): Uint8Array
}

/** One key pair for one handshake. `privateKey` (20 bytes) is random unless given. */
export function createKeyExchange (privateKey: Uint8Array = platform.randomBytes(PRIVATE_KEY_BYTES)): KeyExchange {
  const exponent = toBigInt(privateKey)
  let publicKey: Uint8Array | null = null
  return {
    generateKeys: () => publicKey ??= toBytes(power(GENERATOR, exponent)),
    computeSecret: peerKey => toBytes(power(toBigInt(peerKey) % PRIME, exponent))
  }
}

function power (base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = square * square % PRIME) {
    if ((rest & 1n) === 1n) result = result * square % PRIME
  }
  return result
}

function toBigInt (bytes: Uint8Array): bigint {
  return BigInt(`0x${platform.toHex(bytes)}`)
}

function toBytes (number: bigint): Uint8Array {
  return platform.fromHex(number.toString(16).padStart(KEY_BYTES * 2, '0'))
}
