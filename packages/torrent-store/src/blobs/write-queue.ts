// One queue for all writes of a database. While a durable batch is under way the next one gathers, so that many calls
// share one sync; they are taken in the order in which they were made.
//
// A call has to know what is held before it: that is read once for each infohash that calls in the queue are about,
// many at a time, and beside the batch that is under way.
import { deferred, type Deferred } from '../deferred.ts'
import { TorrentStoreError } from '../errors.ts'
import { MAX_WRITE_BATCH_BYTES, MAX_WRITE_BATCH_CHANGES } from '../limits.ts'
import type { InfoHash } from '../torrent-ref.ts'
import type { BlobStat, HeldBlob } from './blob-store.ts'

/** What is held of an infohash, and whether its row has to be written anew. */
export interface Found extends HeldBlob { readonly isDamaged?: boolean }

/** What one call asks for. `body`: hold it; `usedSeconds` alone: set the time if it is held; neither: hold it no longer. */
export interface Change { readonly infoHash: InfoHash, readonly body?: Uint8Array, readonly usedSeconds?: number }

/** What a batch does about one infohash, all its calls together. */
export interface Step<Key> {
  readonly key: Key
  readonly after: HeldBlob | undefined
  /** To be written too: it was not held before, or deleted in between. */
  readonly body: Uint8Array | undefined
  /** What was held has another length than was believed: sums that it is part of may be wrong. */
  readonly isDoubtful: boolean
}

export interface WriteQueueOptions<Key> {
  /** What names each in the database; made once for all that a call does. */
  keysOf (infoHashes: readonly InfoHash[]): Key[]
  /** What is held of each: undefined if it is not, an error if it cannot be read. */
  read (keys: readonly Key[]): Promise<Array<Found | Error | undefined>>
  /** Writes all steps and what is then held, or nothing. `durable`: resolves once that would survive the death of the process. */
  commit (steps: ReadonlyArray<Step<Key>>, stat: BlobStat, durable: boolean): Promise<void>
}

/** An infohash that calls in the queue are about. */
interface Slot<Key> extends Step<Key> {
  readonly infoHash: InfoHash
  calls: number
  /** As committed; valid once `isRead`. */
  held: Found | undefined
  isRead: boolean
  failure: Error | null
  /** Whether the batch that is being made is about it; `after` and `body` are valid then. */
  isChanged: boolean
  after: HeldBlob | undefined
  body: Uint8Array | undefined
  isDoubtful: boolean
  /** Of the last call about it. */
  done: Promise<unknown> | null
}

interface Call<Key> extends Deferred<Array<HeldBlob | undefined>> {
  readonly changes: readonly Change[]
  readonly slots: ReadonlyArray<Slot<Key>>
  readonly bytes: number
}

export class WriteQueue<Key> {
  readonly #options: WriteQueueOptions<Key>
  #slots = new Map<InfoHash, Slot<Key>>()
  /** Calls that have not ended. */
  #open = 0
  readonly #calls: Array<Call<Key>> = []
  #unread: Array<Slot<Key>> = []
  #reading = false
  #writing = false
  #stat: BlobStat

  constructor (stat: BlobStat, options: WriteQueueOptions<Key>) {
    this.#stat = stat
    this.#options = options
  }

  /** What is held once the batches that ended are counted. */
  stat (): BlobStat {
    return this.#stat
  }

