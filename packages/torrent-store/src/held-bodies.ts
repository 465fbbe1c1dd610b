// What the store holds: bodies in (verified by construction), out (verified again), and under a quota if there is one.
import { platform } from '#platform'
import type { BlobStat, BlobStore, NewBlob } from './blobs/blob-store.ts'
import { TorrentStoreError } from './errors.ts'
import { MAX_BODY_BYTES, MAX_PUT_MANY, MAX_PUT_MANY_BYTES } from './limits.ts'
import { refOf } from './metainfo.ts'
import { Quota } from './quota/quota.ts'
import type { QuotaOptions, Removal, StoreEvents } from './quota/quota-options.ts'
import { StoreEmitter } from './quota/store-emitter.ts'
import { Uses } from './quota/uses.ts'
import type { InfoHash, TorrentRef } from './torrent-ref.ts'

/** What is held. The quota's figures are there if the store has one. */
export interface StoreStat extends BlobStat {
  /** Of `bytes`, what is known to be pinned: never more than is, and 0 until the quota had to be looked at. */
  readonly pinnedBytesAtLeast?: number
  /** The rest of `bytes`: never less than is cached. */
  readonly cachedBytesAtMost?: number
  /** The quota itself. */
  readonly cacheBytes?: number
}

export interface HeldBodies {
  /** Stores a body; durable once it resolves. Putting it again changes nothing, but mends what was damaged in storage. BODY_EMPTY, BODY_TOO_LONG, STORAGE_FAILED. */
  put (body: Uint8Array): Promise<TorrentRef>
  /**
   * Stores up to 1,024 bodies of 16 MiB together, all of them or none, with one sync; references in their order. Errors:
   * those of `put`, and BATCH_TOO_LONG.
   */
  putMany (bodies: readonly Uint8Array[]): Promise<TorrentRef[]>
  /** The body, verified against the infohash; undefined if it is not held. STORAGE_FAILED, also for damaged bytes. */
  get (infoHash: InfoHash): Promise<Uint8Array | undefined>
  /** As `get`, but no use of the body that would keep it from being evicted: for looking through what is held. */
  peek (infoHash: InfoHash): Promise<Uint8Array | undefined>
  has (infoHash: InfoHash): Promise<boolean>
  /** Deletes a body whoever pins it; true if it was held. */
  delete (infoHash: InfoHash): Promise<boolean>
  /** Deletes a body that nothing pins and no action under way has put. Without a quota nothing is pinned. STORAGE_FAILED. */
  remove (infoHash: InfoHash): Promise<Removal>
  /**
   * What is put while `action` is under way, by whomever, stays until it ends, whatever the quota: for actions whose
   * body comes before what pins it.
   */
  protect<Args extends unknown[], T> (action: (...args: Args) => Promise<T>): (...args: Args) => Promise<T>
  /** Pins may have been lost, of held bodies with at most `maxBytes` bytes; without it, of any number of them. */
  unpinned (maxBytes?: number): void
  /** Resolves once the cached bodies fit the quota, or only what is protected is over it. */
  settled (): Promise<void>
  /** References of all bodies, in no particular order. What is damaged is left out, and the event `damaged` says so. */
  list (): AsyncIterable<TorrentRef>
  /** From memory; `bodies` and `bytes` are exact as long as nothing is `damaged`. */
  stat (): StoreStat
  /** Tells what comes and goes; returns the function that ends it. */
  on<Name extends keyof StoreEvents> (name: Name, listener: (event: StoreEvents[Name]) => void): () => void
}

export interface HeldBodiesOptions {
  readonly blobs: BlobStore
  readonly quota: QuotaOptions | undefined
  /** Unix milliseconds. */
  readonly clock: () => number
}

/** Without a check whether the store is open: its owner makes that. */
export class BodyKeeper implements HeldBodies {
  readonly #blobs: BlobStore
  readonly #uses: Uses
  readonly #quota: Quota | null
  readonly #events = new StoreEmitter()
  readonly #writes = new Set<Promise<unknown>>()

  constructor ({ blobs, quota, clock }: HeldBodiesOptions) {
    if (quota !== undefined && !(quota.cacheBytes >= 0)) throw new RangeError('a quota is a number of bytes, 0 or more')
    this.#blobs = blobs
    this.#uses = new Uses(blobs, clock, error => { this.#events.emit('failed', { error }) })
    this.#quota = quota === undefined ? null : new Quota(quota, { blobs, uses: this.#uses, emit: this.#events.emit })
  }

  async put (body: Uint8Array): Promise<TorrentRef> {
    const ref = refOf(body)
    await this.putVerified([{ infoHash: ref.infoHash, body: platform.copy(body) }]) // the caller may reuse its buffer meanwhile
    return ref
  }

  async putMany (bodies: readonly Uint8Array[]): Promise<TorrentRef[]> {
    if (bodies.length > MAX_PUT_MANY || bodies.reduce((sum, { length }) => sum + length, 0) > MAX_PUT_MANY_BYTES) {
      throw new TorrentStoreError('BATCH_TOO_LONG', `at most ${MAX_PUT_MANY} bodies and ${MAX_PUT_MANY_BYTES} bytes are put together`)
    }
    const refs = bodies.map(refOf)
    const usedSeconds = this.#uses.now()
    const copies = platform.concat(bodies)
    let end = 0
    await this.#store(refs, refs.map(({ infoHash, length }) => ({ infoHash, body: copies.subarray(end, end += length), usedSeconds })))
    return refs
  }

