// Messages of a reconciliation: a flags byte, then ranges in ascending order that lie one after another from minus
// infinity. A range is a head byte (mode in the upper two bits, length of the upper bound in the lower six; length 0
// is infinity and comes last), the bound (a prefix of an item, exclusive), and by mode:
//   skip         nothing: nothing is said about it
//   fingerprint  16 bytes
//   list         count, all items of the sender in the range
//   difference   count, items that only the sender has; count, ascending positions in the receiver's list of what the
//                sender lacks, each as the distance from the one before
// Counts and distances are LEB128 of at most four bytes. Items ascend and lie inside their range.
import { CrdtIndexError } from '../errors.ts'
import { RECONCILE_ITEM_BYTES, MAX_RECONCILE_RANGES } from '../limits.ts'
import { compareBytes } from '../identity/encoding.ts'
import { FINGERPRINT_BYTES } from './item-set.ts'

const Mode = { skip: 0, fingerprint: 1, list: 2, difference: 3 } as const
/** The sender holds back ranges that it has not answered yet: send another message, even an empty one. */
const MORE_FLAG = 1

/** One for all: a message may have 65,536 lists of nothing, and a view of no bytes takes as much as any other. */
const NO_ITEMS = new Uint8Array(0)

interface Bounds {
  /** Inclusive. */
  readonly lower: Uint8Array
  /** Exclusive; null is infinity. */
  readonly upper: Uint8Array | null
}
export type Range = Bounds & (
  | { readonly mode: 'fingerprint', readonly fingerprint: Uint8Array }
  | { readonly mode: 'list', readonly items: Uint8Array }
  | { readonly mode: 'difference', readonly items: Uint8Array, readonly wanted: readonly number[] }
)

export interface ReconcileMessage { readonly more: boolean, readonly ranges: Range[] }

/** Reads a message and keeps views of its bytes; throws BAD_FRAME. */
export function decodeReconcileMessage (bytes: Uint8Array): ReconcileMessage {
  const reader = new Reader(bytes)
  const flags = reader.byte()
  if (flags > MORE_FLAG) throw bad('unknown flags')
  const ranges: Range[] = []
  let lower: Uint8Array | null = new Uint8Array(0)
  for (let count = 0; reader.remaining > 0; count++) {
    if (count === MAX_RECONCILE_RANGES) throw bad('too many ranges')
    if (lower === null) throw bad('a range above infinity')
    const head = reader.byte()
    const upper: Uint8Array | null = (head & 63) === 0 ? null : reader.bytes(head & 63)
    if (upper !== null && (upper.length > RECONCILE_ITEM_BYTES || compareBytes(lower, upper) >= 0)) throw bad('bounds do not ascend')
    const bounds = { lower, upper }
    switch (head >> 6) {
      case Mode.fingerprint:
        ranges.push({ ...bounds, mode: 'fingerprint', fingerprint: reader.bytes(FINGERPRINT_BYTES) })
        break
      case Mode.list:
        ranges.push({ ...bounds, mode: 'list', items: readItems(reader, bounds) })
        break
      case Mode.difference:
        ranges.push({ ...bounds, mode: 'difference', items: readItems(reader, bounds), wanted: readPositions(reader) })
        break
    }
    lower = upper
  }
  return { more: flags === MORE_FLAG, ranges }
}

function readItems (reader: Reader, { lower, upper }: Bounds): Uint8Array {
  const count = reader.number()
  if (count === 0) return NO_ITEMS
  const items = reader.bytes(count * RECONCILE_ITEM_BYTES)
  let previous = lower
  for (let offset = 0; offset < items.length; offset += RECONCILE_ITEM_BYTES) {
    const item = items.subarray(offset, offset + RECONCILE_ITEM_BYTES)
    const order = compareBytes(previous, item)
    if (order > 0 || (order === 0 && offset > 0)) throw bad('items do not ascend')
    previous = item
  }
  if (upper !== null && compareBytes(previous, upper) >= 0) throw bad('an item lies outside its range')
  return items
}

function readPositions (reader: Reader): number[] {
  const count = reader.number()
  if (count > reader.remaining) throw bad('more positions than bytes')
  const positions: number[] = []
  let next = 0
  for (let i = 0; i < count; i++) {
    const position = next + reader.number()
    positions.push(position)
    next = position + 1
  }
  return positions
}

class Reader {
  readonly #data: Uint8Array
  #offset = 0

  constructor (data: Uint8Array) { this.#data = data }

  get remaining (): number { return this.#data.length - this.#offset }

  byte (): number {
    const value = this.#data[this.#offset]
    if (value === undefined) throw bad('the message ends early')
    this.#offset++
    return value
  }

  bytes (length: number): Uint8Array {
    if (length > this.remaining) throw bad('the message ends early')
    return this.#data.subarray(this.#offset, this.#offset += length)
  }

  number (): number {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
    throw bad('a number is too long')
  }
}

/** Writes one message within `maxBytes`; ranges have to be added in ascending order. */
export class ReconcileWriter {
  readonly #maxBytes: number
  #data: Uint8Array = new Uint8Array(1024)
  #length = 1
  #end: Uint8Array | null = new Uint8Array(0)

  constructor (maxBytes: number) { this.#maxBytes = maxBytes }

  get isEmpty (): boolean { return this.#length === 1 }
  get room (): number { return this.#maxBytes - this.#length }

  fingerprint (bounds: Bounds, fingerprint: Uint8Array): void {
    this.#head(Mode.fingerprint, bounds)
    this.#bytes(fingerprint)
  }

  list (bounds: Bounds, items: Uint8Array): void {
    this.#head(Mode.list, bounds)
    this.#items([items])
  }

  difference (bounds: Bounds, items: readonly Uint8Array[], wanted: readonly number[]): void {
    this.#head(Mode.difference, bounds)
    this.#items(items)
    this.#number(wanted.length)
    let next = 0
    for (const position of wanted) {
      this.#number(position - next)
      next = position + 1
    }
  }

  finish (more: boolean): Uint8Array {
    this.#data[0] = more ? MORE_FLAG : 0
    return this.#data.slice(0, this.#length)
  }

  #head (mode: number, { lower, upper }: Bounds): void {
    if (this.#end !== null && compareBytes(this.#end, lower) < 0) this.#bound(Mode.skip, lower)
    this.#bound(mode, upper)
    this.#end = upper
  }

  #bound (mode: number, upper: Uint8Array | null): void {
    this.#byte(mode << 6 | (upper?.length ?? 0))
    if (upper !== null) this.#bytes(upper)
  }

  #items (parts: readonly Uint8Array[]): void {
    this.#number(parts.reduce((sum, part) => sum + part.length, 0) / RECONCILE_ITEM_BYTES)
    for (const part of parts) this.#bytes(part)
  }

  #byte (value: number): void {
    this.#reserve(1)
    this.#data[this.#length++] = value
  }

  #bytes (value: Uint8Array): void {
    this.#reserve(value.length)
    this.#data.set(value, this.#length)
    this.#length += value.length
  }

  #number (value: number): void {
    let rest = value
    while (rest > 127) {
      this.#byte(rest & 127 | 128)
      rest >>>= 7
    }
    this.#byte(rest)
  }

  #reserve (length: number): void {
    if (this.#length + length <= this.#data.length) return
    const grown = new Uint8Array(Math.max(this.#data.length * 2, this.#length + length))
    grown.set(this.#data)
    this.#data = grown
  }
}

export function bad (what: string): CrdtIndexError {
  return new CrdtIndexError('BAD_FRAME', `reconciliation: ${what}`)
}
