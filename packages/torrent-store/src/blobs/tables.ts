// The rows of bodies in any abstract-level database:
//   torrent-store / body  : infohash (20 bytes)          -> body
//   torrent-store / index : req2 of the infohash (20 B)  -> infohash, length, time of last use (index-row.ts)
//   torrent-store / stat  : "held"                       -> how many bodies and bytes are held (stat-row.ts)
// All rows of a change are written in one batch (write-queue.ts). The index answers encrypted handshakes, and because
// it holds lengths and times it also answers `list` without reading a body.
import { platform } from '#platform'
import type { AbstractBatchOperation, AbstractBatchOptions, AbstractLevel, AbstractSublevel } from 'abstract-level'
import { TorrentStoreError } from '../errors.ts'
import { MAX_READS_AT_ONCE, MAX_READ_TOGETHER } from '../limits.ts'
import { parseInfoHash, type InfoHash } from '../torrent-ref.ts'
import { req2Of, type BlobStat, type HeldBlob } from './blob-store.ts'
import { isCorruption } from './corruption.ts'
import { encodeIndexRow, INDEX_ROW_BYTES, readIndexRow, readIndexRowOf } from './index-row.ts'
import { walkIndex } from './index-walk.ts'
import { KnownKeys } from './known-keys.ts'
import { createReadTogether, type ReadTogether } from './read-together.ts'
import { decodeStatRow, encodeStatRow } from './stat-row.ts'
import type { Found, Step } from './write-queue.ts'

/**
 * Any abstract-level database (`level`, `classic-level`, `memory-level`, a sublevel of one), whatever its own encodings.
 * It stays the caller's, who opens and closes it, and opens one store in it at a time.
 */
export interface BlobDatabase {
  sublevel (name: string, options: typeof VIEW): unknown
}

const READ_BATCH = 1000
const HASH_BYTES = 20
const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const
const NOTHING = new Uint8Array(0)
const DAMAGED = new TorrentStoreError('STORAGE_FAILED', 'an index row of the database is damaged')
/** In place of the row that says how much is held: nobody knows, and the index has to be mended. */
const DOUBT = Uint8Array.of(0)
const STAT_KEY = Uint8Array.of(0x68, 0x65, 0x6c, 0x64) // "held"

type Rows = AbstractLevel<Uint8Array, Uint8Array, Uint8Array>
type Sublevel = AbstractSublevel<Rows, Uint8Array, Uint8Array, Uint8Array>
type Write = AbstractBatchOperation<Rows, Uint8Array, Uint8Array>

/** In `db`, under the prefix `torrent-store`. Reads nothing. */
export function openTables (db: BlobDatabase): Tables {
  return new Tables(db.sublevel('torrent-store', VIEW) as Sublevel) // the port leaves the database's own types open
}

/** Of both rows of a body, with all prefixes. */
export interface Keys { readonly body: Uint8Array, readonly index: Uint8Array }

/**
 * Without any order of calls. Keys are made whole here and go to the root database: each sublevel on the way would copy
 * every key and every operation once more.
 */
