// The node's database in a browser: `level` over IndexedDB, with a Web Lock so that no two nodes have it open at once.
import { Level } from 'level'
import { SeedbedError } from '../errors.ts'
import { DATABASE_LOCK_MS } from '../limits.ts'
import { createSharedRequests, type SharedRequests, type StoreWrite } from './shared-requests.ts'

/** Where there are no Web Locks (a page without a secure context), at least not twice in one page. */
const openHere = new Set<string>()

/** Held until the returned function is called or the page goes. Errors: LOCKED. */
async function lock (name: string): Promise<() => void> {
  const locked = (cause?: unknown): SeedbedError => new SeedbedError('LOCKED', `another page of this browser has ${name} open`, { cause })
  if (globalThis.navigator?.locks === undefined) {
    if (openHere.has(name)) throw locked()
    openHere.add(name)
    return () => { openHere.delete(name) }
  }
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const { promise: granted, resolve, reject } = Promise.withResolvers<void>()
  navigator.locks.request(`seedbed/${name}`, { signal: AbortSignal.timeout(DATABASE_LOCK_MS) }, async () => {
    resolve()
    await held
  }).catch(reject)
  try {
    await granted
  } catch (cause) {
    throw locked(cause)
  }
  return release
}

class LockedLevel extends Level {
  #release: (() => void) | null = null
  readonly #requests: SharedRequests = createSharedRequests(() => ({ db: (this as unknown as { readonly db: IDBDatabase }).db, store: this.location }))

  async _open (options: object): Promise<void> {
    this.#release = await lock(this.location)
    try {
      await native._open.call(this, options)
    } catch (error) {
      this.#release()
      throw error
    }
  }

  async _close (): Promise<void> {
    this.#requests.flush()
    await native._close.call(this)
    this.#release?.()
  }

  async _get (key: Uint8Array): Promise<Uint8Array | undefined> {
    return await this.#requests.get(key)
  }

  async _getMany (keys: readonly Uint8Array[]): Promise<Array<Uint8Array | undefined>> {
    return await Promise.all(keys.map(async key => await this.#requests.get(key)))
  }

  async _has (key: Uint8Array): Promise<boolean> {
    return await this.#requests.has(key)
  }

  async _put (key: Uint8Array, value: Uint8Array): Promise<void> {
    await this.#requests.write([{ type: 'put', key, value }])
  }

  async _del (key: Uint8Array): Promise<void> {
    await this.#requests.write([{ type: 'del', key }])
  }

  async _batch (operations: readonly StoreWrite[]): Promise<void> {
    await this.#requests.write(operations)
  }

  _iterator (options: object): unknown {
    this.#requests.flush()
    return native._iterator.call(this, options)
  }

  async _clear (options: object): Promise<void> {
    this.#requests.flush()
    await native._clear.call(this, options)
  }
}

/** What abstract-level asks of an implementation (its README, "Private API"), which its types leave out. */
const native = Level.prototype as unknown as { _open (this: Level, options: object): Promise<void>, _close (this: Level): Promise<void>, _iterator (this: Level, options: object): unknown, _clear (this: Level, options: object): Promise<void> }

/** Opens or makes the database. Errors: LOCKED, STORAGE_FAILED. */
export async function openPageDatabase (name: string): Promise<Level> {
  const db: unknown = new LockedLevel(name)
  try {
    await (db as Level).open()
    return db as Level
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (cause instanceof SeedbedError) throw cause
    throw new SeedbedError('STORAGE_FAILED', `the database ${name} cannot be opened: ${cause instanceof Error ? cause.message : String(error)}; check that this browser may store data here`, { cause: error })
  }
}
