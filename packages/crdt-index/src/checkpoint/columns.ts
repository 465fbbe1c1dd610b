// What a checkpoint holds: columns of bytes by name. Who saves yields often, so that a page stays fluent meanwhile.

/** Rows, or whatever is saved one by one, between two moments for others: about a millisecond. */
export const SAVED_TOGETHER: number = 1000

export type Columns = ReadonlyMap<string, Uint8Array>

/** Adds columns; each `yield` is a moment at which others may run, but not change what is saved. */
export type Saving = Generator<void, void, undefined>

/** Takes them back; what it restores is seen by nobody before the end, so each `yield` is a moment for others too. */
export type Restoring = Generator<void, void, undefined>

/** The column of a name. Throws RangeError where it is missing: then the checkpoint is not used. */
export function columnOf (columns: Columns, name: string): Uint8Array {
  const column = columns.get(name)
  if (column === undefined) throw new RangeError(`no column ${name}`)
  return column
}
