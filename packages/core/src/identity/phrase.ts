// The recovery phrase (BIP 39) and what is derived from it.
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { generateMnemonic, mnemonicToSeedSync, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { SeedbedError } from '../errors.ts'
import { MAX_PHRASE_CHARACTERS } from '../limits.ts'

declare const brand: unique symbol
/** A valid BIP 39 phrase: lowercase English words with single spaces between. Whoever has it is the author. */
export type Phrase = string & { readonly [brand]: 'Phrase' }

/** Keeps this key apart from all others that may ever come from the same phrase (RFC 5869, section 3.2). */
const AUTHOR_INFO = new TextEncoder().encode('seedbed/author/1')

/**
 * A new phrase of 12 words: 128 bits, which is the strength of ed25519 itself. 24 words would be twice the work to
 * write down and add nothing.
 */
export function createPhrase (): Phrase {
  return generateMnemonic(wordlist, 128) as Phrase
}

/**
 * Reads a phrase as a person may type it, in any case and spacing; 12 to 24 words, as other tools make longer ones.
 * Errors: BAD_PHRASE, which never repeats a word of the input.
 */
export function parsePhrase (text: string): Phrase {
  if (text.length > MAX_PHRASE_CHARACTERS) throw new SeedbedError('BAD_PHRASE', 'This is too long for a recovery phrase of 12 to 24 words.')
  const words = text.normalize('NFKD').toLowerCase().split(/\s+/).filter(word => word !== '')
  if (words.length < 12 || words.length > 24 || words.length % 3 !== 0) {
    throw new SeedbedError('BAD_PHRASE', `A recovery phrase has 12 words (or 15, 18, 21, 24), this one has ${words.length}.`)
  }
  const unknown = words.findIndex(word => !wordlist.includes(word))
  if (unknown !== -1) throw new SeedbedError('BAD_PHRASE', `Word ${unknown + 1} of the recovery phrase is not in the BIP 39 English list; check its spelling.`)
  const phrase = words.join(' ')
  if (!validateMnemonic(phrase, wordlist)) throw new SeedbedError('BAD_PHRASE', 'The checksum of the recovery phrase does not hold: a word is wrong or out of place.')
  return phrase as Phrase
}

/** The author's ed25519 seed, 32 bytes: HKDF-SHA256 (RFC 5869) of the BIP 39 seed, no salt, info `seedbed/author/1`. */
export function authorSeed (phrase: Phrase): Uint8Array {
  return fromBip39(mnemonicToSeedSync(phrase))
}

/** The same by WebCrypto where there is one, many times quicker: every start of a node waits for it. */
export async function deriveAuthorSeed (phrase: Phrase): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto as { readonly subtle?: SubtleCrypto } // a page that came over plain HTTP has none
  if (subtle === undefined) return authorSeed(phrase)
  // BIP 39: PBKDF2 with HMAC-SHA512 and 2,048 rounds; the salt is `mnemonic` and the passphrase, which is empty here.
  const utf8 = new TextEncoder()
  const password = await subtle.importKey('raw', utf8.encode(phrase), 'PBKDF2', false, ['deriveBits'])
  return fromBip39(new Uint8Array(await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-512', salt: utf8.encode('mnemonic'), iterations: 2048 }, password, 512)))
}

function fromBip39 (seed: Uint8Array): Uint8Array {
  return hkdf(sha256, seed, undefined, AUTHOR_INFO, 32)
}
