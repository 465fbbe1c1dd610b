// The factory and its interface. Bodies in: put (verified by construction) -> durable. Bodies out: get, serve, listen.
// From elsewhere: fetch -> verified body -> the caller decides -> put.
import { sockets } from '#sockets'
import type { ExportOptions, ImportOptions, ImportReport } from './archive/archive-options.ts'
import type { BlobStore } from './blobs/blob-store.ts'
import { createLevelBlobs } from './blobs/level-blobs.ts'
import type { BlobDatabase } from './blobs/tables.ts'
import { TorrentStoreError } from './errors.ts'
import { createFetching, type Fetching, type FetchOptions, type HeldBody } from './fetching.ts'
import type { FetchedBody } from './hedged-fetch.ts'
import { BodyKeeper, type HeldBodies, type StoreStat } from './held-bodies.ts'
import { DEFAULT_LIMITS, type TorrentStoreLimits } from './limits.ts'
import { loadExchange } from './load-exchange.ts'
import { parseTorrentFile, refOf, torrentFile, type ParsedTorrentFile, type TorrentFileOptions } from './metainfo.ts'
import { newPeerId } from './peer-id.ts'
import type { QuotaOptions, Removal, StoreEvents } from './quota/quota-options.ts'
import { serveSoon } from './serve-soon.ts'
import { magnet, type InfoHash, type MagnetOptions, type PartialTorrentRef, type TorrentRef } from './torrent-ref.ts'
import type { ConnectionQuota } from './wire/admission.ts'
import { createBatchTurns, type BatchTurns } from './wire/batch-turns.ts'
import type { ByteDuplex } from './wire/byte-duplex.ts'
import type { FetchManyOptions, FetchManyRun } from './wire/batch-options.ts'
import type { Listener, ListenOptions } from './wire/listener.ts'
import type { MayServe, Serving } from './wire/serve.ts'

export interface TorrentStoreOptions {
  /** Where bodies lie: an abstract-level database, or a blob store of one's own. It stays the caller's to close. */
  readonly db: BlobDatabase | BlobStore
  /** Bounds what is held beside what is pinned. Default: everything stays. */
  readonly quota?: QuotaOptions
  /** Unix milliseconds, for times of last use. Default Date.now. */
  readonly clock?: () => number
  /** Changes single bounds; the others are DEFAULT_LIMITS. */
  readonly limits?: Partial<TorrentStoreLimits>
  /** Decides who gets what, unless `serve` or `listen` bring a rule of their own. Default: everything to everybody. */
  readonly mayServe?: MayServe
  /** 20 bytes that name this peer on the wire (BEP 20). Default: `-SB0100-` and 12 random bytes. */
  readonly peerId?: Uint8Array
}

export interface ServeRule {
  /** For this connection or listener, in place of the store's rule. */
  readonly mayServe?: MayServe
}

