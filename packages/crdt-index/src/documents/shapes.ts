// The shape that each root map's keys and values have. One table for the guard, which may not know an overwriting
// struct's root, and for readers and writers, who do.
import { CONTENT_ID_BYTES, ITEM_BYTES, KEY_BYTES } from '../identity/ids.ts'
import { periodOf } from '../identity/period.ts'
import { MAX_ABOUT_BYTES, MAX_CONTENT_BYTES, MAX_LABEL_BYTES, MAX_MENTIONS, MAX_NAME_BYTES, MAX_REASON_BYTES, MAX_TITLE_BYTES } from '../limits.ts'
import { META_PERIOD, META_ROOTS, MONTH_ROOTS, type EntryValue, type Period, type RootName } from '../model.ts'
import { fitsText } from './text.ts'

interface Shape {
  fitsKey (key: string): boolean
  /** With key null, which is how an overwriting struct comes: fits under some key. */
  fitsValue (value: EntryValue, key: string | null): boolean
  /** When the entry says that it was written, in milliseconds. */
  timeMs (value: EntryValue): number
}

// 20 and 32 bytes leave two spare bits in the last base64url character, which are zero in the canonical spelling.
const BYTES20_KEY = /^[A-Za-z0-9_-]{26}[AEIMQUYcgkosw048]$/
const BYTES32_KEY = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

const isBytes20Key = (key: string): boolean => BYTES20_KEY.test(key)
const isUint = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const isLength = (value: unknown): boolean => isUint(value) && value >= 1 && value <= MAX_CONTENT_BYTES
const isBytes = (value: unknown, length: number): boolean => value instanceof Uint8Array && value.length === length
const isTitle = (value: unknown): boolean => value !== '' && fitsText(value, MAX_TITLE_BYTES)
const isMentions = (value: unknown): boolean => Array.isArray(value) && value.length >= 1 && value.length <= MAX_MENTIONS &&
  value.every(mention => isBytes(mention, KEY_BYTES))
const milliseconds = (at: number) => (value: EntryValue): number => Number(value[at])
const seconds = (at: number) => (value: EntryValue): number => Number(value[at]) * 1000

/** `[text, seconds]` under the keys that `fits` knows. */
function texts (fits: Readonly<Record<string, (text: unknown) => boolean>>): Shape {
  const known = new Map(Object.entries(fits))
  return {
    fitsKey: key => known.has(key),
    fitsValue: (value, key) => value.length === 2 && isUint(value[1]) &&
      (key === null ? [...known.values()].some(fits => fits(value[0])) : known.get(key)?.(value[0]) === true),
    timeMs: seconds(1)
  }
}

