// Structural sharing: the new value, made as far as possible of the objects of the old one.

/** `after`, in which all that is deeply equal to its counterpart in `before` is that very object. For plain data. */
export function share<T> (before: unknown, after: T): T {
  return shared(before, after) as T
}

function shared (before: unknown, after: unknown): unknown {
  if (before === after || !isObject(before) || !isObject(after)) return after
  if (Array.isArray(after)) return Array.isArray(before) ? sharedList(before, after) : after
  if (Array.isArray(before)) return after
  const keys = Object.keys(after)
  let same = keys.length === Object.keys(before).length
  const values = keys.map(key => {
    const known = Object.hasOwn(before, key)
    const value = known ? shared(before[key], after[key]) : after[key]
    if (!known || value !== before[key]) same = false
    return value
  })
  return same ? before : Object.fromEntries(keys.map((key, i) => [key, values[i]]))
}

/** Items that moved are found again by their names. */
function sharedList (before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  let named: Map<string, unknown> | null = null
  let same = before.length === after.length
  const result = after.map((value, i) => {
    const name = nameOf(value)
    let counterpart = before[i]
    if (name !== null && nameOf(counterpart) !== name) {
      named ??= new Map(before.map(item => [nameOf(item) ?? '', item]))
      counterpart = named.get(name)
    }
    const item = shared(counterpart, value)
    if (item !== before[i]) same = false
    return item
  })
  return same ? before : result
}

/** What an item is found again by when it moved. Anybody may list anybody's content, so an id alone does not name a listing. */
export function nameOf (value: unknown): string | null {
  if (!isObject(value)) return null
  const { id, address, author, community } = value
  if (typeof id === 'string') return `${id} ${String(author)} ${String(community)}`
  return typeof address === 'string' ? address : null
}

function isObject (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