  /**
   * Makes all changes in one batch, or none; resolves with what was held before each. Errors are those of `read` and
   * `commit`, which concern only the calls whose changes they held.
   */
  async change (changes: readonly Change[]): Promise<Array<HeldBlob | undefined>> {
    const call: Call<Key> = {
      ...deferred<Array<HeldBlob | undefined>>(),
      changes,
      slots: this.#slotsOf(changes),
      bytes: changes.reduce((sum, { body }) => sum + (body?.length ?? 0), 0)
    }
    for (const slot of call.slots) {
      slot.calls++
      slot.done = call.promise
    }
    this.#open++
    this.#calls.push(call)
    if (this.#unread.length > 0) void this.#readAll()
    else void this.#writeAll()
    return await call.promise
  }

  /** Resolves when the calls made until now about these have ended; undefined if there are none. */
  settled (...infoHashes: readonly InfoHash[]): Promise<unknown> | undefined {
    if (this.#slots.size === 0) return undefined
    const done = infoHashes.flatMap(infoHash => this.#slots.get(infoHash)?.done ?? [])
    return done.length === 0 ? undefined : Promise.allSettled(done)
  }

  #slotsOf (changes: readonly Change[]): Array<Slot<Key>> {
    const unknown = changes.filter(({ infoHash }) => !this.#slots.has(infoHash))
    const keys = this.#options.keysOf(unknown.map(({ infoHash }) => infoHash))
    for (const [i, { infoHash }] of unknown.entries()) {
      if (this.#slots.has(infoHash)) continue // the call names it twice
      const slot: Slot<Key> = { infoHash, key: keys[i] as Key, calls: 0, held: undefined, isRead: false, failure: null, isChanged: false, after: undefined, body: undefined, isDoubtful: false, done: null }
      this.#slots.set(infoHash, slot)
      this.#unread.push(slot)
    }
    return changes.map(({ infoHash }) => this.#slots.get(infoHash) as Slot<Key>)
  }

  async #readAll (): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    await Promise.resolve() // calls of one turn are read together
    while (this.#unread.length > 0) {
      const slots = this.#unread
      this.#unread = []
      const held = await this.#options.read(slots.map(({ key }) => key)).catch((error: unknown) => slots.map(() => asError(error)))
      for (const [i, slot] of slots.entries()) {
        const found = held[i]
        slot.isRead = true
        if (found instanceof Error) this.#giveUp(slot, found)
        else slot.held = found
      }
      void this.#writeAll()
    }
    this.#reading = false
  }

  /** Calls that wait for it fail; later ones read again. */
  #giveUp (slot: Slot<Key>, failure: Error): void {
    slot.failure = failure
    if (this.#slots.get(slot.infoHash) === slot) this.#slots.delete(slot.infoHash)
  }

  async #writeAll (): Promise<void> {
    if (this.#writing) return
    this.#writing = true
    for (let calls = this.#gather(); calls.length > 0; calls = this.#gather()) await this.#write(calls)
    this.#writing = false
  }

  /** The next calls that are ready, as many as a batch holds: one at least, however long. */
  #gather (): Array<Call<Key>> {
    const gathered: Array<Call<Key>> = []
    let [changes, bytes, taken] = [0, 0, 0]
    for (const call of this.#calls) {
      if (!call.slots.every(({ isRead }) => isRead)) break
      const failure = call.slots.find(slot => slot.failure !== null)?.failure ?? null
      if (failure === null) {
        changes += call.changes.length
        bytes += call.bytes
        if (gathered.length > 0 && (changes > MAX_WRITE_BATCH_CHANGES || bytes > MAX_WRITE_BATCH_BYTES)) break
        gathered.push(call)
      } else {
        this.#release(call)
        call.reject(failure)
      }
      taken++
    }
    this.#calls.splice(0, taken)
    return gathered
  }

  async #write (calls: ReadonlyArray<Call<Key>>): Promise<void> {
    const steps: Array<Slot<Key>> = []
    const written: Array<{ call: Call<Key>, before: Array<HeldBlob | undefined> }> = []
    let { bodies, bytes } = this.#stat
    let durable = false
    for (const call of calls) {
      const before = call.slots.map((slot, i) => {
        const change = call.changes[i] as Change
        const held: Found | undefined = slot.isChanged ? slot.after : slot.held
        const next = apply(change, held)
        if (next === held) return held
        if (!slot.isChanged) steps.push(slot)
        slot.isChanged = true
        slot.after = next
        const isNew = held === undefined
        slot.isDoubtful ||= change.body !== undefined && !isNew && held.length !== change.body.length
        if (isNew || next === undefined) slot.body = change.body
        durable ||= isNew || next === undefined || slot.isDoubtful || held.isDamaged === true
        bodies += (next === undefined ? 0 : 1) - (isNew ? 0 : 1)
        bytes += (next?.length ?? 0) - (held?.length ?? 0)
        return held
      })
      // What neither changes anything nor builds on what this batch changes does not depend on its fate.
      if (call.slots.some(({ isChanged }) => isChanged)) written.push({ call, before })
      else this.#end(call, before)
    }
    if (steps.length === 0) return
    const stat = { bodies, bytes }
    try {
      await this.#options.commit(steps, stat, durable)
    } catch (error) {
      settle(steps, false)
      for (const { call } of written) {
        this.#release(call)
        call.reject(error)
      }
      return
    }
    settle(steps, true)
    this.#stat = stat
    for (const { call, before } of written) this.#end(call, before)
  }

  #end (call: Call<Key>, before: Array<HeldBlob | undefined>): void {
    this.#release(call)
    call.resolve(before)
  }

  #release ({ slots }: Call<Key>): void {
    if (--this.#open === 0) {
      // A map that grows and shrinks with each batch leaves its old tables behind, each with all it held and a pointer
      // to the next: once the first is old, no young collection frees what came after it.
      this.#slots = new Map()
      return
    }
    for (const slot of slots) {
      slot.calls--
      if (slot.calls === 0 && this.#slots.get(slot.infoHash) === slot) this.#slots.delete(slot.infoHash)
    }
  }
}

/** After a batch that was about them. */
function settle (slots: ReadonlyArray<Slot<unknown>>, isCommitted: boolean): void {
  for (const slot of slots) {
    if (isCommitted) slot.held = slot.after
    slot.isChanged = false
    slot.after = undefined
    slot.body = undefined
    slot.isDoubtful = false
  }
}

/** What is held after the change; the same object if that is what was held before, and lies there as it should. */
function apply ({ infoHash, body, usedSeconds }: Change, held: Found | undefined): HeldBlob | undefined {
  if (held === undefined) return body === undefined ? undefined : { infoHash, length: body.length, usedSeconds: usedSeconds ?? 0 }
  if (body !== undefined) { // whose length the infohash commits to
    return held.isDamaged === true || held.length !== body.length ? { infoHash, length: body.length, usedSeconds: usedSeconds ?? held.usedSeconds } : held
  }
  if (usedSeconds === undefined) return undefined
  if (held.isDamaged === true) return held.length === 0 ? held : { infoHash, length: held.length, usedSeconds }
  return usedSeconds === held.usedSeconds ? held : { ...held, usedSeconds }
}

function asError (error: unknown): Error {
  return error instanceof Error ? error : new TorrentStoreError('STORAGE_FAILED', String(error))
}
