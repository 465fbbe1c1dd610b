import type { AuthorId } from '@seedbed/crdt-index'
import { sha256 } from '@noble/hashes/sha2.js'
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { wordlist } from '@scure/bip39/wordlists/english.js'

const DOMAIN: Uint8Array = utf8ToBytes('seedbed/fingerprint/1')
const WORDS = 4
const BITS_PER_WORD = 11
const MAX_REMEMBERED = 10_000
const known = new Map<AuthorId, string>()

/** Whether it reads like such words, of anybody. */
export function isFingerprint (words: string): boolean {
  const parts = words.split('-')
  return parts.length === WORDS && parts.every(word => wordlist.includes(word))
}

/**
 * Four words that tell an author's key apart at a glance: the first 44 bits of sha256(domain tag || key) in words of the
 * BIP 39 English list. To make a key with the words of another costs about 2^44 key generations.
 */
export function fingerprintOf (author: AuthorId): string {
  let words = known.get(author)
  if (words === undefined) {
    let bits = 0n
    for (const byte of sha256(Uint8Array.from([...DOMAIN, ...hexToBytes(author)])).subarray(0, 8)) bits = bits << 8n | BigInt(byte)
    words = Array.from({ length: WORDS }, (_, i) => wordlist[Number(bits >> BigInt(64 - (i + 1) * BITS_PER_WORD) & 2047n)]).join('-')
    if (known.size >= MAX_REMEMBERED) known.clear()
    known.set(author, words)
  }
  return words
}
