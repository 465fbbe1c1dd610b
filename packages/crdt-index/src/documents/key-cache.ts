// Keys that many updates name, as one string each: a post's item stands in every voter's document. What comes back need
// not be decoded, looked at and hashed again, and a newcomer's million votes make no million strings.
import { fitsKey } from './shapes.ts'

/** Characters of a base64url key of 20 bytes, which all keys of a month are. */
export const ID_KEY_CHARS = 27
const SLOT_BITS = 15
/** Slots from a key's first one on that it may stand in. */
const PROBES = 4
/** Twice as many slots as a large month has items, so that they seldom push each other out; 3 MB when all are taken. */
const cached: Array<string | null> = Array.from({ length: 2 ** SLOT_BITS + PROBES - 1 }, () => null)

/** The key that stands there, null where there is none that fits a month's root. There are as many bytes from `at` on. */
export function idKeyAt (bytes: Uint8Array, at: number): string | null {
  // Ids are cut from hashes, so a few characters tell most apart; whoever makes his alike has them decoded each time.
  const some = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24
  const first = Math.imul(some, 0x9e3779b1) >>> 32 - SLOT_BITS
  let free = first
  for (let slot = first; slot < first + PROBES; slot++) {
    const known = cached[slot]!
    if (known === null) {
      free = slot
      break
    }
    if (standsAt(known, bytes, at)) return known
  }
  const key = String.fromCharCode(...bytes.subarray(at, at + ID_KEY_CHARS))
  return fitsKey('votes', key) ? cached[free] = key : null
}

function standsAt (key: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < ID_KEY_CHARS; i++) if (key.charCodeAt(i) !== bytes[at + i]) return false
  return true
}
