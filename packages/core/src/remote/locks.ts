// Web Locks (W3C): held until released, and released by the browser when the tab or worker that holds one dies.

export interface LockOptions {
  readonly mode?: 'exclusive' | 'shared'
  /** Aborting ends the wait for the lock; a lock that is held stays. */
  readonly signal?: AbortSignal
}

/** False in an insecure context (plain http from another machine), where tabs cannot agree on one of them. */
export function hasLocks (): boolean {
  return typeof navigator === 'object' && 'locks' in navigator
}

/** Waits for the lock. Returns the function that releases it. */
export async function holdLock (name: string, { mode = 'exclusive', signal }: LockOptions = {}): Promise<() => void> {
  const held = Promise.withResolvers<() => void>()
  const released = Promise.withResolvers<void>()
  navigator.locks.request(name, signal === undefined ? { mode } : { mode, signal }, async () => {
    held.resolve(released.resolve)
    await released.promise
  }).catch(held.reject)
  return await held.promise
}