/** Small immutable bodies, 1 to 65,536 bytes, as one-piece torrents. Every method rejects with CLOSED after `close`. */
export interface TorrentStore extends HeldBodies, AsyncDisposable {
  /** The .torrent file of a held body. NOT_FOUND. */
  torrentFile (infoHash: InfoHash, options?: TorrentFileOptions): Promise<Uint8Array>
  magnet (ref: PartialTorrentRef, options?: MagnetOptions): string
  /**
   * Stores the content of a .torrent file that is one of a body; durable once it resolves. BAD_TORRENT, NOT_A_BODY, BODY_MISMATCH, and those of `put`.
   * Another torrent of the same content has another infohash, so that it cannot be served by it: `put` the content instead.
   */
  importTorrent (file: Uint8Array, content: Uint8Array): Promise<ParsedTorrentFile>
  /**
   * All bodies, or some, as a tar archive with a file each, named as in its torrent; any tar program opens it. Equal
   * bodies give equal bytes. Nothing starts before the iteration does. Of all, what is damaged is left out, and the event
   * `damaged` says so. STORAGE_FAILED, also for one of some that is damaged; NOT_FOUND, CLOSED.
   */
  export (options?: ExportOptions): AsyncIterable<Uint8Array>
  /**
   * Stores the bodies of a tar archive, each verified by the SHA-256 in its name, and counts what it leaves out. What
   * came before an error or an abort stays; to go on, import again. BAD_ARCHIVE, ARCHIVE_TRUNCATED, STORAGE_FAILED.
   */
  import (source: AsyncIterable<Uint8Array>, options?: ImportOptions): Promise<ImportReport>
  /** Serves every held body to BitTorrent clients on one port, TCP and uTP, plain and encrypted. LISTEN_FAILED; UNSUPPORTED in a browser. */
  listen (options?: ListenOptions & ServeRule): Promise<Listener>
  /** Serves one incoming connection; it never throws for what the peer does. */
  serve (duplex: ByteDuplex, options?: ServeRule): Serving
  /**
   * Fetches a body and verifies it, without storing it. Calls for one reference at the same time share one fetch
   * and pool their candidates; what a fetchMany is asking for is not asked for twice either. NOT_FOUND and TIMEOUT,
   * with `faults`; CLOSED; STORAGE_FAILED with `localFirst`.
   */
  fetch (ref: PartialTorrentRef, options: FetchOptions): Promise<FetchedBody | HeldBody>
  /**
   * Fetches many bodies over few connections and verifies them, without storing them: sb_bodies where the candidate
   * speaks it, single fetches where it does not. Each infohash comes once, as it arrives, asked for in the order of
   * `refs`; what nobody delivered in time is absent. Nothing starts before the iteration does, and leaving it ends
   * everything. CLOSED; STORAGE_FAILED with `localFirst`.
   */
  fetchMany (refs: readonly PartialTorrentRef[], options: FetchManyOptions): FetchManyRun
  /** Ends listeners, connections and fetches, and waits for writes. The database stays open. May be called twice. */
  close (): Promise<void>
}

/** Opens a store in `db`. Throws STORAGE_FAILED. */
export async function createTorrentStore (options: TorrentStoreOptions): Promise<TorrentStore> {
  const { db, limits = {}, mayServe = () => true, peerId = newPeerId(), quota, clock = Date.now } = options
  if (peerId.length !== 20) throw new RangeError('a peer id has 20 bytes')
  const blobs = 'findByReq2' in db ? db : await createLevelBlobs(db)
  return new Store(blobs, new BodyKeeper({ blobs, quota, clock }), { ...DEFAULT_LIMITS, ...limits }, mayServe, peerId)
}

class Store implements TorrentStore {
  readonly #blobs: BlobStore
  readonly #bodies: BodyKeeper
  readonly #limits: TorrentStoreLimits
  readonly #mayServe: MayServe
  readonly #peerId: Uint8Array
  readonly #turns: BatchTurns
  readonly #listeners = new Set<Listener>()
  readonly #servings = new Set<Serving>()
  readonly #fetching: Fetching
  #closing: Promise<void> | null = null

  constructor (blobs: BlobStore, bodies: BodyKeeper, limits: TorrentStoreLimits, mayServe: MayServe, peerId: Uint8Array) {
    this.#blobs = blobs
    this.#bodies = bodies
    this.#limits = limits
    this.#mayServe = mayServe
    this.#peerId = peerId
    this.#turns = createBatchTurns({ maxTurns: limits.maxBatchTurns, maxBytes: limits.maxBatchBytes, maxBytesEach: limits.maxQueuedBytes })
    this.#fetching = createFetching({ peerId, limits, lengthsOf: async infoHashes => await blobs.lengthsOf(infoHashes), get: async infoHash => await this.get(infoHash) })
  }

  async put (body: Uint8Array): Promise<TorrentRef> {
    return await this.#open().put(body)
  }

  async putMany (bodies: readonly Uint8Array[]): Promise<TorrentRef[]> {
    return await this.#open().putMany(bodies)
  }

  async get (infoHash: InfoHash): Promise<Uint8Array | undefined> {
    return await this.#open().get(infoHash)
  }

  async peek (infoHash: InfoHash): Promise<Uint8Array | undefined> {
    return await this.#open().peek(infoHash)
  }

  async has (infoHash: InfoHash): Promise<boolean> {
    return await this.#open().has(infoHash)
  }

  async delete (infoHash: InfoHash): Promise<boolean> {
    return await this.#open().delete(infoHash)
  }

  async remove (infoHash: InfoHash): Promise<Removal> {
    return await this.#open().remove(infoHash)
  }

  protect<Args extends unknown[], T> (action: (...args: Args) => Promise<T>): (...args: Args) => Promise<T> {
    return this.#bodies.protect(action)
  }

