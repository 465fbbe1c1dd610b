// What a suite is: a few measured cases, each beside a reference that does the same work another way in the same run.

export interface Case {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: { readonly name: string, readonly value: number }
  /** value / reference.value: machines differ, this hardly does. */
  readonly ratio: number
}

export interface Suite {
  /** The name of its folder. */
  readonly name: string
  /** Measures every case. What it starts it also ends; it leaves no files behind. */
  run (): Promise<readonly Case[]>
}

/** One case, in numbers that a person can read. */
export function caseOf (name: string, value: number, unit: string, reference: { readonly name: string, readonly value: number }): Case {
  return { name, value: rounded(value), unit, reference: { name: reference.name, value: rounded(reference.value) }, ratio: rounded(value / reference.value) }
}

/** The value below which the share `q` (0 to 1) of the samples lies, by the nearest rank. */
export function quantile (samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))]
  if (value === undefined) throw new RangeError('no samples')
  return value
}

function rounded (value: number): number {
  return Number(value.toPrecision(3))
}
