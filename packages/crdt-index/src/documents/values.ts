import type { EntryValue } from '../model.ts'

/** Whether two values say the same; bytes by their content. */
export function equalValues (a: EntryValue, b: EntryValue): boolean {
  return a.length === b.length && a.every((value, i) => equalScalars(value, b[i]))
}

function equalScalars (a: EntryValue[number] | undefined, b: EntryValue[number] | undefined): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i])
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((value, i) => equalScalars(value as Uint8Array, b[i] as Uint8Array))
  return a === b
}
