// Many short keys of one width in ascending order, in blocks of some hundred. Blocks are never changed: whoever has a list of
// them keeps what it was, and one more key costs a copy of one block instead of all.
import { compareBytes } from '../identity/encoding.ts'

/** A block with fewer keys than this is joined with the one after it, one with more is cut. */
const MIN_KEYS = 64
const MAX_KEYS = 256
/** What a large block is cut into; leaves room for more on both sides. */
const CUT_KEYS = 160

export interface Block {
  readonly count: number
  /** The keys, one after another. */
  readonly data: Uint8Array
}

export interface KeyChange {
  readonly key: Uint8Array
  /** Whether the key is there from now on. */
  readonly isThere: boolean
}

/** The blocks after some changes, which ascend by key, each key once. What is there already, or gone already, stays so. */
export function updateBlocks (blocks: readonly Block[], width: number, changes: readonly KeyChange[]): Block[] {
  const updated: Block[] = []
  let carried: Uint8Array[] = []
  let at = 0
  for (let index = 0; index === 0 || index < blocks.length; index++) {
    const block = blocks[index]
    const next = blocks[index + 1]
    const from = at
    while (at < changes.length && (next === undefined || compareBytes(changes[at]!.key, keyAt(next, width, 0)) < 0)) at++
    if (block !== undefined && at === from && carried.length === 0) {
      updated.push(block)
      continue
    }
    const keys = [...carried, ...merged(block, width, changes.slice(from, at))]
    carried = next !== undefined && keys.length < MIN_KEYS ? keys : []
    if (carried.length === 0) cut(updated, width, keys)
  }
  return updated
}

/** Keys that ascend, in blocks. */
export function blocksOf (data: Uint8Array, width: number): Block[] {
  const blocks: Block[] = []
  const count = data.length / width
  for (let from = 0; from < count; from += CUT_KEYS) {
    const to = Math.min(count, from + CUT_KEYS)
    blocks.push({ count: to - from, data: data.subarray(from * width, to * width) })
  }
  return blocks
}

/** A view of one key. */
export function keyAt ({ data }: Block, width: number, index: number): Uint8Array {
  return data.subarray(index * width, (index + 1) * width)
}

function merged (block: Block | undefined, width: number, changes: readonly KeyChange[]): Uint8Array[] {
  const keys: Uint8Array[] = []
  let at = 0
  for (let index = 0; index < (block?.count ?? 0); index++) {
    const key = keyAt(block!, width, index)
    let order = -1
    for (; at < changes.length && (order = compareBytes(changes[at]!.key, key)) < 0; at++) if (changes[at]!.isThere) keys.push(changes[at]!.key)
    if (at < changes.length && order === 0) {
      if (changes[at]!.isThere) keys.push(key)
      at++
    } else keys.push(key)
  }
  for (; at < changes.length; at++) if (changes[at]!.isThere) keys.push(changes[at]!.key)
  return keys
}

function cut (into: Block[], width: number, keys: readonly Uint8Array[]): void {
  const parts = keys.length <= MAX_KEYS ? 1 : Math.ceil(keys.length / CUT_KEYS)
  for (let part = 0; part < parts; part++) {
    const own = keys.slice(Math.floor(keys.length * part / parts), Math.floor(keys.length * (part + 1) / parts))
    if (own.length === 0) continue
    const data = new Uint8Array(own.length * width)
    for (const [index, key] of own.entries()) data.set(key, index * width)
    into.push({ count: own.length, data })
  }
}
