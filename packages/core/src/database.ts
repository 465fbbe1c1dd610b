/**
 * The node's database: LevelDB, made trustworthy again after a write that failed.
 *
 * When the disk is full, LevelDB leaves a part of the record in its log, goes on behind it once there is space, and
 * drops all of that when it reads the log at the next start: writes that it acknowledged are lost. The record that
 * failed may still reach the log with the next one. So after a failed write nothing is written here before the
 * database was opened anew, which starts a new log, and before the keys of the failed write have the values that
 * this process knows. Until there is room for that, writes fail and reads go on.
 */
import { readdir, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { Level } from 'level'
import { SeedbedError } from './errors.ts'

/** A new log, a new manifest and the batch itself, beside the table that the old log becomes. */
const REOPEN_BYTES = 256 * 1024

type Key = Uint8Array | string
type Operation = { readonly type: 'put', readonly key: Key, readonly value: Key } | { readonly type: 'del', readonly key: Key }

/** What abstract-level asks of an implementation (its README, "Private API"), which its types leave out. */
interface Implementation {
  _open (options: object): Promise<void>
  _close (): Promise<void>
  _get (key: Key, options: object): Promise<unknown>
  _getMany (keys: readonly Key[], options: object): Promise<unknown[]>
  _has (key: Key, options: object): Promise<boolean>
  _batch (operations: readonly Operation[], options: object): Promise<void>
  _clear (options: object): Promise<void>
  _iterator (options: object): unknown
}
type Resource = Parameters<Level['attachResource']>[0]

/** Waits for its turn: batches that wait together go to disk together. */
interface Turn {
  readonly operations: readonly Operation[] | null
  readonly sync: boolean
  readonly run: () => Promise<void>
  readonly done: PromiseWithResolvers<void>
}

const native: Implementation = Level.prototype as unknown as Implementation
const BYTES = { keyEncoding: 'view', valueEncoding: 'view', fillCache: true } as const

class RecoveringLevel extends Level {
  readonly #turns: Turn[] = []
  readonly #iterators = new Set<Resource>()
  #options: object = {}
  #writing: Promise<void> | null = null
  /** Set after a failed write: what its keys had before. */
  #undo: Operation[] | null = null
  #broken: Error | null = null
  #reopening: Promise<void> | null = null
  #isDown = false

  async _open (options: object): Promise<void> {
    this.#options = options
    await native._open.call(this, options)
  }

  async _close (): Promise<void> {
    await this.#writing
    if (!this.#isDown) await native._close.call(this)
  }

  async _get (key: Key, options: object): Promise<unknown> {
    await this.#readable()
    return await native._get.call(this, key, options)
  }

  async _getMany (keys: readonly Key[], options: object): Promise<unknown[]> {
    await this.#readable()
    return await native._getMany.call(this, keys, options)
  }

  async _has (key: Key, options: object): Promise<boolean> {
    await this.#readable()
    return await native._has.call(this, key, options)
  }

  _iterator (options: object): unknown {
    if (this.#isDown) throw notOpen()
    return native._iterator.call(this, options)
  }

  async _put (key: Key, value: Key, options: object): Promise<void> {
    await this._batch([{ type: 'put', key, value }], options)
  }

  async _del (key: Key, options: object): Promise<void> {
    await this._batch([{ type: 'del', key }], options)
  }

  async _batch (operations: readonly Operation[], options: { readonly sync?: boolean }): Promise<void> {
    await this.#inTurn({ operations, sync: options.sync === true, run: async () => {} })
  }

  async _clear (options: object): Promise<void> {
    await this.#inTurn({ operations: null, sync: false, run: async () => { await native._clear.call(this, options) } })
  }

  override attachResource (resource: Resource): void {
    if ('next' in resource) this.#iterators.add(resource)
    super.attachResource(resource)
  }

  override detachResource (resource: Resource): void {
    this.#iterators.delete(resource)
    super.detachResource(resource)
  }

  async #inTurn (turn: Omit<Turn, 'done'>): Promise<void> {
    const done = Promise.withResolvers<void>()
    this.#turns.push({ ...turn, done })
    this.#writing ??= this.#write()
    await done.promise
  }

  /** One write at a time, so that none is acknowledged whose record follows a broken one. */
  async #write (): Promise<void> {
    await Promise.resolve() // what is asked for at once goes together
    for (let [first] = this.#turns; first !== undefined; [first] = this.#turns) {
      const end = first.operations === null ? 1 : this.#turns.findIndex(({ operations }) => operations === null)
      const group = this.#turns.splice(0, end === -1 ? this.#turns.length : end)
      const operations = group.flatMap(turn => turn.operations ?? [])
      try {
        if (this.#broken !== null) throw this.#broken
        if (this.#undo !== null) await this.#reopen(this.#undo)
        try {
          if (first.operations === null) await first.run()
          else await native._batch.call(this, operations, { sync: group.some(({ sync }) => sync) })
        } catch (error) {
          await this.#distrust(operations)
          throw error
        }
        for (const { done } of group) done.resolve()
      } catch (error) {
        for (const { done } of group) done.reject(error)
      }
    }
    this.#writing = null
  }

  async #distrust (operations: readonly Operation[]): Promise<void> {
    try {
      this.#undo = await this.#before(operations)
    } catch (cause) { // neither written nor read: only a new process may trust this database
      this.#broken = new Error('the database failed; restart the peer', { cause })
    }
  }

  /** The operations that restore what the keys have now: a failed batch is not seen by reads. */
  async #before (operations: readonly Operation[]): Promise<Operation[]> {
    const keys = operations.map(({ key }) => typeof key === 'string' ? new TextEncoder().encode(key) : key)
    const values = await native._getMany.call(this, keys, BYTES)
    return keys.map((key, i): Operation => values[i] instanceof Uint8Array ? { type: 'put', key, value: values[i] } : { type: 'del', key })
  }

  async #reopen (undo: readonly Operation[]): Promise<void> {
    this.#reopening = (async () => {
      await checkSpace(this.location)
      for (const iterator of this.#iterators) await iterator.close()
      if (!this.#isDown) {
        this.#isDown = true
        await native._close.call(this)
      }
      await native._open.call(this, this.#options)
      this.#isDown = false
      await native._batch.call(this, undo, { sync: true })
      this.#undo = null
    })()
    try {
      await this.#reopening
    } finally {
      this.#reopening = null
    }
  }

  async #readable (): Promise<void> {
    await this.#reopening?.catch(() => {})
    if (this.#isDown) throw notOpen()
  }
}