  unpinned (maxBytes?: number): void {
    this.#bodies.unpinned(maxBytes)
  }

  async settled (): Promise<void> {
    await this.#bodies.settled()
  }

  list (): AsyncIterable<TorrentRef> {
    return this.#open().list()
  }

  stat (): StoreStat {
    return this.#bodies.stat()
  }

  on<Name extends keyof StoreEvents> (name: Name, listener: (event: StoreEvents[Name]) => void): () => void {
    return this.#bodies.on(name, listener)
  }

  async torrentFile (infoHash: InfoHash, options?: TorrentFileOptions): Promise<Uint8Array> {
    const body = await this.peek(infoHash)
    if (body === undefined) throw new TorrentStoreError('NOT_FOUND', `${infoHash} is not held here`)
    return torrentFile(body, options)
  }

  magnet (ref: PartialTorrentRef, options?: MagnetOptions): string {
    return magnet(ref, options)
  }

  async importTorrent (file: Uint8Array, content: Uint8Array): Promise<ParsedTorrentFile> {
    this.#checkOpen()
    const parsed = parseTorrentFile(file)
    if (refOf(content).infoHash !== parsed.ref.infoHash) throw new TorrentStoreError('BODY_MISMATCH', 'the content is not the one that the .torrent file names')
    await this.put(content)
    return parsed
  }

  export (options: ExportOptions = {}): AsyncIterable<Uint8Array> {
    this.#checkOpen()
    return this.#export(options)
  }

  async * #export (options: ExportOptions): AsyncGenerator<Uint8Array, void, undefined> {
    const { exportArchive } = await import('./archive/archive.ts')
    yield * exportArchive({
      list: () => this.list(),
      get: async infoHash => {
        this.#checkOpen()
        return await this.#blobs.get(infoHash)
      },
      isListed: async infoHash => (await this.#blobs.lengthsOf([infoHash]))[0] !== undefined,
      damaged: infoHash => { this.#bodies.damaged(infoHash) }
    }, options)
  }

  async import (source: AsyncIterable<Uint8Array>, options: ImportOptions = {}): Promise<ImportReport> {
    this.#checkOpen()
    const { importArchive } = await import('./archive/archive.ts')
    return await importArchive({
      putMany: async blobs => await this.#open().putVerified(blobs)
    }, source, options)
  }

  async listen (options: ListenOptions & ServeRule = {}): Promise<Listener> {
    this.#checkOpen()
    await loadExchange()
    const listener = await sockets.listen(options, this.#limits, (connection, quota) => this.#serve(connection, options, quota))
    if (this.#closing !== null) {
      await listener.close()
      this.#checkOpen()
    }
    this.#listeners.add(listener)
    return listener
  }

  serve (duplex: ByteDuplex, options: ServeRule = {}): Serving {
    return this.#serve(duplex, options)
  }

  #serve (duplex: ByteDuplex, options: ServeRule, quota?: ConnectionQuota): Serving {
    this.#checkOpen()
    const serving = serveSoon(duplex, {
      ...(quota === undefined ? {} : { quota }),
      source: this.#blobs, peerId: this.#peerId, limits: this.#limits, mayServe: options.mayServe ?? this.#mayServe, turns: this.#turns
    })
    this.#servings.add(serving)
    void serving.closed.then(() => { this.#servings.delete(serving) })
    return serving
  }

  async fetch (ref: PartialTorrentRef, options: FetchOptions): Promise<FetchedBody | HeldBody> {
    return await this.#fetching.fetch(ref, options)
  }

  fetchMany (refs: readonly PartialTorrentRef[], options: FetchManyOptions): FetchManyRun {
    return this.#fetching.fetchMany(refs, options)
  }

  close (): Promise<void> {
    return this.#closing ??= this.#end()
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.close()
  }

  async #end (): Promise<void> {
    this.#fetching.close()
    const servings = [...this.#servings]
    for (const serving of servings) serving.close()
    await Promise.all([...this.#listeners].map(async listener => { await listener.close() }))
    await Promise.all(servings.map(async serving => { await serving.closed }))
    await this.#bodies.close()
  }

  #open (): BodyKeeper {
    this.#checkOpen()
    return this.#bodies
  }

  #checkOpen (): void {
    if (this.#closing !== null) throw new TorrentStoreError('CLOSED', 'the store was closed')
  }
}