  /** Bodies whose infohash is known to be theirs, and which nobody changes; all or none, and which of them were new. */
  async putVerified (blobs: ReadonlyArray<Pick<NewBlob, 'infoHash' | 'body'>>): Promise<boolean[]> {
    const usedSeconds = this.#uses.now()
    return await this.#store(blobs.map(({ infoHash, body }) => ({ infoHash, length: body.length })), blobs.map(({ infoHash, body }) => ({ infoHash, body, usedSeconds })))
  }

  async get (infoHash: InfoHash): Promise<Uint8Array | undefined> {
    const body = await this.peek(infoHash)
    if (body !== undefined) this.#use(infoHash)
    return body
  }

  async peek (infoHash: InfoHash): Promise<Uint8Array | undefined> {
    const body = await this.#blobs.get(infoHash)
    if (body === undefined) return undefined
    const sound = body.length > 0 && body.length <= MAX_BODY_BYTES && refOf(body).infoHash === infoHash
    if (!sound) throw new TorrentStoreError('STORAGE_FAILED', `the stored bytes of ${infoHash} are damaged; put it again`)
    return body
  }

  async has (infoHash: InfoHash): Promise<boolean> {
    return await this.#blobs.has(infoHash)
  }

  async delete (infoHash: InfoHash): Promise<boolean> {
    const length = await this.#tracked(this.#blobs.delete(infoHash))
    if (length === 0) return false
    this.#uses.forget(infoHash)
    this.#quota?.deleted(length)
    this.#events.emit('removed', { infoHash, length })
    return true
  }

  async remove (infoHash: InfoHash): Promise<Removal> {
    if (this.#quota !== null) return await this.#tracked(this.#quota.remove(infoHash))
    return await this.delete(infoHash) ? 'removed' : 'absent'
  }

  protect<Args extends unknown[], T> (action: (...args: Args) => Promise<T>): (...args: Args) => Promise<T> {
    return this.#quota === null ? action : this.#quota.protect(action)
  }

  unpinned (maxBytes?: number): void {
    this.#quota?.unpinned(maxBytes)
  }

  async settled (): Promise<void> {
    await this.#quota?.settled()
  }

  async * list (): AsyncGenerator<TorrentRef, void, undefined> {
    for await (const { infoHash, length } of this.#blobs.list(() => { this.damaged(null) })) yield { infoHash, length }
  }

  /** Tells that it was left out. */
  damaged (infoHash: InfoHash | null): void {
    this.#events.emit('damaged', { infoHash })
  }

  stat (): StoreStat {
    return { ...this.#blobs.stat(), ...this.#quota?.stat() }
  }

  on<Name extends keyof StoreEvents> (name: Name, listener: (event: StoreEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  /** Waits for writes and for a look at the quota to stop. */
  async close (): Promise<void> {
    await Promise.allSettled(this.#writes)
    await this.#quota?.close()
    await this.#uses.close()
  }

  async #store (refs: readonly TorrentRef[], blobs: readonly NewBlob[]): Promise<boolean[]> {
    const isNew = await this.#tracked(this.#quota === null ? this.#write(blobs) : this.#quota.put(refs, async () => await this.#write(blobs)))
    for (const [i, ref] of refs.entries()) {
      if (isNew[i] === true) this.#events.emit('put', ref)
      else this.#use(ref.infoHash)
    }
    return isNew
  }

  async #write (blobs: readonly NewBlob[]): Promise<boolean[]> {
    const [only] = blobs
    const isNew = blobs.length !== 1 || only === undefined ? await this.#blobs.putMany(blobs) : [await this.#blobs.put(only.infoHash, only.body, only.usedSeconds)]
    if (isNew.includes(false)) await Promise.all(blobs.map(async (blob, i) => { if (isNew[i] === false) await this.#mend(blob) }))
    return isNew
  }

  /** What is held already may be damaged: it is compared with these bytes, which are right, and written anew if need be. */
  async #mend ({ infoHash, body, usedSeconds }: NewBlob): Promise<void> {
    const held = await this.#blobs.get(infoHash).catch(() => undefined)
    if (held !== undefined && isEqual(held, body)) return
    const [isListed] = await this.#blobs.lengthsOf([infoHash])
    if (held === undefined && isListed === undefined) return // somebody deleted it meanwhile
    const [length] = await Promise.all([this.#blobs.delete(infoHash), this.#blobs.put(infoHash, body, usedSeconds)]) // one batch
    if (length > 0) this.#quota?.deleted(length) // it may be pinned or not: never too much is taken for pinned
  }

  /** Only a quota asks for it. */
  #use (infoHash: InfoHash): void {
    if (this.#quota !== null) this.#uses.used(infoHash)
  }

  async #tracked<T> (write: Promise<T>): Promise<T> {
    this.#writes.add(write)
    try {
      return await write
    } finally {
      this.#writes.delete(write)
    }
  }
}

function isEqual (left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false
  return true
}
