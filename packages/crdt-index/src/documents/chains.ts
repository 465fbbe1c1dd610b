// A document of which every key was written by one device after another, kept without Yjs: the newest item of each key is what
// counts. Whatever is not so plain is left to Yjs, and so says the same as ever.
import { MAX_DOCUMENT_STRUCTS } from '../limits.ts'
import type { EntryChange, EntryValue, InspectedUpdate, Period, RootName } from '../model.ts'
import { newStructs, type Usage } from './bounds.ts'
import { fitsEntry, fitsPeriod } from './shapes.ts'
import { readUpdate } from './update-reader.ts'

/** The newest item of a key. */
interface Tail {
  readonly root: RootName
  readonly key: string
  client: number
  /** The last one of the item's. */
  clock: number
}

/** A device's items by clock: where each begins, and the key that it lies in. */
interface Items {
  readonly begins: number[]
  readonly tails: Tail[]
}

export interface Chains {
  readonly items: Map<number, Items>
  readonly tails: Map<RootName, Map<string, Tail>>
}

/** A document whose state is kept so. */
export interface Chained {
  readonly chains: Chains
  readonly entries: Map<RootName, Map<string, EntryValue>>
  readonly stateVector: Map<number, number>
  readonly usage: Usage
}

export function noChains (): Chains {
  return { items: new Map(), tails: new Map() }
}

/** What an item becomes part of, before anything is changed. */
interface Step {
  readonly tail: Tail
  readonly client: number
  readonly clock: number
  readonly length: number
  readonly value: EntryValue | null
}

/**
 * Applies an update that is ready and returns which keys it changed. Null, and nothing has changed: it forks a key,
 * repeats clocks, comes of several devices or goes over the document's bounds, and Yjs has to say what becomes of it.
 */
export function chain (document: Chained, update: Uint8Array, inspected: InspectedUpdate, period: Period): EntryChange[] | null {
  const { chains, entries, stateVector, usage } = document
  const { linear, ranges, structs: written, weight } = inspected
  if (!linear || written.size > 1) return null
  for (const [client, { from }] of ranges) if (from !== (stateVector.get(client) ?? 0)) return null
  const used = { structs: usage.structs + newStructs(inspected, stateVector), weight: usage.weight + weight }
  if (used.structs > MAX_DOCUMENT_STRUCTS || used.weight > MAX_DOCUMENT_STRUCTS) return null
  const steps = stepsOf(document, inspected)
  if (steps === null) return null

  const changed = new Map<Tail, EntryValue | undefined>()
  const before = (tail: Tail): void => { if (!changed.has(tail)) changed.set(tail, entries.get(tail.root)?.get(tail.key)) }
  for (const { tail, client, clock, length, value } of steps) {
    before(tail)
    let items = chains.items.get(client)
    if (items === undefined) chains.items.set(client, items = { begins: [], tails: [] })
    items.begins.push(clock)
    items.tails.push(tail)
    let keys = chains.tails.get(tail.root)
    if (keys === undefined) chains.tails.set(tail.root, keys = new Map())
    keys.set(tail.key, tail)
    tail.client = client
    tail.clock = clock + length - 1
    write(entries, tail, value !== null && fitsEntry(tail.root, tail.key, value) && fitsPeriod(tail.root, value, period) ? value : undefined)
  }
  for (const [client, deleted] of readUpdate(update, period).deletions) {
    for (const tail of deleted.flatMap(range => tailsIn(chains.items.get(client), client, range))) {
      before(tail)
      write(entries, tail, undefined)
    }
  }
  for (const [client, { to }] of ranges) stateVector.set(client, to)
  Object.assign(usage, used)
  const changes: EntryChange[] = []
  for (const [tail, old] of changed) {
    const { root, key } = tail
    const after = entries.get(root)?.get(key)
    if (old !== undefined || after !== undefined) changes.push({ root, key, before: old, after })
  }
  return changes
}

/** Null where an item does not go to the end of its key's items. */
function stepsOf ({ chains, stateVector }: Chained, { structs: written }: InspectedUpdate): Step[] | null {
  const steps: Step[] = []
  /** The ends of keys as the steps before leave them. */
  const ends = new Map<Tail, { readonly client: number, readonly clock: number }>()
  const begun = new Map<string, Tail>()
  const own = new Map<number, Tail>() // by the last clock of each item of the update
  for (const [client, structs] of written) {
    for (const { clock, length, origin, root, key, value } of structs) {
      let tail: Tail | undefined
      if (origin === null) {
        if (root === null || key === null || chains.tails.get(root)?.has(key) === true || begun.has(`${root}/${key}`)) return null
        begun.set(`${root}/${key}`, tail = { root, key, client, clock })
      } else {
        tail = origin.clock < (stateVector.get(origin.client) ?? 0) ? tailAt(chains.items.get(origin.client), origin.clock) : origin.client === client ? own.get(origin.clock) : undefined
        if (tail === undefined) return null
        const end = ends.get(tail) ?? tail
        if (end.client !== origin.client || end.clock !== origin.clock) return null
      }
      const last = clock + length - 1
      ends.set(tail, { client, clock: last })
      own.set(last, tail)
      steps.push({ tail, client, clock, length, value })
    }
  }
  return steps
}

function write (entries: Map<RootName, Map<string, EntryValue>>, { root, key }: Tail, value: EntryValue | undefined): void {
  let keys = entries.get(root)
  if (value === undefined) {
    if (keys?.delete(key) === true && keys.size === 0) entries.delete(root)
    return
  }
  if (keys === undefined) entries.set(root, keys = new Map())
  keys.set(key, value)
}

/** The index of the item that holds the clock, or -1. */
function indexAt (begins: readonly number[], clock: number): number {
  let low = 0
  let high = begins.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (begins[middle]! <= clock) low = middle + 1
    else high = middle
  }
  return low - 1
}

function tailAt (items: Items | undefined, clock: number): Tail | undefined {
  return items === undefined ? undefined : items.tails[indexAt(items.begins, clock)]
}

/** Keys whose newest item the clocks hold: what was overwritten before counts no longer anyway. */
function tailsIn (items: Items | undefined, client: number, { from, to }: { readonly from: number, readonly to: number }): Tail[] {
  if (items === undefined) return []
  const found: Tail[] = []
  for (let at = Math.max(0, indexAt(items.begins, from)); at < items.begins.length && items.begins[at]! < to; at++) {
    const tail = items.tails[at]!
    if (tail.client === client && tail.clock >= from && tail.clock < to) found.push(tail)
  }
  return found
}
