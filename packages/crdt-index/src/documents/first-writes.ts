// The updates that nearly all of a newcomer's envelopes hold: what one device wrote in a month, each key once, nothing
// deleted since. They need none of what the guard keeps of others to find forks, circles and gaps.
import { MAX_DEVICE, MAX_DEVICES, MAX_SEQ, MAX_STRUCTS, MAX_UPDATE_BYTES } from '../limits.ts'
import { EnvelopeKind, META_PERIOD, type EntryValue, type EnvelopeHeader, type InspectedUpdate, type RootName } from '../model.ts'
import { GuardError } from './guard-error.ts'
import { Lib0Reader } from './lib0-reader.ts'
import { admits } from './shapes.ts'
import { FIRST_VALUE, PARENT_IS_ROOT, readRoot } from './update-reader.ts'

type Header = Pick<EnvelopeHeader, 'period' | 'kind' | 'seen' | 'timeMs'>
type Inspected = Omit<InspectedUpdate, 'structs'>

/**
 * What the guard says of such a snapshot's update, in one pass over its bytes. Null for every other one: the guard then
 * reads it in full, and says what is wrong if something is.
 */
export function inspectFirstWrites (update: Uint8Array, header: Header): Inspected | null {
  if (header.kind !== EnvelopeKind.snapshot || header.period === META_PERIOD || update.length > MAX_UPDATE_BYTES) return null
  if (update.at(-1) !== 0) return null // who overwrites deletes: what is deleted stands at the end, and there is no use in reading up to there
  try {
    return inspect(new Lib0Reader(update), header)
  } catch (error) {
    if (error instanceof GuardError) return null
    throw error
  }
}

function inspect (reader: Lib0Reader, { period, seen, timeMs }: Header): Inspected | null {
  if (reader.uint(MAX_DEVICES) !== 1) return null
  const count = reader.uint(MAX_STRUCTS)
  const client = reader.uint(MAX_DEVICE)
  if (count === 0 || client === 0 || !seen.has(client) || reader.uint(MAX_SEQ) !== 0) return null
  const entries = new Map<RootName, Map<string, EntryValue>>()
  for (let clock = 0; clock < count; clock++) {
    if (reader.byte() !== FIRST_VALUE || reader.byte() !== PARENT_IS_ROOT) return null
    const root = readRoot(reader, period)
    const key = reader.idKey()
    if (root === null || key === null || reader.byte() !== 1) return null
    const value = reader.value()
    if (!admits(root, key, value, period, timeMs)) return null
    let keys = entries.get(root)
    if (keys === undefined) entries.set(root, keys = new Map())
    const before = keys.size
    keys.set(key, value)
    if (keys.size === before) return null // one device starts a key twice
  }
  if (reader.uint(MAX_DEVICES) !== 0 || !reader.atEnd) return null
  return { ranges: new Map([[client, { from: 0, to: count }]]), needs: new Map(), linear: true, entries, structCount: count, weight: count }
}
