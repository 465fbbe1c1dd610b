// Admission stamps: proof of work once per (author, community), after hashcash (Back, 2002). They slow spam and
// prove nothing about a person.
import { concatBytes, hexToBytes } from '../identity/encoding.ts'
import { sha256 } from '../identity/sha256.ts'
import type { AuthorId, CommunityAddress } from '../model.ts'

const DOMAIN: Uint8Array = new TextEncoder().encode('seedbed/stamp/1')
const NONCE_BYTES = 8

interface Stamped {
  readonly community: CommunityAddress
  readonly author: AuthorId
  readonly stamp: Uint8Array
}

/** Leading zero bits of sha256(domain tag || community || author || stamp). */
export function stampBits ({ community, author, stamp }: Stamped): number {
  return leadingZeroBits(sha256(concatBytes(DOMAIN, hexToBytes(community), hexToBytes(author), stamp)))
}

/** Whether a header's stamp meets the community's difficulty in bits. Difficulty 0 takes the empty stamp only. */
export function checkStamp (header: Stamped, difficulty: number): boolean {
  return difficulty === 0 ? header.stamp.length === 0 : stampBits(header) >= difficulty
}

/** Searches a stamp; takes about 2^difficulty hashes and blocks meanwhile. The same input gives the same stamp. */
export function findStamp (community: CommunityAddress, author: AuthorId, difficulty: number): Uint8Array {
  if (difficulty === 0) return new Uint8Array()
  const bytes = concatBytes(DOMAIN, hexToBytes(community), hexToBytes(author), new Uint8Array(NONCE_BYTES))
  const counter = new DataView(bytes.buffer, bytes.length - NONCE_BYTES)
  for (let nonce = 0n; ; nonce++) {
    counter.setBigUint64(0, nonce)
    if (leadingZeroBits(sha256(bytes)) >= difficulty) return bytes.slice(-NONCE_BYTES)
  }
}

function leadingZeroBits (bytes: Uint8Array): number {
  let bits = 0
  for (const byte of bytes) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24
    bits += 8
  }
  return bits
}
