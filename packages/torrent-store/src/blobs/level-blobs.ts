// Bodies in any abstract-level database:
//   torrent-store / body  : infohash (20 bytes)          -> body
//   torrent-store / index : req2 of the infohash (20 B)  -> infohash (20 bytes), length (4 bytes, big endian)
// Both rows are written in one batch. The index answers encrypted handshakes, and because it holds the lengths it
// also answers `list` and the count at open without reading a body.
import { platform } from '#platform'
import type { AbstractBatchOptions, AbstractBatchOperation, AbstractLevel, AbstractSublevel } from 'abstract-level'
import { TorrentStoreError } from '../errors.ts'
import { parseInfoHash, type InfoHash, type TorrentRef } from '../torrent-ref.ts'
import { req2Of, type BlobStore } from './blob-store.ts'

/**
 * Any abstract-level database (`level`, `classic-level`, `memory-level`, a sublevel of one), whatever its own encodings.
 * It stays the caller's, who opens and closes it.
 */
export interface BlobDatabase {
  sublevel (name: string, options: typeof VIEW): unknown
}

const INDEX_VALUE_BYTES = 24
const COUNT_BATCH = 1000
const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const

type Rows = AbstractLevel<Uint8Array, Uint8Array, Uint8Array>
type Sublevel = AbstractSublevel<Rows, Uint8Array, Uint8Array, Uint8Array>
type Write = AbstractBatchOperation<Rows, Uint8Array, Uint8Array>
/** `sync` belongs to classic-level: the write reaches the disk before the promise resolves. Others ignore it. */
type DurableOptions = AbstractBatchOptions<Uint8Array, Uint8Array> & { sync: true }
const DURABLE: DurableOptions = { sync: true }

/**
 * Opens the store in `db`, under the prefix `torrent-store`. Reads the index once to count: about a second for a
 * million bodies. Throws STORAGE_FAILED.
 */
export async function createLevelBlobs (db: BlobDatabase): Promise<BlobStore> {
  const blobs = new LevelBlobs(db.sublevel('torrent-store', VIEW) as Rows) // the port leaves the database's own types open
  await blobs.count()
  return blobs
}

class LevelBlobs implements BlobStore {
  readonly #root: Rows
  readonly #bodies: Sublevel
  readonly #index: Sublevel
  /** The last write of each infohash that is under way: writes of one infohash wait for one another. */
  readonly #writing = new Map<InfoHash, Promise<unknown>>()
  #count = 0
  #bytes = 0

  constructor (root: Rows) {
    this.#root = root
    this.#bodies = root.sublevel<Uint8Array, Uint8Array>('body', VIEW)
    this.#index = root.sublevel<Uint8Array, Uint8Array>('index', VIEW)
  }

  async count (): Promise<void> {
    await attempt('count bodies', async () => {
      const values = this.#index.values()
      try {
        for (let rows = await values.nextv(COUNT_BATCH); rows.length > 0; rows = await values.nextv(COUNT_BATCH)) {
          for (const row of rows) {
            this.#count++
            this.#bytes += readIndexValue(row).length
          }
        }
      } finally {
        await values.close()
      }
    })
  }

