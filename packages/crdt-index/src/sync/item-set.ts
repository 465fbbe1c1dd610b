// An immutable sorted set of 40-byte items with fingerprints of any index range in constant time: prefix sums of
// the items as integers modulo 2^320, of blocks and within them, hashed together with the count. Sums of numbers that strangers can choose by
// grinding envelopes can be made to collide (Wagner's generalised birthday, 2002), hence `salted`: its sums are of
// sha256(salt || item) under a salt that nobody knew when the envelopes were made.
import { sha256 } from '../identity/sha256.ts'
import { RECONCILE_ITEM_BYTES } from '../limits.ts'
import { atOnce } from '../slices.ts'
import { blocksOf, keyAt, type Block } from './sorted-blocks.ts'

/** First 16 bytes of sha256(sum || count). */
export const FINGERPRINT_BYTES: number = 16

export interface ItemSet {
  readonly size: number
  /** A view of one item. */
  item (index: number): Uint8Array
  /** A copy of the items of an index range, one after another. */
  slice (from: number, to: number): Uint8Array
  /** First index whose item is not below the bound (a prefix of an item, or null for infinity). */
  lowerBound (bound: Uint8Array | null): number
  /** The shortest bound that lies above the item before `index` and not above the one at it; `index` is inside the set. */
  boundBefore (index: number): Uint8Array
  fingerprint (from: number, to: number): Uint8Array
  /** The same items under other sums; costs a hash an item, and yields now and then. */
  salting (salt: Uint8Array): Generator<void, ItemSet, undefined>
  /** The same at once. */
  salted (salt: Uint8Array): ItemSet
  /** Views of all items, ascending. */
  [Symbol.iterator] (): Iterator<Uint8Array, void, undefined>
}

/** Takes items of RECONCILE_ITEM_BYTES in any order; equal ones count once. Throws a TypeError on another length. */
export function createItemSet (items: readonly Uint8Array[]): ItemSet {
  return itemSetOf(blocksOf(packSorted(items), RECONCILE_ITEM_BYTES))
}

/** The set of blocks of ascending items. Sums of blocks that another set had are not made again. */
export function itemSetOf (blocks: readonly Block[]): ItemSet {
  return new BlockItemSet(blocks, RECONCILE_ITEM_BYTES / 4, unsaltedSums)
}

class BlockItemSet implements ItemSet {
  readonly size: number
  readonly #blocks: readonly Block[]
  /** Index of each block's first item, and the size behind the last. */
  readonly #starts: Uint32Array
  readonly #words: number
  readonly #sumsOf: (block: Block) => Uint32Array
  /** Sums of all blocks before each; made when they are first asked for. */
  #before: Uint32Array | null = null

  constructor (blocks: readonly Block[], words: number, sumsOf: (block: Block) => Uint32Array) {
    this.#blocks = blocks
    this.#words = words
    this.#sumsOf = sumsOf
    const starts = new Uint32Array(blocks.length + 1)
    for (const [index, { count }] of blocks.entries()) starts[index + 1] = starts[index]! + count
    this.#starts = starts
    this.size = starts[blocks.length]!
  }

