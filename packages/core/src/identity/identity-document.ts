/**
 * The identity as it is stored, in a file or in a browser:
 *
 *     { "format": "seedbed-identity", "version": 1, "author": "64 hex", "phrase": "12 words", "checksum": "64 hex" }
 *
 * `checksum` is sha256 over `seedbed/identity/1\n` author `\n` phrase `\n`: it tells damage, not forgery.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { SeedbedError } from '../errors.ts'
import { deriveAuthorSeed, parsePhrase, type Phrase } from './phrase.ts'

const FORMAT = 'seedbed-identity'

export interface IdentityOptions {
  /** The ed25519 public key of a 32-byte seed (RFC 8032). */
  readonly publicKey: (seed: Uint8Array) => Uint8Array
  /** Phrase of the identity to use when the folder has none yet; must be that of the one it has. */
  readonly phrase?: string
}

export interface Identity {
  /** ed25519 public key, 64 lowercase hex characters. */
  readonly author: string
  readonly phrase: Phrase
  /** ed25519 seed, 32 bytes. */
  readonly seed: Uint8Array
  /** Whether this call made it. */
  readonly created: boolean
}

export async function createIdentityDocument (phrase: Phrase, options: Pick<IdentityOptions, 'publicKey'>): Promise<Omit<Identity, 'created'> & { readonly bytes: Uint8Array }> {
  const seed = await deriveAuthorSeed(phrase)
  const author = bytesToHex(options.publicKey(seed))
  const document = { format: FORMAT, version: 1, author, phrase, checksum: checksum(author, phrase) }
  return { author, phrase, seed, bytes: new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`) }
}

/** `file` names it in messages. Errors: KEY_FILE_CORRUPT. */
export async function parseIdentityDocument (file: string, bytes: Uint8Array, options: Pick<IdentityOptions, 'publicKey'>): Promise<Omit<Identity, 'created'>> {
  const corrupt = (what: string): never => {
    throw new SeedbedError('KEY_FILE_CORRUPT', `${file} ${what}. It was left as it is: move it away and restore the identity from the recovery phrase.`)
  }
  let document: Record<string, unknown>
  let phrase: Phrase
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Record<string, unknown>
  } catch { return corrupt('is not JSON; it may be cut off') }
  if (typeof document !== 'object' || document === null || document['format'] !== FORMAT) return corrupt('is not an identity file of Seedbed')
  if (document['version'] !== 1) return corrupt('has a version that this release does not know')
  const { author, phrase: words, checksum: sum } = document
  if (typeof author !== 'string' || typeof words !== 'string' || sum !== checksum(author, words)) return corrupt('is damaged: its checksum does not hold')
  try {
    phrase = parsePhrase(words)
  } catch { return corrupt('has no valid recovery phrase') }
  const seed = await deriveAuthorSeed(phrase)
  if (bytesToHex(options.publicKey(seed)) !== author) return corrupt('names an author that is not the phrase\'s')
  return { author, phrase, seed }
}

function checksum (author: string, phrase: string): string {
  return bytesToHex(sha256(new TextEncoder().encode(`seedbed/identity/1\n${author}\n${phrase}\n`)))
}
