// A bencode reader for bytes from strangers (BEP 3). The reader that comes with the wire library loops for ever on a
// negative string length (`l-3:e`), lets `__proto__` keys through and recurses without a bound; nothing from
// outside reaches it before it went through here.
import { platform } from '#platform'
import { MAX_BENCODE_DEPTH, MAX_BENCODE_VALUES } from '../limits.ts'

export type BencodeValue = number | Uint8Array | BencodeValue[] | Map<string, BencodeValue>

export interface Decoded {
  readonly value: BencodeValue
  /** Offset behind the value: ut_metadata appends raw bytes (BEP 9). */
  readonly end: number
}

/** Reads one value from the start of `bytes`; null if it is malformed, too deep (8) or has too many values (512). Keys are read as Latin-1. */
export function decodeBencode (bytes: Uint8Array): Decoded | null {
  const reader = new Reader(bytes)
  const value = reader.value(0)
  return value === null ? null : { value, end: reader.at }
}

const CODE = { d: 0x64, e: 0x65, i: 0x69, l: 0x6c } as const

class Reader {
  at = 0
  #values = 0
  readonly #bytes: Uint8Array

  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
  }

  value (depth: number): BencodeValue | null {
    if (depth > MAX_BENCODE_DEPTH || ++this.#values > MAX_BENCODE_VALUES) return null
    switch (this.#bytes[this.at]) {
      case CODE.i: return this.#integer()
      case CODE.l: return this.#list(depth)
      case CODE.d: return this.#dict(depth)
      default: return this.#string()
    }
  }

  #integer (): number | null {
    this.at++
    return this.#digits('e', 20, true)
  }

  #string (): Uint8Array | null {
    const length = this.#digits(':', 6, false)
    if (length === null || this.at + length > this.#bytes.length) return null
    return this.#bytes.subarray(this.at, this.at += length)
  }

  #list (depth: number): BencodeValue[] | null {
    const list: BencodeValue[] = []
    for (this.at++; this.#bytes[this.at] !== CODE.e;) {
      const item = this.value(depth + 1)
      if (item === null) return null
      list.push(item)
    }
    this.at++
    return list
  }

  #dict (depth: number): Map<string, BencodeValue> | null {
    const dict = new Map<string, BencodeValue>()
    for (this.at++; this.#bytes[this.at] !== CODE.e;) {
      const key = this.#string()
      if (key === null) return null
      const item = this.value(depth + 1)
      if (item === null) return null
      dict.set(platform.toLatin1(key), item)
    }
    this.at++
    return dict
  }

  #digits (terminator: 'e' | ':', maxDigits: number, signed: boolean): number | null {
    const window = platform.toLatin1(this.#bytes.subarray(this.at, this.at + maxDigits + 2))
    const stop = window.indexOf(terminator)
    const text = window.slice(0, Math.max(stop, 0))
    if (!(signed ? /^-?\d+$/ : /^\d+$/).test(text)) return null
    this.at += stop + 1
    return Number(text)
  }
}
