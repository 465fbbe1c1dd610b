// Bytes as text, and back: hexadecimal and base64url (RFC 4648 §5, without padding).
import { CrdtIndexError } from '../errors.ts'

const HEX_DIGITS = '0123456789abcdef'
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const BASE64URL_VALUES: Uint8Array = valuesOf(BASE64URL)
const HEX_CODES: Uint8Array = Uint8Array.from(HEX_DIGITS, digit => digit.charCodeAt(0))
const HEX_VALUES: Uint8Array = valuesOf(HEX_DIGITS)
const NO_DIGIT = 255
/** Far longer than an id, far less than the arguments an engine can take. */
const MAX_FLAT_CODES = 4096

function valuesOf (alphabet: string): Uint8Array {
  const values = new Uint8Array(128).fill(255)
  for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value
  return values
}

/** Where the digits of 32 bytes are put together: a newcomer reads some for every envelope. */
const ID_CODES: number[] = Array.from({ length: 64 }, () => 0)

/** Lowercase hexadecimal. */
export function bytesToHex (bytes: Uint8Array): string {
  const codes = bytes.length === 32 ? ID_CODES : Array.from({ length: 2 * bytes.length }, () => 0)
  for (let i = 0; i < bytes.length; i++) { // by index: this is done for every envelope, and takes a third of what an iterator does
    const byte = bytes[i]!
    codes[2 * i] = HEX_CODES[byte >> 4]!
    codes[2 * i + 1] = HEX_CODES[byte & 15]!
  }
  return flat(codes)
}

/**
 * Ids live long as keys of maps, and V8 keeps a string that was put together by `+=` as a tree of its parts: 558 bytes
 * an id instead of about 100. From codes it is one flat string.
 */
function flat (codes: readonly number[]): string {
  if (codes.length > MAX_FLAT_CODES) return codes.map(code => String.fromCharCode(code)).join('')
  return String.fromCharCode.apply(null, codes as number[])
}

/** The bytes of lowercase hexadecimal, of ids that a parser made. Throws BAD_ID for any other text. */
export function hexToBytes (text: string): Uint8Array {
  const bytes = decodeHex(text)
  if (bytes === null) throw new CrdtIndexError('BAD_ID', 'not lowercase hexadecimal')
  return bytes
}

/** The bytes of lowercase hexadecimal; null for any other text. */
export function decodeHex (text: string): Uint8Array | null {
  if (text.length % 2 !== 0) return null
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const high = HEX_VALUES[text.charCodeAt(2 * i)] ?? NO_DIGIT
    const low = HEX_VALUES[text.charCodeAt(2 * i + 1)] ?? NO_DIGIT
    if (high === NO_DIGIT || low === NO_DIGIT) return null
    bytes[i] = high << 4 | low
  }
  return bytes
}

/** base64url without padding. */
export function bytesToBase64url (bytes: Uint8Array): string {
  const codes: number[] = []
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = (buffer << 8 | byte) & 0xffff
    bits += 8
    while (bits >= 6) {
      bits -= 6
      codes.push(BASE64URL.charCodeAt(buffer >> bits & 63))
    }
  }
  if (bits > 0) codes.push(BASE64URL.charCodeAt(buffer << (6 - bits) & 63))
  return flat(codes)
}

/**
 * The bytes of unpadded base64url; null for any other text. Spare bits of the last character must be zero
 * (RFC 4648 §3.5), so that equal bytes have one spelling.
 */
export function decodeBase64url (text: string): Uint8Array | null {
  if (text.length % 4 === 1) return null
  const bytes = new Uint8Array(Math.floor(text.length * 6 / 8))
  let buffer = 0
  let bits = 0
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const value = BASE64URL_VALUES[text.charCodeAt(i)] ?? NO_DIGIT
    if (value === NO_DIGIT) return null
    buffer = (buffer << 6 | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[length++] = buffer >> bits & 255
    }
  }
  return (buffer & (1 << bits) - 1) === 0 ? bytes : null
}

/** All parts in one array. */
export function concatBytes (...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Lexicographic order of bytes: negative, 0 or positive. */
export function compareBytes (a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function equalBytes (a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0
}
