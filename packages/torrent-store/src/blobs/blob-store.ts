// The port between the store and wherever bytes lie. An adapter must pass test/blobs/acceptance.ts.
import { platform } from '#platform'
import type { InfoHash, TorrentRef } from '../torrent-ref.ts'

export interface BlobStat {
  /** Bodies held. */
  readonly bodies: number
  /** Sum of their lengths, without keys and indexes. */
  readonly bytes: number
  /**
   * Places of the index found damaged by the last whole `list`, absent if none: bodies that no list names. Who puts
   * such a body mends it; the next opening mends all of them, and until then `bodies` and `bytes` may be wrong by these.
   */
  readonly damaged?: number
}

/** What is known of a body that is held, without reading it. */
export interface HeldBlob extends TorrentRef {
  /** Unix seconds of its last use, as `put` and `touch` said; 0 if nobody did. */
  readonly usedSeconds: number
}

/** A body to store. */
export interface NewBlob {
  readonly infoHash: InfoHash
  /** Not changed by anybody from here on. */
  readonly body: Uint8Array
  /** Unix seconds; a body that is held already keeps its own. Default 0. */
  readonly usedSeconds?: number
}

/**
 * Bodies by infohash. Adapters do not verify: who puts has computed the infohash, who gets computes it again.
 * Calls for one infohash take effect in the order they were made. A failing call rejects with STORAGE_FAILED and
 * leaves `stat` as it was.
 */
export interface BlobStore {
  get (infoHash: InfoHash): Promise<Uint8Array | undefined>
  /** As many answers, in the same order; serving asks for up to 64 bodies so. */
  getMany (infoHashes: readonly InfoHash[]): Promise<Array<Uint8Array | undefined>>
  has (infoHash: InfoHash): Promise<boolean>
  /**
   * Lengths in bytes without reading the bodies, undefined for what is not held; serving asks for up to 512 so. What cannot
   * be read counts as not held, unless it is all that was asked about.
   */
  lengthsOf (infoHashes: readonly InfoHash[]): Promise<Array<number | undefined>>
  /** Resolves once the body would survive the death of the process; true if it was not held before. */
  put (infoHash: InfoHash, body: Uint8Array, usedSeconds?: number): Promise<boolean>
  /** All of them or none, durable together; for each, in their order, whether it was not held before. */
  putMany (blobs: readonly NewBlob[]): Promise<boolean[]>
  /** Bytes of the body that was held; 0 if none was. */
  delete (infoHash: InfoHash): Promise<number>
  /** Sets times of last use, of bodies that are held; the others are passed over. A crash may lose them. */
  touch (uses: ReadonlyMap<InfoHash, number>): Promise<void>
  /** All that are held, in no particular order; reads no bodies. Passes over what is damaged, and says so of each place. */
  list (onDamaged?: () => void): AsyncIterable<HeldBlob>
  /** Exact as long as nothing is `damaged`, from memory. */
  stat (): BlobStat
  /** The infohash behind `req2Of(infoHash)`, which is all an encrypted handshake says. */
  findByReq2 (req2: string): Promise<InfoHash | undefined>
}

const REQ2 = platform.fromLatin1('req2')
/** Used anew for each: nothing else runs between filling and hashing it. */
const req2Input = new Uint8Array(24)
req2Input.set(REQ2)

/** sha1('req2' || infohash), hex: names the torrent in an encrypted handshake (Message Stream Encryption, step 3). */
export function req2Of (infoHash: InfoHash): string {
  req2Input.set(platform.fromHex(infoHash), REQ2.length)
  return platform.sha1Hex(req2Input)
}

/** Whether `req2` is that of the infohash, 20 bytes each. */
export function isReq2Of (req2: Uint8Array, infoHash: Uint8Array): boolean {
  req2Input.set(infoHash, REQ2.length)
  return platform.sha1(req2Input).every((byte, i) => byte === req2[i]) && req2.length === 20
}