const SHAPES: Readonly<Record<RootName, Shape>> = {
  // content id -> [length, createdMs, title]
  posts: {
    fitsKey: isBytes20Key,
    fitsValue: value => value.length === 3 && isLength(value[0]) && isUint(value[1]) && isTitle(value[2]),
    timeMs: milliseconds(1)
  },
  // content id -> [length, createdMs, root item, parent item, mentions?]
  comments: {
    fitsKey: isBytes20Key,
    fitsValue: value => (value.length === 4 || (value.length === 5 && isMentions(value[4]))) && isLength(value[0]) && isUint(value[1]) &&
      isBytes(value[2], ITEM_BYTES) && isBytes(value[3], ITEM_BYTES),
    timeMs: milliseconds(1)
  },
  // item -> [-1 | 0 | 1, seconds, revision?]
  votes: {
    fitsKey: isBytes20Key,
    fitsValue: value => (value.length === 2 || (value.length === 3 && isBytes(value[2], CONTENT_ID_BYTES))) &&
      (value[0] === 1 || value[0] === 0 || value[0] === -1) && isUint(value[1]),
    timeMs: seconds(1)
  },
  // content id of the revision -> [item, length, editedMs, title | null]
  edits: {
    fitsKey: isBytes20Key,
    fitsValue: value => value.length === 4 && isBytes(value[0], ITEM_BYTES) && isLength(value[1]) && isUint(value[2]) &&
      (value[3] === null || isTitle(value[3])),
    timeMs: milliseconds(2)
  },
  // item -> [seconds]
  deletions: {
    fitsKey: isBytes20Key,
    fitsValue: value => value.length === 1 && isUint(value[0]),
    timeMs: seconds(0)
  },
  // item -> [label, reason, seconds]
  labels: {
    fitsKey: isBytes20Key,
    fitsValue: value => value.length === 3 && value[0] !== '' && fitsText(value[0], MAX_LABEL_BYTES) &&
      fitsText(value[1], MAX_REASON_BYTES, true) && isUint(value[2]),
    timeMs: seconds(2)
  },
  // name, about -> [text, seconds]
  profile: texts({ name: text => fitsText(text, MAX_NAME_BYTES), about: text => fitsText(text, MAX_ABOUT_BYTES, true) }),
  // title, about -> [text, seconds]
  community: texts({ title: text => fitsText(text, MAX_TITLE_BYTES), about: text => fitsText(text, MAX_ABOUT_BYTES, true) }),
  // author -> ['moderator' | 'none', seconds]
  roles: {
    fitsKey: key => BYTES32_KEY.test(key),
    fitsValue: value => value.length === 2 && (value[0] === 'moderator' || value[0] === 'none') && isUint(value[1]),
    timeMs: seconds(1)
  }
}

const ALL_ROOTS: ReadonlyMap<string, RootName> = new Map([...MONTH_ROOTS, ...META_ROOTS].map(root => [root, root]))

/** The root maps of a shard: those of `meta`, or those of a month. */
export function rootsOf (period: Period): readonly RootName[] {
  return period === META_PERIOD ? META_ROOTS : MONTH_ROOTS
}

/** The root map of that name, if the shard has it. */
export function rootNamed (name: string, period: Period): RootName | undefined {
  const root = ALL_ROOTS.get(name)
  return root !== undefined && rootsOf(period).includes(root) ? root : undefined
}

export function fitsKey (root: RootName, key: string): boolean {
  return SHAPES[root].fitsKey(key)
}

/** Whether key and value have their root's exact shape; the value may come from a Y.Doc and be anything. */
export function fitsEntry (root: RootName, key: string, value: unknown): value is EntryValue {
  const shape = SHAPES[root]
  return Array.isArray(value) && shape.fitsKey(key) && shape.fitsValue(value as EntryValue, key)
}

/** Whether a value has its root's exact shape, under a key that fits and does not tell the values apart. */
export function fitsValue (root: 'votes', value: EntryValue): boolean {
  return Array.isArray(value) && SHAPES[root].fitsValue(value, null)
}

/** When an entry that fits says that it was written, in Unix milliseconds; the envelope's time may not be earlier. */
export function entryTimeMs (root: RootName, value: EntryValue): number {
  return SHAPES[root].timeMs(value)
}

/** Whether an entry that fits belongs into the shard: a post's month is the shard's. */
export function fitsPeriod (root: RootName, value: EntryValue, period: Period): boolean {
  return root !== 'posts' || periodOf(entryTimeMs(root, value)) === period
}

/** Whether a value written by `timeMs` may stand in the shard, under a key that fits its root. */
export function admits (root: RootName, key: string, value: EntryValue, period: Period, timeMs: number): boolean {
  const shape = SHAPES[root]
  return shape.fitsValue(value, key) && shape.timeMs(value) <= timeMs && fitsPeriod(root, value, period)
}

/** Whether a value may stand anywhere in the shard: all that an overwriting struct tells is its value. */
export function admitsSomewhere (value: EntryValue, period: Period, timeMs: number): boolean {
  return rootsOf(period).some(root => {
    const shape = SHAPES[root]
    return shape.fitsValue(value, null) && shape.timeMs(value) <= timeMs && fitsPeriod(root, value, period)
  })
}
