// Admission stamps: proof of work once per (author, community), after hashcash (Back, 2002). They slow spam and
// prove nothing about a person.
import { concatBytes, hexToBytes } from '../identity/encoding.ts'
import { sha256 } from '../identity/sha256.ts'
import type { AuthorId, CommunityAddress } from '../model.ts'
import { createStampSearch, leadingZeroBits } from './stamp-search.ts'

const DOMAIN: Uint8Array = new TextEncoder().encode('seedbed/stamp/1')
const NO_STAMP: Uint8Array = new Uint8Array(0)

interface Stamped {
  readonly community: CommunityAddress
  readonly author: AuthorId
  readonly stamp: Uint8Array
}

/** What a stamp is the end of: domain tag || community || author. */
export function stampPrefix (community: CommunityAddress, author: AuthorId): Uint8Array {
  return concatBytes(DOMAIN, hexToBytes(community), hexToBytes(author))
}

/** Leading zero bits of sha256(domain tag || community || author || stamp). */
export function stampBits ({ community, author, stamp }: Stamped): number {
  return leadingZeroBits(sha256(concatBytes(stampPrefix(community, author), stamp)))
}

/**
 * The first 48 bits of that hash as a number: the lower, the more work the stamp was. Under difficulty 0, where stamps are
 * empty, it is the work that went into choosing the author's key.
 */
export function stampWork ({ community, author, stamp }: Stamped): number {
  const hash = sha256(concatBytes(stampPrefix(community, author), stamp))
  const view = new DataView(hash.buffer, hash.byteOffset)
  return view.getUint16(0) * 2 ** 32 + view.getUint32(2)
}

/** Whether a header's stamp meets the community's difficulty in bits. Difficulty 0 takes the empty stamp only. */
export function checkStamp (header: Stamped, difficulty: number): boolean {
  return difficulty === 0 ? header.stamp.length === 0 : stampBits(header) >= difficulty
}

/**
 * Searches a stamp in this thread; takes about 2^difficulty hashes and blocks meanwhile, so it is for difficulties of a
 * few bits. The same input gives the same stamp. `createStampFinder` searches beside the caller.
 */
export function findStamp (community: CommunityAddress, author: AuthorId, difficulty: number): Uint8Array {
  return difficulty === 0 ? NO_STAMP : createStampSearch(stampPrefix(community, author), difficulty)(Infinity) ?? NO_STAMP
}
