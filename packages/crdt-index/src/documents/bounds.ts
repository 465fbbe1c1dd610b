// What one document may cost. Yjs places an item between concurrent ones by comparing it with them, and a crafted
// document makes that the square of its size, within the bounds of each of its updates. So the comparisons are
// estimated before an update is applied, and a document that needs too many stops growing.
import * as Y from 'yjs'
import { MAX_DOCUMENT_CONFLICTS, MAX_DOCUMENT_STRUCTS, MAX_DOCUMENT_WEIGHT } from '../limits.ts'
import type { InspectedUpdate, UpdateStruct } from '../model.ts'
import { findStruct } from './update-reader.ts'

/** How much of its bounds a document has used. */
export interface Usage {
  structs: number
  weight: number
  conflicts: number
}

/** A document that updates are applied to. */
export interface Accounted {
  readonly doc: Y.Doc
  readonly stateVector: Map<number, number>
  readonly usage: Usage
}

export function noUsage (): Usage {
  return { structs: 0, weight: 0, conflicts: 0 }
}

/** Whether a document that reached these clocks has all that an update builds on. */
export function isReady ({ needs }: Pick<InspectedUpdate, 'needs'>, stateVector: ReadonlyMap<number, number>): boolean {
  for (const [client, clock] of needs) if ((stateVector.get(client) ?? 0) < clock) return false
  return true
}

/** Applies an update that is ready, and accounts for it; does nothing and returns false if the document would go over its bounds. */
export function applyWithinBounds (update: Uint8Array, inspected: InspectedUpdate, document: Accounted): boolean {
  const { doc, stateVector, usage } = document
  const used = {
    structs: usage.structs + newStructs(inspected, stateVector),
    weight: usage.weight + inspected.weight,
    conflicts: usage.conflicts + conflictsOf(inspected, doc, stateVector)
  }
  if (used.structs > MAX_DOCUMENT_STRUCTS || used.weight > MAX_DOCUMENT_WEIGHT || used.conflicts > MAX_DOCUMENT_CONFLICTS) return false
  Y.applyUpdate(doc, update)
  Object.assign(usage, used)
  for (const [client, { to }] of inspected.ranges) if (to > (stateVector.get(client) ?? 0)) stateVector.set(client, to)
  return true
}

/** Accounts for what the document's own writer changed in place: it knows all of the document, so nothing conflicts. */
export function noteApplied (inspected: InspectedUpdate, { stateVector, usage }: Omit<Accounted, 'doc'>): void {
  usage.structs += newStructs(inspected, stateVector)
  usage.weight += inspected.weight
  for (const [client, { to }] of inspected.ranges) stateVector.set(client, to)
}

/**
 * Whether the order does not matter: no item of the document or the update has to be placed between others, and no
 * bound can be met in any order. Then applying an update that is ready to the live document gives what applying the
 * whole set in canonical order gives; otherwise what fits the bounds depends on the order, and only the canonical
 * one is the same on all peers.
 */
export function isOrderFree (inspected: InspectedUpdate, { doc, stateVector, usage }: Accounted): boolean {
  return usage.conflicts === 0 && usage.weight + inspected.weight <= MAX_DOCUMENT_STRUCTS && conflictsOf(inspected, doc, stateVector) === 0
}

/** At most so many structs of an update are new to the document: each covers a clock or more. */
export function newStructs ({ ranges, structs }: InspectedUpdate, stateVector: ReadonlyMap<number, number>): number {
  let count = 0
  for (const [client, { from, to }] of ranges) {
    const clocks = to - Math.max(from, stateVector.get(client) ?? 0)
    count += Math.min(structs.get(client)?.length ?? 0, Math.max(0, clocks))
  }
  return count
}

type Id = NonNullable<UpdateStruct['origin']>

/** The items of one key, as Yjs chains them. */
interface List {
  /** Items that the document has in it. */
  readonly length: number
  /** What the update adds. */
  added: number
  /** Those of them that do not go to the end. */
  forks: number
  started: boolean
}

