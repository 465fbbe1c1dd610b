/**
 * Signals as y-webrtc 10 seals them, so that a stock y-webrtc client with the room's name and password understands them:
 *
 *     key      = PBKDF2-SHA256(password, salt: room, 100,000 rounds), 256 bits
 *     sealed   = base64(varString "AES-GCM" || varBytes iv || varBytes AES-256-GCM(key, iv, lib0 "any" of the signal))
 *
 * Every fault of what comes from outside is null here: y-webrtc itself lets a failed decryption go unhandled, which ends
 * a Node process.
 */
import { createDecoder, readAny, readVarString, readVarUint8Array } from 'lib0/decoding'
import { createEncoder, toUint8Array, writeAny, writeVarString, writeVarUint8Array } from 'lib0/encoding'
import { MAX_SIGNAL_CHARS } from '../../limits.ts'
import type { PersonalSecrets } from '../secrets.ts'

const ALGORITHM = 'AES-GCM'
const ROUNDS = 100_000
const IV_BYTES = 12
const TAG_BYTES = 16

export interface Seal {
  /** Anything that lib0's `writeAny` takes: plain data. */
  close (signal: object): Promise<string>
  /** Null unless somebody who knows the password sealed it. */
  open (sealed: string): Promise<unknown>
}

/** Needs WebCrypto, which pages have only where they were loaded over HTTPS or from localhost. */
export async function createSeal ({ room, password }: PersonalSecrets): Promise<Seal> {
  const text = new TextEncoder()
  const material = await crypto.subtle.importKey('raw', text.encode(password), 'PBKDF2', false, ['deriveKey'])
  const key = await crypto.subtle.deriveKey({ name: 'PBKDF2', salt: text.encode(room), iterations: ROUNDS, hash: 'SHA-256' }, material, { name: ALGORITHM, length: 256 }, true, ['encrypt', 'decrypt'])
  return {
    async close (signal) {
      const plain = createEncoder()
      writeAny(plain, signal as Parameters<typeof writeAny>[1])
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
      const cipher = await crypto.subtle.encrypt({ name: ALGORITHM, iv }, key, new Uint8Array(toUint8Array(plain)))
      const sealed = createEncoder()
      writeVarString(sealed, ALGORITHM)
      writeVarUint8Array(sealed, iv)
      writeVarUint8Array(sealed, new Uint8Array(cipher))
      return btoa(String.fromCharCode(...toUint8Array(sealed))) // lib0's own base64 knows pages and Node, and no workers
    },
    async open (sealed) {
      if (sealed.length > MAX_SIGNAL_CHARS) return null
      try {
        const decoder = createDecoder(Uint8Array.from(atob(sealed), character => character.charCodeAt(0)))
        if (readVarString(decoder) !== ALGORITHM) return null
        const iv = readVarUint8Array(decoder)
        const cipher = readVarUint8Array(decoder)
        if (iv.length !== IV_BYTES || cipher.length <= TAG_BYTES) return null
        const plain = await crypto.subtle.decrypt({ name: ALGORITHM, iv: new Uint8Array(iv) }, key, new Uint8Array(cipher))
        return readAny(createDecoder(new Uint8Array(plain)))
      } catch {
        return null
      }
    }
  }
}
