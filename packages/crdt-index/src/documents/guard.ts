// What may reach Yjs and the views. An update is judged by itself, with the header that it came under, so that
// every peer says the same of it.
import { MAX_DEVICES } from '../limits.ts'
import { EnvelopeKind, type DocumentEntries, type EntryValue, type EnvelopeHeader, type InspectedUpdate, type Period, type RootName } from '../model.ts'
import { inspectFirstWrites } from './first-writes.ts'
import { GuardError } from './guard-error.ts'
import { admits, admitsSomewhere } from './shapes.ts'
import { findStruct, readUpdate, type ClockRange, type ReadUpdate, type Struct } from './update-reader.ts'

type Header = Pick<EnvelopeHeader, 'period' | 'device' | 'kind' | 'seen' | 'timeMs'>

/**
 * Walks an update and says what it covers, what it needs and, where origin chains are linear, what it holds.
 * Throws GuardError for whatever no honest device writes.
 *
 * A delta has structs of its own device only; its deletions may name other devices' clocks. A snapshot is complete
 * by itself: every client from clock 0, origins and deletions within, clients among those that it has seen.
 */
export function inspectUpdate (update: Uint8Array, header: Header): InspectedUpdate {
  const simple = inspectFirstWrites(update, header)
  return simple === null ? inspectFully(update, header) : withStructsOnDemand(simple, update, header.period)
}

/** The same for all updates. */
export function inspectFully (update: Uint8Array, header: Header): InspectedUpdate {
  const read = readUpdate(update, header.period)
  if (header.kind === EnvelopeKind.delta) checkDelta(read, header)
  else checkSnapshot(read, header)
  const needs = needsOf(read)
  const chains = resolve(read)
  let structCount = 0
  for (const structs of read.structs.values()) {
    structCount += structs.length
    for (const struct of structs) checkValue(struct, header)
  }
  const entries = needs.size === 0 && chains.linear ? entriesOf(read, chains) : null
  const ranges = new Map([...read.structs].map(([client, structs]) => [client, rangeOf(structs)]))
  const inspected = { ranges, needs, linear: chains.linear, entries, structCount, weight: read.weight }
  return entries === null ? { ...inspected, structs: read.structs } : withStructsOnDemand(inspected, update, header.period)
}

/** Where the entries are known the structs are rarely asked for, and take several times their memory. */
function withStructsOnDemand (inspected: Omit<InspectedUpdate, 'structs'>, update: Uint8Array, period: Period): InspectedUpdate {
  let structs: ReadUpdate['structs'] | null = null
  return {
    ...inspected,
    get structs () {
      if (structs === null) {
        const read = readUpdate(update, period)
        resolve(read)
        structs = read.structs
      }
      return structs
    }
  }
}

function checkDelta ({ structs, deletions }: ReadUpdate, { device }: Header): void {
  for (const client of structs.keys()) if (client !== device) throw new GuardError('struct of another device')
  const own = structs.get(device)
  const deleted = deletions.get(device)?.at(-1)
  if (own !== undefined && deleted !== undefined && deleted.to > rangeOf(own).to) throw new GuardError('deletes what is not written')
}

function checkSnapshot ({ structs, deletions }: ReadUpdate, { seen }: Header): void {
  for (const [client, written] of structs) {
    if (!seen.has(client)) throw new GuardError('client that is not in seen')
    if (rangeOf(written).from !== 0) throw new GuardError('snapshot starts late')
    for (const { origin } of written) {
      if (origin !== null && origin.clock >= endOf(structs.get(origin.client))) throw new GuardError('origin is not in the snapshot')
    }
  }
  for (const [client, ranges] of deletions) {
    if ((ranges.at(-1)?.to ?? 0) > endOf(structs.get(client))) throw new GuardError('deletes what is not in the snapshot')
  }
  if (!hasBeginning(structs)) throw new GuardError('origins in a circle')
}

/**
 * Whether there is an order in which every struct comes after the one before it of its client and after the one its origin
 * lies in. Without it Yjs would keep the structs pending for ever.
 */
function hasBeginning (structs: ReadUpdate['structs']): boolean {
  const reached = new Map<number, number>()
  const clients = [...structs].map(([client, written]) => ({ client, written, next: 0 }))
  for (let moved = true; moved;) {
    moved = false
    for (const at of clients) {
      for (; at.next < at.written.length; at.next++) {
        const { clock, length, origin } = at.written[at.next]!
        if (origin !== null && origin.clock >= (reached.get(origin.client) ?? 0)) break
        reached.set(at.client, clock + length)
        moved = true
      }
    }
  }
  return clients.every(({ written, next }) => next === written.length)
}

