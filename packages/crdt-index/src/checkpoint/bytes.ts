// Bytes that grow, and their reader: what a checkpoint is put together from. Little-endian, as typed arrays are on every
// machine that runs a browser or Node; a checkpoint of another one is not read.

export class ByteWriter {
  #bytes = new Uint8Array(1024)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  uint8 (value: number): void {
    const at = this.#take(1) // may replace the view
    this.#view.setUint8(at, value)
  }

  uint16 (value: number): void {
    const at = this.#take(2) // may replace the view
    this.#view.setUint16(at, value, true)
  }

  uint32 (value: number): void {
    const at = this.#take(4) // may replace the view
    this.#view.setUint32(at, value, true)
  }

  float64 (value: number): void {
    const at = this.#take(8) // may replace the view
    this.#view.setFloat64(at, value, true)
  }

  bytes (bytes: Uint8Array): void {
    const at = this.#take(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** A text after its length; null has a length that no text has. */
  text (text: string | null): void {
    if (text === null) {
      this.uint32(NO_TEXT)
      return
    }
    const bytes = encoder.encode(text)
    this.uint32(bytes.length)
    this.bytes(bytes)
  }

  /** A copy of what was written. */
  finish (): Uint8Array<ArrayBuffer> { return this.#bytes.slice(0, this.#length) }

  #take (length: number): number {
    const at = this.#length
    this.#length += length
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }
}

/** Throws RangeError where the bytes end early. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd (): boolean { return this.#at === this.#bytes.length }

  uint8 (): number { return this.#view.getUint8(this.#take(1)) }

  uint16 (): number { return this.#view.getUint16(this.#take(2), true) }

  uint32 (): number { return this.#view.getUint32(this.#take(4), true) }

  float64 (): number { return this.#view.getFloat64(this.#take(8), true) }

  /** A view, not a copy. */
  bytes (length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  text (): string | null {
    const length = this.uint32()
    return length === NO_TEXT ? null : decoder.decode(this.bytes(length))
  }

  #take (length: number): number {
    const at = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError('ends early')
    return at
  }
}

const NO_TEXT = 2 ** 32 - 1
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

type Numbers = Int32Array | Uint32Array | Float64Array | Uint8Array

/** The first `length` numbers as bytes of their own. */
export function bytesOfNumbers (numbers: Numbers, length: number): Uint8Array {
  return new Uint8Array(numbers.buffer.slice(numbers.byteOffset, numbers.byteOffset + length * numbers.BYTES_PER_ELEMENT))
}

/** The inverse: a copy. Throws RangeError for a length that is not a whole number of them. */
export function numbersOfBytes<T extends Numbers> (kind: { new (buffer: ArrayBuffer): T }, bytes: Uint8Array): T {
  return new kind(new Uint8Array(bytes).buffer) // a Buffer's own slice would be no copy
}
