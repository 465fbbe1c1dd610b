// Reads lib0's encoding, as far as updates of ours use it, with every length bounded before it is believed.
// Source: lib0 decoding.js; Yjs UpdateDecoderV1.
import type { EntryValue } from '../model.ts'
import { GuardError } from './guard-error.ts'
import { ID_KEY_CHARS, idKeyAt } from './key-cache.ts'

/** Elements of an entry's value; the longest shape has five. */
const MAX_VALUE_ELEMENTS = 8
/** Elements of an array within a value: mentions. */
const MAX_NESTED_ELEMENTS = 16
const MAX_VALUE_STRING_BYTES = 2000
/** Author keys and items are the only bytes in values. */
const MAX_VALUE_BYTES = 32

// Type tags of lib0's `any`.
const ANY_NULL = 126
const ANY_INTEGER = 125
const ANY_FLOAT32 = 124
const ANY_FLOAT64 = 123
const ANY_STRING = 119
const ANY_ARRAY = 117
const ANY_BYTES = 116

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export class Lib0Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd (): boolean { return this.#at === this.#bytes.length }

  byte (): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new GuardError('ends early')
    return byte
  }

  /** Variable-length unsigned integer, 7 bits a byte, lowest first, in its shortest form. */
  uint (max: number): number {
    const first = this.byte()
    const value = first < 128 ? first : this.#more(first & 127, 128)
    if (value > max) throw new GuardError(`number over ${max}`)
    return value
  }

  #more (low: number, scale: number): number {
    let value = low
    for (let factor = scale; factor <= 2 ** 35; factor *= 128) {
      const byte = this.byte()
      value += (byte & 127) * factor
      if (byte < 128) {
        if (byte === 0) throw new GuardError('number not in its shortest form')
        return value
      }
    }
    throw new GuardError('number too long')
  }

  /** UTF-8 text after its length in bytes. */
  string (maxBytes: number): string {
    const bytes = this.#take(this.uint(maxBytes))
    try {
      return utf8.decode(bytes)
    } catch {
      throw new GuardError('text is not UTF-8')
    }
  }

  /** A month's key after its length, which is passed over; null, and nothing is passed over, where none stands here. */
  idKey (): string | null {
    const from = this.#at + 1
    if (this.#bytes[this.#at] !== ID_KEY_CHARS || from + ID_KEY_CHARS > this.#bytes.length) return null
    const key = idKeyAt(this.#bytes, from)
    if (key !== null) this.#at = from + ID_KEY_CHARS
    return key
  }

  /** Whether UTF-8 text after its length stands here that is this ASCII text; if so it is passed over. */
  skipText (text: string): boolean {
    const bytes = this.#bytes
    const from = this.#at
    if (bytes[from] !== text.length) return false
    for (let i = 0; i < text.length; i++) if (bytes[from + 1 + i] !== text.charCodeAt(i)) return false
    this.#at = from + 1 + text.length
    return true
  }

  /** An entry's value: an array of scalars, bytes, and arrays of bytes. Bytes are copied out of the update. */
  value (): EntryValue {
    if (this.byte() !== ANY_ARRAY) throw new GuardError('value is not an array')
    const length = this.uint(MAX_VALUE_ELEMENTS)
    if (length === 2) return [this.#element(), this.#element()] // a vote: V8 gives an array that grows room for 17, for as long as it lives
    const values: Array<EntryValue[number]> = []
    for (let left = length; left > 0; left--) values.push(this.#element())
    return values
  }

  #element (): EntryValue[number] {
    const tag = this.byte()
    switch (tag) {
      case ANY_NULL: return null
      case ANY_INTEGER: return this.#integer()
      case ANY_FLOAT32: return this.#float(4)
      case ANY_FLOAT64: return this.#float(8)
      case ANY_STRING: return this.string(MAX_VALUE_STRING_BYTES)
      case ANY_BYTES: return this.#valueBytes()
      case ANY_ARRAY: {
        const list: Uint8Array[] = []
        for (let left = this.uint(MAX_NESTED_ELEMENTS); left > 0; left--) {
          if (this.byte() !== ANY_BYTES) throw new GuardError('array of something but bytes')
          list.push(this.#valueBytes())
        }
        return list
      }
      default: throw new GuardError(`value of type ${tag}`)
    }
  }

  /** Sign in bit 6 of the first byte, which holds 6 bits of the number. */
  #integer (): number {
    const first = this.byte()
    const magnitude = first < 128 ? first & 63 : this.#more(first & 63, 64)
    if (magnitude > 2 ** 31 - 1) throw new GuardError('integer over 31 bits')
    if ((first & 64) === 0) return magnitude
    if (magnitude === 0) throw new GuardError('negative zero')
    return -magnitude
  }

  #float (byteLength: 4 | 8): number {
    const at = this.#at
    this.#take(byteLength)
    const value = byteLength === 4 ? this.#view.getFloat32(at) : this.#view.getFloat64(at)
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new GuardError('number is not a safe integer')
    return value
  }

  #valueBytes (): Uint8Array {
    return this.#take(this.uint(MAX_VALUE_BYTES)).slice()
  }

  #take (length: number): Uint8Array {
    const from = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw new GuardError('ends early')
    return this.#bytes.subarray(from, this.#at)
  }
}
