// What changed between two values of a live query, so that a thread of a thousand comments is not sent again for one
// vote. Values share what did not change (queries/live/share.ts), so comparing is a walk along what did.
import { nameOf } from '../queries/live/share.ts'

/** Leads from one value to the next. Plain data. */
export type Patch =
  | { readonly same: true }
  | { readonly value: unknown }
  /** Changed fields, and the names of those that are gone. */
  | { readonly fields: ReadonlyArray<readonly [name: string, patch: Patch]>, readonly gone: readonly string[] }
  | { readonly items: readonly ItemPatch[] }

/** A run of items taken over, an item made from the one at `at`, or a new one. */
type ItemPatch =
  | { readonly from: number, readonly count: number }
  | { readonly at: number, readonly patch: Patch }
  | { readonly value: unknown }

export function diff (before: unknown, after: unknown): Patch {
  if (Object.is(before, after)) return { same: true }
  if (Array.isArray(before) && Array.isArray(after)) return { items: diffItems(before, after) }
  if (isPlain(before) && isPlain(after)) return diffFields(before, after)
  return { value: after }
}

/** The value that `patch` leads to; what it does not touch is that of `before`. */
export function apply (before: unknown, patch: Patch): unknown {
  if ('same' in patch) return before
  if ('value' in patch) return patch.value
  if ('items' in patch) return applyItems(before as readonly unknown[], patch.items)
  const fields = new Map(Object.entries(before as Readonly<Record<string, unknown>>))
  for (const name of patch.gone) fields.delete(name)
  for (const [name, inner] of patch.fields) fields.set(name, apply(fields.get(name), inner))
  return Object.fromEntries(fields)
}

function diffFields (before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): Patch {
  const gone = Object.keys(before).filter(name => !Object.hasOwn(after, name))
  const fields: Array<readonly [string, Patch]> = []
  for (const [name, value] of Object.entries(after)) {
    if (!Object.hasOwn(before, name)) fields.push([name, { value }])
    else if (!Object.is(before[name], value)) fields.push([name, diff(before[name], value)])
  }
  return { fields, gone }
}

function diffItems (before: readonly unknown[], after: readonly unknown[]): ItemPatch[] {
  const places = new Map<unknown, number>()
  before.forEach((item, i) => {
    places.set(item, i)
    const name = nameOf(item)
    if (name !== null) places.set(name, i)
  })
  const items: ItemPatch[] = []
  let run: { from: number, count: number } | null = null
  for (const [i, item] of after.entries()) {
    const at = Object.is(before[i], item) ? i : places.get(item)
    if (at !== undefined && Object.is(before[at], item)) {
      if (run !== null && run.from + run.count === at) run.count++
      else items.push(run = { from: at, count: 1 })
      continue
    }
    run = null
    const name = nameOf(item)
    const counterpart = name === null ? i : places.get(name)
    if (counterpart === undefined || !isObject(item) || !isObject(before[counterpart])) items.push({ value: item })
    else items.push({ at: counterpart, patch: diff(before[counterpart], item) })
  }
  return items
}

function applyItems (before: readonly unknown[], items: readonly ItemPatch[]): unknown[] {
  return items.flatMap(item => {
    if ('from' in item) return before.slice(item.from, item.from + item.count)
    return ['value' in item ? item.value : apply(before[item.at], item.patch)]
  })
}

function isObject (value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isPlain (value: unknown): value is Readonly<Record<string, unknown>> {
  return isObject(value) && !Array.isArray(value) && (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
}