  item (index: number): Uint8Array {
    const block = this.#blockWith(index)
    return keyAt(this.#blocks[block]!, RECONCILE_ITEM_BYTES, index - this.#starts[block]!)
  }

  slice (from: number, to: number): Uint8Array {
    const items = new Uint8Array((to - from) * RECONCILE_ITEM_BYTES)
    for (let at = from, block = this.#blockWith(from); at < to; block++) {
      const start = this.#starts[block]!
      const end = Math.min(to, this.#starts[block + 1]!)
      items.set(this.#blocks[block]!.data.subarray((at - start) * RECONCILE_ITEM_BYTES, (end - start) * RECONCILE_ITEM_BYTES), (at - from) * RECONCILE_ITEM_BYTES)
      at = end
    }
    return items
  }

  lowerBound (bound: Uint8Array | null): number {
    if (bound === null) return this.size
    // the last block that begins below the bound has the place in it, or ends right before it
    const block = bisect(this.#blocks.length, index => isBelow(this.#blocks[index]!, 0, bound)) - 1
    if (block < 0) return 0
    return this.#starts[block]! + bisect(this.#blocks[block]!.count, index => isBelow(this.#blocks[block]!, index, bound))
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
    const words = this.#words
    const input = new Uint8Array(words * 4 + 4)
    const view = new DataView(input.buffer)
    const sum = this.#sumBefore(to)
    subtract(sum, this.#sumBefore(from))
    for (let word = 0; word < words; word++) view.setUint32(word * 4, sum[word]!, true)
    view.setUint32(words * 4, to - from, true)
    return sha256(input).subarray(0, FINGERPRINT_BYTES)
  }

  salted (salt: Uint8Array): ItemSet {
    return atOnce(this.salting(salt))
  }

  * salting (salt: Uint8Array): Generator<void, ItemSet, undefined> {
    const input = new Uint8Array(salt.length + RECONCILE_ITEM_BYTES)
    input.set(salt)
    const sums = new Map<Block, Uint32Array>()
    for (const block of this.#blocks) {
      sums.set(block, sumsWithin(block, 32, item => {
        input.set(item, salt.length)
        return sha256(input)
      }))
      yield
    }
    return new BlockItemSet(this.#blocks, 32 / 4, block => sums.get(block)!)
  }

  * [Symbol.iterator] (): Generator<Uint8Array, void, undefined> {
    for (const block of this.#blocks) for (let index = 0; index < block.count; index++) yield keyAt(block, RECONCILE_ITEM_BYTES, index)
  }

  /** The block that has the index; the last one for what lies behind. */
  #blockWith (index: number): number {
    return Math.min(this.#blocks.length, bisect(this.#blocks.length + 1, block => this.#starts[block]! <= index)) - 1
  }

  /** The sum of all items before the index. */
  #sumBefore (index: number): Uint32Array {
    const words = this.#words
    const before = this.#before ??= this.#sumsBeforeBlocks()
    if (this.size === 0) return new Uint32Array(words)
    const block = this.#blockWith(index)
    const sum = before.slice(block * words, (block + 1) * words)
    const within = index - this.#starts[block]!
    add(sum, this.#sumsOf(this.#blocks[block]!), within * words)
    return sum
  }

  #sumsBeforeBlocks (): Uint32Array {
    const words = this.#words
    const before = new Uint32Array((this.#blocks.length + 1) * words)
    const sum = new Uint32Array(words)
    for (const [index, block] of this.#blocks.entries()) {
      add(sum, this.#sumsOf(block), block.count * words)
      before.set(sum, (index + 1) * words)
    }
    return before
  }
}

/** How many of the first `count` indices hold, which are those before all others. */
function bisect (count: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) low = middle + 1
    else high = middle
  }
  return low
}

function isBelow ({ data }: Block, index: number, bound: Uint8Array): boolean {
  const offset = index * RECONCILE_ITEM_BYTES
  for (let i = 0; i < bound.length; i++) {
    const difference = (data[offset + i] as number) - (bound[i] as number)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** Adds the sum that lies in `sums` at `from`, lowest word first. */
function add (sum: Uint32Array, sums: Uint32Array, from: number): void {
  let carry = 0
  for (let word = 0; word < sum.length; word++) {
    const next = sum[word]! + sums[from + word]! + carry
    sum[word] = next
    carry = next > 0xffff_ffff ? 1 : 0
  }
}

function subtract (sum: Uint32Array, other: Uint32Array): void {
  let borrow = 0
  for (let word = 0; word < sum.length; word++) {
    const next = sum[word]! - other[word]! - borrow
    borrow = next < 0 ? 1 : 0
    sum[word] = next
  }
}

const known = new WeakMap<Block, Uint32Array>()

function unsaltedSums (block: Block): Uint32Array {
  let sums = known.get(block)
  if (sums === undefined) known.set(block, sums = sumsWithin(block, RECONCILE_ITEM_BYTES, item => item))
  return sums
}

/** Sum of the first i items of a block at [i * words, (i + 1) * words), lowest word first. */
function sumsWithin ({ data, count }: Block, width: number, digest: (item: Uint8Array) => Uint8Array): Uint32Array {
  const words = width / 4
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
  return sums
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
