// What is derived from a recovery phrase.
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { mnemonicToSeedSync } from '@scure/bip39'

declare const brand: unique symbol
/** A valid BIP 39 phrase: lowercase English words with single spaces between. Whoever has it is the author. */
export type Phrase = string & { readonly [brand]: 'Phrase' }

/** Keeps this key apart from all others that may ever come from the same phrase (RFC 5869, section 3.2). */
const AUTHOR_INFO = new TextEncoder().encode('seedbed/author/1')

/** The author's ed25519 seed, 32 bytes: HKDF-SHA256 (RFC 5869) of the BIP 39 seed, no salt, info `seedbed/author/1`. */
export function authorSeed (phrase: Phrase): Uint8Array {
  return hkdf(sha256, mnemonicToSeedSync(phrase), undefined, AUTHOR_INFO, 32)
}