/** Opens or makes the database. Errors: LOCKED, STORAGE_FAILED. */
export async function openDatabase (location: string): Promise<Level> {
  const db = new RecoveringLevel(location)
  try {
    await db.open()
    const opened: unknown = db // whether its recursive type fits Level depends on the order in which the compiler looks at the two
    return opened as Level
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined
    if (code === 'LEVEL_LOCKED') throw new SeedbedError('LOCKED', `another process has ${location} open`, { cause: error })
    throw new SeedbedError('STORAGE_FAILED', `the database in ${location} cannot be opened: ${cause instanceof Error ? cause.message : String(error)}`, { cause: error })
  }
}

/** Whether opening can succeed: a database that was closed and cannot be opened could not even be read. */
async function checkSpace (location: string): Promise<void> {
  let needed = REOPEN_BYTES
  for (const name of await readdir(location)) if (name.endsWith('.log')) needed += (await stat(path.join(location, name))).size
  const { bavail, bsize } = await statfs(location)
  if (bavail * bsize < needed) throw new Error(`No space left on device: an earlier write failed, and ${needed} free bytes are needed before the next one`)
}

function notOpen (): Error {
  return Object.assign(new Error('the database could not be opened again after a failed write'), { code: 'LEVEL_IO_ERROR' })
}