  async get (infoHash: InfoHash): Promise<Uint8Array | undefined> {
    await this.#written(infoHash)
    return await attempt('read a body', async () => await this.#bodies.get(platform.fromHex(infoHash)))
  }

  async getMany (infoHashes: readonly InfoHash[]): Promise<Array<Uint8Array | undefined>> {
    await this.#allWritten(infoHashes)
    return await attempt('read bodies', async () => await this.#bodies.getMany(infoHashes.map(platform.fromHex)))
  }

  async lengthsOf (infoHashes: readonly InfoHash[]): Promise<Array<number | undefined>> {
    await this.#allWritten(infoHashes)
    const rows = await attempt('look for bodies', async () => await this.#index.getMany(infoHashes.map(infoHash => platform.fromHex(req2Of(infoHash)))))
    return rows.map(row => row === undefined ? undefined : readIndexValue(row).length)
  }

  async has (infoHash: InfoHash): Promise<boolean> {
    await this.#written(infoHash)
    return await attempt('look for a body', async () => await this.#bodies.has(platform.fromHex(infoHash)))
  }

  async put (infoHash: InfoHash, body: Uint8Array): Promise<boolean> {
    return await this.#inTurn(infoHash, async () => {
      if (await this.#lookUp(req2Of(infoHash)) !== undefined) return false
      await this.#write([
        { type: 'put', sublevel: this.#bodies, key: platform.fromHex(infoHash), value: body },
        { type: 'put', sublevel: this.#index, key: platform.fromHex(req2Of(infoHash)), value: indexValue({ infoHash, length: body.length }) }
      ])
      this.#count++
      this.#bytes += body.length
      return true
    })
  }

  async delete (infoHash: InfoHash): Promise<boolean> {
    return await this.#inTurn(infoHash, async () => {
      const held = await this.#lookUp(req2Of(infoHash))
      if (held === undefined) return false
      await this.#write([
        { type: 'del', sublevel: this.#bodies, key: platform.fromHex(infoHash) },
        { type: 'del', sublevel: this.#index, key: platform.fromHex(req2Of(infoHash)) }
      ])
      this.#count--
      this.#bytes -= held.length
      return true
    })
  }

  async * list (): AsyncIterable<TorrentRef> {
    const values = this.#index.values()
    try {
      for (let rows = await attempt('list bodies', async () => await values.nextv(COUNT_BATCH)); rows.length > 0; rows = await attempt('list bodies', async () => await values.nextv(COUNT_BATCH))) {
        yield * rows.map(readIndexValue)
      }
    } finally {
      await values.close()
    }
  }

  stat (): { bodies: number, bytes: number } {
    return { bodies: this.#count, bytes: this.#bytes }
  }

  async findByReq2 (req2: string): Promise<InfoHash | undefined> {
    return (await this.#lookUp(req2))?.infoHash
  }

  async #lookUp (req2: string): Promise<TorrentRef | undefined> {
    const row = await attempt('look up a body', async () => await this.#index.get(platform.fromHex(req2)))
    return row === undefined ? undefined : readIndexValue(row)
  }

  async #write (operations: Write[]): Promise<void> {
    await attempt('write a body', async () => { await this.#root.batch(operations, DURABLE) })
  }

  async #allWritten (infoHashes: readonly InfoHash[]): Promise<void> {
    if (this.#writing.size > 0) await Promise.all(infoHashes.map(async infoHash => { await this.#written(infoHash) }))
  }

  async #written (infoHash: InfoHash): Promise<void> {
    await this.#writing.get(infoHash)?.catch(() => {})
  }

  async #inTurn<T> (infoHash: InfoHash, write: () => Promise<T>): Promise<T> {
    const before = this.#writing.get(infoHash) ?? Promise.resolve()
    const turn = before.catch(() => {}).then(write)
    this.#writing.set(infoHash, turn)
    try {
      return await turn
    } finally {
      if (this.#writing.get(infoHash) === turn) this.#writing.delete(infoHash)
    }
  }
}

async function attempt<T> (what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw cause instanceof TorrentStoreError ? cause : new TorrentStoreError('STORAGE_FAILED', `the database could not ${what}`, { cause })
  }
}

function indexValue (ref: TorrentRef): Uint8Array {
  const value = new Uint8Array(INDEX_VALUE_BYTES)
  value.set(platform.fromHex(ref.infoHash))
  new DataView(value.buffer).setUint32(20, ref.length)
  return value
}

function readIndexValue (row: Uint8Array): TorrentRef {
  if (row.length !== INDEX_VALUE_BYTES) throw new TorrentStoreError('STORAGE_FAILED', 'an index row of the database is damaged')
  return { infoHash: parseInfoHash(platform.toHex(row.subarray(0, 20))), length: new DataView(row.buffer, row.byteOffset, row.byteLength).getUint32(20) }
}