/** An upper bound of the comparisons that an update makes Yjs do. 0 where every item goes to the end of its key's list. */
function conflictsOf ({ structs, linear }: InspectedUpdate, doc: Y.Doc, stateVector: ReadonlyMap<number, number>): number {
  const reached = (client: number): number => stateVector.get(client) ?? 0
  const isHeld = (id: Id): boolean => id.clock < reached(id.client)
  // Of a run that the document has the beginning of, Yjs appends the rest to that.
  const originOf = ({ client, clock, origin }: UpdateStruct): Id | null => clock < reached(client) ? { client, clock: reached(client) - 1 } : origin
  const isLast = (id: Id): boolean => {
    if (isHeld(id)) {
      const item = itemAt(doc, id)
      return item.right === null && item.lastId.clock === id.clock
    }
    const struct = findStruct(structs.get(id.client), id.clock)
    return struct !== null && struct.clock + struct.length - 1 === id.clock
  }
  const added = [...structs.values()].flatMap(structs => structs.filter(({ client, clock, length }) => clock + length > reached(client)))
  const forksInDocument = (struct: UpdateStruct): boolean => {
    const origin = originOf(struct)
    return origin === null ? lastOf(doc, struct) !== null : isHeld(origin) && !isLast(origin)
  }
  if (linear && !added.some(forksInDocument)) return 0

  const lists = new Map<unknown, Map<string | null, List>>()
  const listOf = memoized((struct: UpdateStruct): List | UpdateStruct => {
    const origin = originOf(struct)
    if (origin !== null && !isHeld(origin)) return findStruct(structs.get(origin.client), origin.clock) ?? struct
    const item = origin === null ? lastOf(doc, struct) : itemAt(doc, origin)
    const parent = item === null ? struct.root : item.parent
    const key = item === null ? struct.key : item.parentSub
    let keys = lists.get(parent)
    if (keys === undefined) lists.set(parent, keys = new Map())
    let list = keys.get(key)
    if (list === undefined) keys.set(key, list = { length: lengthOf(item), added: 0, forks: 0, started: item !== null })
    return list
  })
  const overwritten = new Set<string>()
  for (const struct of added) {
    const list = listOf(struct)
    const origin = originOf(struct)
    list.added++
    if (origin === null) {
      if (list.started) list.forks++
      list.started = true
    } else {
      const name = `${origin.client}:${origin.clock}`
      if (overwritten.has(name) || !isLast(origin)) list.forks++
      overwritten.add(name)
    }
  }
  let conflicts = 0
  for (const keys of lists.values()) for (const { length, added, forks } of keys.values()) conflicts += forks * (length + 2 * added)
  return conflicts
}

/** Follows structs to the list that the first of them lies in; each is walked once. */
function memoized (step: (struct: UpdateStruct) => List | UpdateStruct): (struct: UpdateStruct) => List {
  const known = new Map<UpdateStruct, List>()
  return struct => {
    const path: UpdateStruct[] = []
    let at: List | UpdateStruct = struct
    while ('client' in at) {
      path.push(at)
      at = known.get(at) ?? step(at)
    }
    for (const passed of path) known.set(passed, at)
    return at
  }
}

function itemAt (doc: Y.Doc, { client, clock }: Id): Y.Item {
  return Y.getItem(doc.store, Y.createID(client, clock))
}

/** The newest item of the key that a struct names. */
function lastOf (doc: Y.Doc, { root, key }: UpdateStruct): Y.Item | null {
  return root === null || key === null ? null : doc.getMap(root)._map.get(key) ?? null
}

/** Items of a list, from any of them; counting ends where the bound is. */
function lengthOf (item: Y.Item | null): number {
  let length = 0
  for (let at = item?.left ?? null; at !== null && length <= MAX_DOCUMENT_CONFLICTS; at = at.left) length++
  for (let at = item; at !== null && length <= MAX_DOCUMENT_CONFLICTS; at = at.right) length++
  return length
}
