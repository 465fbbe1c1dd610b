// The search itself, with no more imports than a worker needs.
import { sha256 } from '@noble/hashes/sha2.js'

const NONCE_BYTES = 8
const UINT32 = 2 ** 32

/** Tries up to so many more nonces; the nonce that was found, or null. */
export type StampSearch = (hashes: number) => Uint8Array | null

/** Looks for an 8-byte nonce, from 0 upwards, with which sha256(prefix || nonce) begins with `difficulty` zero bits. */
export function createStampSearch (prefix: Uint8Array, difficulty: number): StampSearch {
  // The prefix fills the first of SHA-256's two blocks here: hashed once, it halves the work of every try.
  const start = sha256.create().update(prefix)
  let state = start.clone()
  const nonce = new Uint8Array(NONCE_BYTES)
  const counter = new DataView(nonce.buffer)
  const digest = new Uint8Array(start.outputLen)
  let tried = 0
  return hashes => {
    for (const end = tried + hashes; tried < end; tried++) {
      counter.setUint32(0, tried / UINT32)
      counter.setUint32(4, tried)
      state = start._cloneInto(state)
      state.update(nonce).digestInto(digest)
      if (leadingZeroBits(digest) >= difficulty) return nonce.slice()
    }
    return null
  }
}

export function leadingZeroBits (bytes: Uint8Array): number {
  let bits = 0
  for (const byte of bytes) {
    if (byte !== 0) return bits + Math.clz32(byte) - 24
    bits += 8
  }
  return bits
}
