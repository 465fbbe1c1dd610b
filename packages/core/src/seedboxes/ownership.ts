// How a seedbox proves to be of the asker's own author: by a MAC under a key that only the author's devices have. To
// everybody else it is noise, so that nobody learns by it whose seedbox it is, as they would from a signature.
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'

/** Keeps this key apart from all others of the same seed (RFC 5869, section 3.2). */
const INFO = new TextEncoder().encode('seedbed/own-seedbox/1')

export interface Ownership {
  /** HMAC-SHA256 over both peer ids; bound to this very connection, since both ends of it are authenticated. */
  prove (seedbox: string, asker: string): Uint8Array
  holds (proof: Uint8Array, seedbox: string, asker: string): boolean
}

/** `seed`: the author's, 32 bytes. */
export function createOwnership (seed: Uint8Array): Ownership {
  const key = hkdf(sha256, seed, undefined, INFO, 32)
  const prove = (seedbox: string, asker: string): Uint8Array => hmac(sha256, key, new TextEncoder().encode(`${seedbox} ${asker}`))
  return {
    prove,
    holds (proof, seedbox, asker) {
      const right = prove(seedbox, asker)
      // The proof is checked where it was asked for, so time tells its sender nothing.
      return proof.length === right.length && right.every((byte, i) => byte === proof[i])
    }
  }
}
