// The port to byte storage over any abstract-level database; tables.ts has its rows.
import type { InfoHash } from '../torrent-ref.ts'
import type { BlobStat, BlobStore, HeldBlob, NewBlob } from './blob-store.ts'
import { openTables, type BlobDatabase, type Keys, type Tables } from './tables.ts'
import { WriteQueue } from './write-queue.ts'

/**
 * Opens the store in `db`, under the prefix `torrent-store`, without reading what lies there: a database of an earlier
 * version, or with a damaged count, is counted once, about two seconds for a million bodies; an index that is found to be
 * damaged then is mended from the bodies. Throws STORAGE_FAILED.
 */
export async function createLevelBlobs (db: BlobDatabase): Promise<BlobStore> {
  const tables = openTables(db)
  const stat = await tables.readStat() ?? await tables.recount()
  tables.begin(stat)
  return new LevelBlobs(tables, stat)
}

class LevelBlobs implements BlobStore {
  readonly #tables: Tables
  readonly #queue: WriteQueue<Keys>

  constructor (tables: Tables, stat: BlobStat) {
    this.#tables = tables
    this.#queue = new WriteQueue<Keys>(stat, tables)
  }

  async get (infoHash: InfoHash): Promise<Uint8Array | undefined> {
    await this.#queue.settled(infoHash)
    return await this.#tables.body(infoHash)
  }

  async getMany (infoHashes: readonly InfoHash[]): Promise<Array<Uint8Array | undefined>> {
    await this.#queue.settled(...infoHashes)
    return await this.#tables.bodies(infoHashes)
  }

  async lengthsOf (infoHashes: readonly InfoHash[]): Promise<Array<number | undefined>> {
    await this.#queue.settled(...infoHashes)
    const found = await this.#tables.read(this.#tables.keysOf(infoHashes))
    const [failure] = found
    if (failure instanceof Error && found.every(held => held instanceof Error)) throw failure
    return found.map(held => held instanceof Error ? undefined : held?.length)
  }

  async has (infoHash: InfoHash): Promise<boolean> {
    await this.#queue.settled(infoHash)
    return await this.#tables.hasBody(infoHash)
  }

  async put (infoHash: InfoHash, body: Uint8Array, usedSeconds = 0): Promise<boolean> {
    const [before] = await this.#queue.change([{ infoHash, body, usedSeconds }])
    return before === undefined
  }

  async putMany (blobs: readonly NewBlob[]): Promise<boolean[]> {
    if (blobs.length === 0) return []
    const before = await this.#queue.change(blobs)
    return before.map(held => held === undefined)
  }

  async delete (infoHash: InfoHash): Promise<number> {
    const [before] = await this.#queue.change([{ infoHash }])
    return before?.length ?? 0
  }

  async touch (uses: ReadonlyMap<InfoHash, number>): Promise<void> {
    if (uses.size > 0) await this.#queue.change([...uses].map(([infoHash, usedSeconds]) => ({ infoHash, usedSeconds })))
  }

  list (onDamaged: () => void = () => {}): AsyncIterable<HeldBlob> {
    return this.#tables.list(onDamaged)
  }

  stat (): BlobStat {
    const { damaged } = this.#tables
    return damaged === 0 ? this.#queue.stat() : { ...this.#queue.stat(), damaged }
  }

  async findByReq2 (req2: string): Promise<InfoHash | undefined> {
    return await this.#tables.findByReq2(req2)
  }
}
