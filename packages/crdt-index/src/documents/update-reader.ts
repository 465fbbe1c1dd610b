// Walks a Yjs V1 update and refuses everything but what devices of ours write: items of flat root maps that hold
// one plain value or are deleted. Counts are checked before anything is read or allocated for them, and Yjs' own
// decoder never sees an update that was not walked. Source: Yjs UpdateEncoderV1, writeClientsStructs, writeDeleteSet.
import { MAX_DEVICE, MAX_DEVICES, MAX_KEY_BYTES, MAX_SEQ, MAX_STRUCTS, MAX_UPDATE_BYTES } from '../limits.ts'
import { META_PERIOD, type Period, type RootName, type UpdateStruct } from '../model.ts'
import { GuardError } from './guard-error.ts'
import { Lib0Reader } from './lib0-reader.ts'
import { fitsKey, rootNamed } from './shapes.ts'

export interface Struct extends UpdateStruct {
  /** Written in the first of a key only; the guard fills it in for those whose origins lead to one. */
  root: RootName | null
  key: string | null
  /** Root and key are known, or known to lie outside the update. */
  resolved: boolean
}

export interface ClockRange {
  readonly from: number
  readonly to: number
}

export interface ReadUpdate {
  /** By client, contiguous by clock. */
  readonly structs: ReadonlyMap<number, readonly Struct[]>
  /** Deleted clocks by client, ascending and apart. */
  readonly deletions: ReadonlyMap<number, readonly ClockRange[]>
  /** Structs and deletion ranges. */
  readonly weight: number
}

// The info byte of a struct: kind of content in five bits, then which fields follow.
const CONTENT_MASK = 31
const CONTENT_DELETED = 1
const CONTENT_ANY = 8
const HAS_KEY = 32
const HAS_RIGHT_ORIGIN = 64
const HAS_ORIGIN = 128
export const PARENT_IS_ROOT = 1
/** The info byte of a key's first value, which nothing stood before. */
export const FIRST_VALUE: number = CONTENT_ANY | HAS_KEY

/** Root map names are at most this long. */
const MAX_ROOT_BYTES = 16
/** As many deletions as structs: each struct can be deleted once. */
const MAX_DELETIONS = MAX_STRUCTS

/** Reads an update. Throws GuardError. */
export function readUpdate (update: Uint8Array, period: Period): ReadUpdate {
  if (update.length > MAX_UPDATE_BYTES) throw new GuardError(`over ${MAX_UPDATE_BYTES} bytes`)
  const reader = new Lib0Reader(update)
  const structs = new Map<number, Struct[]>()
  let weight = 0
  for (let clients = reader.uint(MAX_DEVICES); clients > 0; clients--) {
    const count = reader.uint(MAX_STRUCTS - weight)
    const client = readClient(reader, structs)
    if (count === 0) throw new GuardError('client without structs')
    structs.set(client, readStructs(reader, client, count, period))
    weight += count
  }
  const deletions = new Map<number, ClockRange[]>()
  let ranges = 0
  for (let clients = reader.uint(MAX_DEVICES); clients > 0; clients--) {
    const client = readClient(reader, deletions)
    const count = reader.uint(MAX_DELETIONS - ranges)
    if (count === 0) throw new GuardError('client without deletions')
    deletions.set(client, readRanges(reader, count))
    ranges += count
  }
  if (!reader.atEnd) throw new GuardError('trailing bytes')
  return { structs, deletions, weight: weight + ranges }
}

function readClient (reader: Lib0Reader, known: ReadonlyMap<number, unknown>): number {
  const client = reader.uint(MAX_DEVICE)
  if (client === 0) throw new GuardError('client 0')
  if (known.has(client)) throw new GuardError('client twice')
  return client
}

function readStructs (reader: Lib0Reader, client: number, count: number, period: Period): Struct[] {
  const structs: Struct[] = []
  let clock = reader.uint(MAX_SEQ)
  for (let i = 0; i < count; i++) {
    const struct = readStruct(reader, client, clock, period)
    structs.push(struct)
    clock += struct.length
    if (clock > MAX_SEQ) throw new GuardError('clock over 31 bits')
  }
  return structs
}

function readStruct (reader: Lib0Reader, client: number, clock: number, period: Period): Struct {
  const info = reader.byte()
  const content = info & CONTENT_MASK
  if (content !== CONTENT_ANY && content !== CONTENT_DELETED) throw new GuardError(`struct of kind ${content}`)
  if ((info & HAS_RIGHT_ORIGIN) !== 0) throw new GuardError('right origin')
  let origin: Struct['origin'] = null
  let root: RootName | null = null
  let key: string | null = null
  if ((info & HAS_ORIGIN) !== 0) {
    origin = { client: reader.uint(MAX_DEVICE), clock: reader.uint(MAX_SEQ - 1) }
    if (origin.client === 0) throw new GuardError('client 0')
    if (origin.client === client && origin.clock >= clock) throw new GuardError('origin in the future')
  } else {
    if ((info & HAS_KEY) === 0) throw new GuardError('no key')
    if (reader.uint(PARENT_IS_ROOT) !== PARENT_IS_ROOT) throw new GuardError('nested')
    root = readRoot(reader, period)
    if (root === null) throw new GuardError('unknown root map')
    key = reader.idKey() ?? reader.string(MAX_KEY_BYTES)
    if (!fitsKey(root, key)) throw new GuardError(`key of ${root}`)
  }
  if (content === CONTENT_DELETED) {
    const length = reader.uint(MAX_SEQ)
    if (length === 0) throw new GuardError('empty struct')
    return { client, clock, length, origin, root, key, resolved: origin === null, value: null }
  }
  if (reader.uint(1) !== 1) throw new GuardError('several values')
  return { client, clock, length: 1, origin, root, key, resolved: origin === null, value: reader.value() }
}

/** Nearly all structs are votes: their root is not decoded to be looked up each time. */
export function readRoot (reader: Lib0Reader, period: Period): RootName | null {
  if (period !== META_PERIOD && reader.skipText('votes')) return 'votes'
  return rootNamed(reader.string(MAX_ROOT_BYTES), period) ?? null
}

function readRanges (reader: Lib0Reader, count: number): ClockRange[] {
  const ranges: ClockRange[] = []
  let end = 0
  for (let i = 0; i < count; i++) {
    const from = reader.uint(MAX_SEQ)
    const to = from + reader.uint(MAX_SEQ)
    if (from < end || to === from || to > MAX_SEQ) throw new GuardError('deletion range')
    ranges.push({ from, to })
    end = to
  }
  return ranges
}

/** The struct that holds a clock, by bisection. */
export function findStruct<T extends UpdateStruct> (structs: readonly T[] | undefined, clock: number): T | null {
  if (structs === undefined) return null
  let low = 0
  let high = structs.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const struct = structs[middle]
    if (struct === undefined) return null
    if (struct.clock > clock) high = middle - 1
    else if (struct.clock + struct.length <= clock) low = middle + 1
    else return struct
  }
  return null
}