export class Tables {
  readonly #root: Rows
  readonly #store: Sublevel
  readonly #index: AbstractSublevel<Sublevel, Uint8Array, Uint8Array, Uint8Array>
  readonly #bodyPrefix: Uint8Array
  readonly #indexPrefix: Uint8Array
  readonly #statKey: Uint8Array
  readonly #known: KnownKeys
  /** As many as are counted; null before that. */
  #rows: number | null = null
  /** Commits begun and ended. */
  #commits = 0
  #committing = 0
  /** As the last whole look at the index found. */
  #damaged = 0
  /**
   * Something damaged was met: what is counted may be wrong, and is not kept. A list may also pass over rows that are
   * sound, so that each one which is changed is written anew.
   */
  #inDoubt = false
  readonly #reads: ReadTogether<InfoHash, Uint8Array | undefined> = createReadTogether({
    readMany: async infoHashes => await this.bodies(infoHashes), most: MAX_READ_TOGETHER, atOnce: MAX_READS_AT_ONCE
  })

  constructor (store: Sublevel) {
    this.#store = store
    this.#root = store.db
    this.#index = store.sublevel<Uint8Array, Uint8Array>('index', VIEW)
    this.#indexPrefix = this.#index.prefixKey(NOTHING, 'view', false)
    this.#bodyPrefix = store.sublevel('body', VIEW).prefixKey(NOTHING, 'view', false)
    this.#statKey = store.sublevel('stat', VIEW).prefixKey(STAT_KEY, 'view', false)
    this.#known = new KnownKeys({ prefixBytes: this.#indexPrefix.length, hashes: () => this.#indexHashes() })
  }

  /** Of what is held as the store opens. */
  begin ({ bodies }: BlobStat): void {
    this.#rows = bodies
    if (bodies === 0) this.#known.startEmpty()
  }

  /** Null if it was never written, or is damaged. */
  async readStat (): Promise<BlobStat | null> {
    const row = await this.#root.get(this.#statKey, VIEW).catch((cause: unknown) => {
      if (!isCorruption(cause)) throw failed('read how much is held', cause)
      return DOUBT
    })
    const stat = row === undefined ? null : decodeStatRow(row)
    this.#inDoubt = row !== undefined && stat === null
    return stat
  }

  /** Places of the index that say nothing, or what is not so. */
  get damaged (): number {
    return this.#damaged
  }

  async recount (): Promise<BlobStat> {
    let stat = await this.#count()
    if (this.#inDoubt) {
      const { mendIndex } = await import('./mend-index.ts')
      await attempt('mend the index', async () => { await mendIndex(this.#store.sublevel('index', VIEW), this.#store.sublevel('body', VIEW)) })
      this.#inDoubt = false
      stat = await this.#count()
    }
    if (stat.bodies > 0 && !this.#inDoubt) await attempt('write how much is held', async () => { await this.#root.put(this.#statKey, encodeStatRow(stat), VIEW) })
    return stat
  }

  async #count (): Promise<BlobStat> {
    let [bodies, bytes] = [0, 0]
    for await (const { length } of this.list()) {
      bodies++
      bytes += length
    }
    return { bodies, bytes }
  }

  async body (infoHash: InfoHash): Promise<Uint8Array | undefined> {
    return await this.#reads.read(infoHash)
  }

  async bodies (infoHashes: readonly InfoHash[]): Promise<Array<Uint8Array | undefined>> {
    return await attempt('read bodies', async () => await this.#root.getMany(infoHashes.map(infoHash => this.#bodyKey(infoHash)), VIEW))
  }

  async hasBody (infoHash: InfoHash): Promise<boolean> {
    return await attempt('look for a body', async () => await this.#root.has(this.#bodyKey(infoHash), VIEW))
  }

  async * list (onDamaged: () => void = () => {}): AsyncGenerator<HeldBlob, void, undefined> {
    const [expected, commits] = [this.#committing === 0 && !this.#inDoubt ? this.#rows : null, this.#commits]
    const isAll = (rows: number): boolean | null => commits !== this.#commits || (expected !== null ? rows === expected : this.#inDoubt ? null : true)
    let damaged = 0
    const harmed = (): void => {
      damaged++
      this.#inDoubt = true
      onDamaged()
    }
    try {
      for await (const sound of walkIndex(this.#index, isAll, harmed)) for (const held of sound) yield held
    } catch (cause) {
      throw failed('list bodies', cause)
    }
    this.#damaged = damaged
    if (this.#inDoubt) await this.#root.put(this.#statKey, DOUBT, VIEW).catch(() => {}) // the next opening mends, and counts
  }

  async findByReq2 (req2: string): Promise<InfoHash | undefined> {
    const row = await attempt('look up a body', async () => await this.#root.get(joined(this.#indexPrefix, platform.fromHex(req2)), VIEW))
    return row === undefined ? undefined : readIndexRow(row, platform.fromHex(req2))?.infoHash
  }

  /** All in one buffer: a small array of its own costs as much as all else about it once it is handed to the database. */
  keysOf (infoHashes: readonly InfoHash[]): Keys[] {
    const [bodyPrefix, indexPrefix] = [this.#bodyPrefix, this.#indexPrefix]
    const [bodyBytes, indexBytes] = [bodyPrefix.length + HASH_BYTES, indexPrefix.length + HASH_BYTES]
    const all = new Uint8Array(infoHashes.length * (bodyBytes + indexBytes))
    return infoHashes.map((infoHash, i) => {
      const at = i * (bodyBytes + indexBytes)
      all.set(bodyPrefix, at)
      all.set(platform.fromHex(infoHash), at + bodyPrefix.length)
      all.set(indexPrefix, at + bodyBytes)
      all.set(platform.fromHex(req2Of(infoHash)), at + bodyBytes + indexPrefix.length)
      return { body: all.subarray(at, at + bodyBytes), index: all.subarray(at + bodyBytes, at + bodyBytes + indexBytes) }
    })
  }

  /** What cannot be read is the matter of those who need it. */
  async read (keys: readonly Keys[]): Promise<Array<Found | Error | undefined>> {
    const likely = keys.filter(({ index }) => this.#known.mayHave(index))
    if (likely.length === 0) return keys.map(() => undefined)
    const rows = await this.#rowsOf(likely)
    const found: Array<Found | Error | undefined> = rows.map((row, i) => {
      if (row === undefined || row instanceof Error) return row
      const held = readIndexRowOf(row, this.#infoHashOf(likely[i] as Keys))
      return held === null ? DAMAGED : this.#inDoubt ? { ...held, isDamaged: true } : held
    })
    if (found.some(row => row instanceof Error)) await Promise.all(found.map(async (row, i) => { if (row instanceof Error) found[i] = await this.#recovered(likely[i] as Keys, row) }))
    if (likely.length < keys.length) {
      let next = 0
      return keys.map(key => key === likely[next] ? found[next++] : undefined)
    }
    this.#known.looked(found.filter(row => row === undefined).length, this.#rows ?? 0)
    return found
  }

  /** One that cannot be read does not take the others with it. */
  async #rowsOf (keys: readonly Keys[]): Promise<Array<Uint8Array | Error | undefined>> {
    try {
      return await this.#root.getMany(keys.map(({ index }) => index), VIEW)
    } catch {
      return await Promise.all(keys.map(async ({ index }) => await this.#root.get(index, VIEW).catch((cause: unknown) => failed('look up bodies', cause))))
    }
  }

  /** A damaged row of the index says nothing, but the body itself has a length. */
  async #recovered (key: Keys, failure: Error): Promise<Found | Error | undefined> {
    const infoHash = parseInfoHash(platform.toHex(this.#infoHashOf(key)))
    try {
      const body = await this.#root.get(key.body, VIEW)
      return body === undefined ? undefined : { infoHash, length: body.length, usedSeconds: 0, isDamaged: true }
    } catch (cause) {
      // Neither can be read, and both can be written anew.
      return (failure === DAMAGED || isCorruption(failure)) && isCorruption(cause) ? { infoHash, length: 0, usedSeconds: 0, isDamaged: true } : failed('look up bodies', cause)
    }
  }

  #infoHashOf ({ body }: Keys): Uint8Array {
    return body.subarray(this.#bodyPrefix.length)
  }

  async commit (steps: ReadonlyArray<Step<Keys>>, stat: BlobStat, durable: boolean): Promise<void> {
    const writes: Write[] = []
    const rows = new Uint8Array(steps.length * INDEX_ROW_BYTES)
    for (const [i, { key, after, body }] of steps.entries()) {
      if (after === undefined) writes.push({ type: 'del', key: key.body }, { type: 'del', key: key.index })
      else writes.push({ type: 'put', key: key.index, value: platform.toStore(encodeIndexRow(key.body.subarray(this.#bodyPrefix.length), after, rows.subarray(i * INDEX_ROW_BYTES, (i + 1) * INDEX_ROW_BYTES))) })
      if (body !== undefined) writes.push({ type: 'put', key: key.body, value: platform.toStore(body) })
    }
    if (steps.some(({ isDoubtful }) => isDoubtful)) this.#inDoubt = true
    if (this.#inDoubt) writes.push({ type: 'put', key: this.#statKey, value: DOUBT })
    else if (durable) writes.push({ type: 'put', key: this.#statKey, value: encodeStatRow(stat) })
    this.#reads.flush() // who asked before sees what was held before
    // `sync` belongs to classic-level: the write reaches the disk before the promise resolves. Others ignore it.
    const options: AbstractBatchOptions<Uint8Array, Uint8Array> & { sync: boolean } = { ...VIEW, sync: durable }
    this.#commits++
    this.#committing++
    try {
      await attempt('write bodies', async () => { await this.#root.batch(writes, options) })
    } finally {
      this.#committing--
    }
    this.#rows = stat.bodies
    for (const { key, body } of steps) if (body !== undefined) this.#known.written(key.index)
  }

  async * #indexHashes (): AsyncGenerator<Uint8Array[], void, undefined> {
    const keys = this.#index.keys()
    try {
      for (let some = await keys.nextv(READ_BATCH); some.length > 0; some = await keys.nextv(READ_BATCH)) yield some
    } finally {
      await keys.close()
    }
  }

  #bodyKey (infoHash: InfoHash): Uint8Array {
    return joined(this.#bodyPrefix, platform.fromHex(infoHash))
  }
}

function joined (prefix: Uint8Array, key: Uint8Array): Uint8Array {
  const whole = new Uint8Array(prefix.length + key.length)
  whole.set(prefix)
  whole.set(key, prefix.length)
  return whole
}

async function attempt<T> (what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw failed(what, cause)
  }
}

function failed (what: string, cause: unknown): TorrentStoreError {
  return cause instanceof TorrentStoreError ? cause : new TorrentStoreError('STORAGE_FAILED', `the database could not ${what}`, { cause })
}
