// Typed arrays that grow: what the columnar tables of a shard are made of.

/** No row, no place. */
export const NONE = -1
/** A quarter more: doubling would leave up to half of the memory empty, and copying is cheap. */
export const GROWTH = 1.25

export type Ints = Int32Array<ArrayBuffer>
export type Floats = Float64Array<ArrayBuffer>
type Column = Ints | Floats | Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>

/** A larger typed array with the same beginning; what is new is 0, or `fill`. */
export function grown<T extends Column> (column: T, length: number, fill = 0): T {
  const larger = new (column.constructor as new (length: number) => T)(length)
  larger.set(column)
  if (fill !== 0) larger.fill(fill, column.length)
  return larger
}
