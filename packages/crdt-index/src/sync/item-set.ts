// An immutable sorted set of 40-byte items with fingerprints of any index range in constant time: prefix sums of
// the items as integers modulo 2^320, hashed together with the count. Sums of numbers that strangers can choose by
// grinding envelopes can be made to collide (Wagner's generalised birthday, 2002), hence `salted`: its sums are of
// sha256(salt || item) under a salt that nobody knew when the envelopes were made.
import { sha256 } from '@noble/hashes/sha2.js'
import { RECONCILE_ITEM_BYTES } from '../limits.ts'

/** First 16 bytes of sha256(sum || count). */
export const FINGERPRINT_BYTES: number = 16

export interface ItemSet {
  readonly size: number
  /** A view of one item. */
  item (index: number): Uint8Array
  /** A view of the items of an index range, one after another. */
  slice (from: number, to: number): Uint8Array
  /** First index whose item is not below the bound (a prefix of an item, or null for infinity). */
  lowerBound (bound: Uint8Array | null): number
  /** The shortest bound that lies above the item before `index` and not above the one at it; `index` is inside the set. */
  boundBefore (index: number): Uint8Array
  fingerprint (from: number, to: number): Uint8Array
  /** The same items under other sums; costs a hash an item. */
  salted (salt: Uint8Array): ItemSet
}

/** Takes items of RECONCILE_ITEM_BYTES in any order; equal ones count once. Throws a TypeError on another length. */
export function createItemSet (items: readonly Uint8Array[]): ItemSet {
  const data = packSorted(items)
  return new SortedItemSet(data, prefixSums(data, RECONCILE_ITEM_BYTES, item => item))
}

class SortedItemSet implements ItemSet {
  readonly size: number
  readonly #data: Uint8Array
  readonly #sums: PrefixSums

  constructor (data: Uint8Array, sums: PrefixSums) {
    this.size = data.length / RECONCILE_ITEM_BYTES
    this.#data = data
    this.#sums = sums
  }

  item (index: number): Uint8Array {
    return this.slice(index, index + 1)
  }

  slice (from: number, to: number): Uint8Array {
    return this.#data.subarray(from * RECONCILE_ITEM_BYTES, to * RECONCILE_ITEM_BYTES)
  }

  lowerBound (bound: Uint8Array | null): number {
    if (bound === null) return this.size
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#isBelow(middle, bound)) low = middle + 1
      else high = middle
    }
    return low
  }

  boundBefore (index: number): Uint8Array {
    const item = this.item(index)
    if (index === 0) return item.subarray(0, 1)
    const previous = this.item(index - 1)
    let shared = 0
    while (previous[shared] === item[shared]) shared++
    return item.subarray(0, shared + 1)
  }

  fingerprint (from: number, to: number): Uint8Array {
    const { words, sums } = this.#sums
    const input = new Uint8Array(words * 4 + 4)
    const view = new DataView(input.buffer)
    let borrow = 0
    for (let word = 0; word < words; word++) {
      let difference = (sums[to * words + word] as number) - (sums[from * words + word] as number) - borrow
      borrow = difference < 0 ? 1 : 0
      if (borrow === 1) difference += 0x1_0000_0000
      view.setUint32(word * 4, difference, true)
    }
    view.setUint32(words * 4, to - from, true)
    return sha256(input).subarray(0, FINGERPRINT_BYTES)
  }

  salted (salt: Uint8Array): ItemSet {
    const input = new Uint8Array(salt.length + RECONCILE_ITEM_BYTES)
    input.set(salt)
    return new SortedItemSet(this.#data, prefixSums(this.#data, 32, item => {
      input.set(item, salt.length)
      return sha256(input)
    }))
  }

  #isBelow (index: number, bound: Uint8Array): boolean {
    const offset = index * RECONCILE_ITEM_BYTES
    for (let i = 0; i < bound.length; i++) {
      const difference = (this.#data[offset + i] as number) - (bound[i] as number)
      if (difference !== 0) return difference < 0
    }
    return false
  }
}

interface PrefixSums { readonly words: number, readonly sums: Uint32Array }

/** Sum of the first i items at [i * words, (i + 1) * words), lowest word first. */
function prefixSums (data: Uint8Array, width: number, digest: (item: Uint8Array) => Uint8Array): PrefixSums {
  const words = width / 4
  const count = data.length / RECONCILE_ITEM_BYTES
  const sums = new Uint32Array(words * (count + 1))
  for (let i = 0; i < count; i++) {
    const value = digest(data.subarray(i * RECONCILE_ITEM_BYTES, (i + 1) * RECONCILE_ITEM_BYTES))
    const view = new DataView(value.buffer, value.byteOffset, width)
    let carry = 0
    for (let word = 0; word < words; word++) {
      // the last word of the value is the lowest: the hash varies there, the author's prefix above it does not
      const sum = (sums[i * words + word] as number) + view.getUint32(width - 4 - word * 4) + carry
      sums[(i + 1) * words + word] = sum
      carry = sum > 0xffff_ffff ? 1 : 0
    }
  }
  return { words, sums }
}

function packSorted (items: readonly Uint8Array[]): Uint8Array {
  const data = new Uint8Array(items.length * RECONCILE_ITEM_BYTES)
  for (const [index, item] of items.entries()) {
    if (item.length !== RECONCILE_ITEM_BYTES) throw new TypeError(`an item has ${RECONCILE_ITEM_BYTES} bytes, not ${item.length}`)
    data.set(item, index * RECONCILE_ITEM_BYTES)
  }
  const view = new DataView(data.buffer)
  const compare = (a: number, b: number): number => {
    for (let word = 0; word < RECONCILE_ITEM_BYTES; word += 4) {
      const difference = view.getUint32(a * RECONCILE_ITEM_BYTES + word) - view.getUint32(b * RECONCILE_ITEM_BYTES + word)
      if (difference !== 0) return difference
    }
    return 0
  }
  const order = Uint32Array.from(items.keys()).sort(compare)
  const sorted = new Uint8Array(data.length)
  let count = 0
  for (const [position, index] of order.entries()) {
    if (position > 0 && compare(order[position - 1] as number, index) === 0) continue
    sorted.set(data.subarray(index * RECONCILE_ITEM_BYTES, (index + 1) * RECONCILE_ITEM_BYTES), count++ * RECONCILE_ITEM_BYTES)
  }
  return sorted.subarray(0, count * RECONCILE_ITEM_BYTES)
}