/** Clocks that must be there before: where each client goes on, and what origins and deletions refer to outside. */
function needsOf ({ structs, deletions }: ReadUpdate): Map<number, number> {
  const needs = new Map<number, number>()
  const clients = new Set(structs.keys())
  const need = (client: number, clock: number): void => {
    clients.add(client)
    if (clients.size > MAX_DEVICES) throw new GuardError(`over ${MAX_DEVICES} clients`)
    if (clock > (needs.get(client) ?? 0)) needs.set(client, clock)
  }
  for (const [client, written] of structs) {
    need(client, rangeOf(written).from)
    for (const { origin } of written) if (origin !== null && origin.clock >= endOf(structs.get(origin.client))) need(origin.client, origin.clock + 1)
  }
  for (const [client, ranges] of deletions) {
    const end = ranges.at(-1)?.to ?? 0
    if (end > endOf(structs.get(client))) need(client, end)
  }
  return needs
}

interface Chains {
  /** Every key has one first struct, and every struct is overwritten by one at most: then the last one counts. */
  readonly linear: boolean
  readonly overwritten: ReadonlySet<Struct>
}

/**
 * Follows origins to find each struct's key. A device overwrites the newest item of a key that it knows, so it
 * never starts a key twice nor overwrites an item twice; who does is refused, because Yjs' cost on such siblings is
 * quadratic. Different devices may, when they write at one time.
 */
function resolve ({ structs }: ReadUpdate): Chains {
  let linear = true
  const overwritten = new Set<Struct>()
  // Who wrote the first struct of a key, and who overwrote an item (which may lie inside a run): one bit a client.
  const firstBy = new Map<RootName, Map<string, number>>()
  const overwrittenBy = new Map<number, Map<number, number>>()
  let bit = 1
  for (const written of structs.values()) {
    for (const struct of written) {
      const { origin, root, key } = struct
      if (origin !== null) {
        const target = findStruct(structs.get(origin.client), origin.clock)
        const others = mark(overwrittenBy, origin.client, origin.clock, bit, 'overwrites one item twice')
        const inRun = target !== null && target.clock + target.length - 1 !== origin.clock
        if (others || inRun) linear = false
        if (inRun && target.client === struct.client) throw new GuardError('overwrites inside its own run')
        if (target !== null) overwritten.add(target)
      } else if (root !== null && key !== null && mark(firstBy, root, key, bit, 'starts a key twice')) {
        linear = false
      }
    }
    bit <<= 1
  }
  for (const written of structs.values()) for (const struct of written) findKey(struct, structs)
  return { linear, overwritten }
}

/** Sets a client's bit; true if another client's was there. Throws if its own was. */
function mark<A, B> (marks: Map<A, Map<B, number>>, a: A, b: B, bit: number, refusal: string): boolean {
  let inner = marks.get(a)
  if (inner === undefined) marks.set(a, inner = new Map())
  const before = inner.get(b) ?? 0
  if ((before & bit) !== 0) throw new GuardError(refusal)
  inner.set(b, before | bit)
  return before !== 0
}

/** Fills in root and key along the origins, as far as they lead within the update, which is not in a circle. Each struct is walked once. */
function findKey (struct: Struct, structs: ReadUpdate['structs']): void {
  const path: Struct[] = []
  let at: Struct | null = struct
  while (at !== null && !at.resolved && at.origin !== null) {
    path.push(at)
    at = findStruct(structs.get(at.origin.client), at.origin.clock)
  }
  for (const step of path) {
    step.root = at?.root ?? null
    step.key = at?.key ?? null
    step.resolved = true
  }
}

function checkValue ({ root, key, value }: Struct, { period, timeMs }: Header): void {
  if (value === null) return
  const fits = root !== null && key !== null ? admits(root, key, value, period, timeMs) : admitsSomewhere(value, period, timeMs)
  if (!fits) throw new GuardError(root === null ? 'value' : `value in ${root}`)
}

/** The live entries of a complete update with linear chains: per key the struct that nothing overwrites, unless deleted. */
function entriesOf ({ structs, deletions }: ReadUpdate, { overwritten }: Chains): DocumentEntries {
  const entries = new Map<RootName, Map<string, EntryValue>>()
  for (const [client, written] of structs) {
    const deleted = deletions.get(client)
    for (const struct of written) {
      const { root, key, value } = struct
      if (value === null || root === null || key === null || overwritten.has(struct) || covers(deleted, struct.clock)) continue
      let keys = entries.get(root)
      if (keys === undefined) entries.set(root, keys = new Map())
      keys.set(key, value)
    }
  }
  return entries
}

function rangeOf (structs: readonly Struct[]): ClockRange {
  return { from: structs[0]?.clock ?? 0, to: endOf(structs) }
}

function endOf (structs: readonly Struct[] | undefined): number {
  const last = structs?.at(-1)
  return last === undefined ? 0 : last.clock + last.length
}

function covers (ranges: readonly ClockRange[] | undefined, clock: number): boolean {
  if (ranges === undefined) return false
  let low = 0
  let high = ranges.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const range = ranges[middle]
    if (range === undefined) return false
    if (range.from > clock) high = middle - 1
    else if (range.to <= clock) low = middle + 1
    else return true
  }
  return false
}
