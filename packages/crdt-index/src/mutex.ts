/** Runs tasks one after another, in the order of the calls; a failing task does not stop the next. */
export type Exclusive = <T>(task: () => Promise<T>) => Promise<T>

export function createMutex (): Exclusive {
  let last: Promise<unknown> = Promise.resolve()
  return async task => {
    const result = last.then(task)
    last = result.catch(() => {})
    return await result
  }
}
