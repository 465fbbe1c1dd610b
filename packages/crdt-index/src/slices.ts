// Long work in this thread, a slice at a time: what somebody types, a heartbeat and a single vote come between the slices.
import { platform } from '#platform'
import { SLICE_MS } from './limits.ts'

export interface Slices {
  /** Others have waited long enough. */
  readonly isOver: boolean
  /** Gives everything that waits its turn, and begins the next slice. */
  rest (): Promise<void>
  /** Begins the next slice without a rest: something was waited for, so others had their turn. */
  begin (): void
}

/** Runs work to its end, with a rest wherever it yields and the slice is over. */
export async function inSlices<T> (work: Generator<void, T, undefined>, slices: Slices): Promise<T> {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    if (slices.isOver) await slices.rest()
  }
}

/** Runs work to its end without a rest. */
export function atOnce<T> (work: Generator<void, T, undefined>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

/** `sliceMs`: how long others wait at most, up to the smallest piece of work. `if (slices.isOver) await slices.rest()`. */
export function createSlices (sliceMs: number = SLICE_MS, nextTask: () => Promise<void> = platform.nextTask): Slices {
  let beganMs = performance.now()
  const begin = (): void => { beganMs = performance.now() }
  return {
    get isOver () { return performance.now() - beganMs >= sliceMs },
    async rest () {
      await nextTask()
      begin()
    },
    begin
  }
}
