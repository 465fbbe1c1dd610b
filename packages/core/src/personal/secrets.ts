// What only the devices of one author know: where they meet, and the key that seals what they say there.
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

const ROOM_INFO = new TextEncoder().encode('seedbed/personal/1/room')
const PASSWORD_INFO = new TextEncoder().encode('seedbed/personal/1/password')
const SECRET_BYTES = 32

export interface PersonalSecrets {
  /** Name of the y-webrtc room, 64 hex characters. A signalling point sees it, and learns nothing about the author. */
  readonly room: string
  /** Password of the room, 64 hex characters; never leaves the device. */
  readonly password: string
}

/** From the author's ed25519 seed, 32 bytes: HKDF-SHA256 (RFC 5869), no salt, infos `seedbed/personal/1/room` and `…/password`. */
export function personalSecrets (seed: Uint8Array): PersonalSecrets {
  return {
    room: bytesToHex(hkdf(sha256, seed, undefined, ROOM_INFO, SECRET_BYTES)),
    password: bytesToHex(hkdf(sha256, seed, undefined, PASSWORD_INFO, SECRET_BYTES))
  }
}
