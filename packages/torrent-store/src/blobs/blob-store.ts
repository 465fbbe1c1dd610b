// The port between the store and wherever bytes lie. An adapter must pass test/blobs/acceptance.ts.
import { platform } from '#platform'
import type { InfoHash, TorrentRef } from '../torrent-ref.ts'

export interface BlobStat {
  /** Bodies held. */
  readonly bodies: number
  /** Sum of their lengths, without keys and indexes. */
  readonly bytes: number
}

/**
 * Bodies by infohash. Adapters do not verify: who puts has computed the infohash, who gets computes it again.
 * Calls for one infohash take effect in the order they were made. A failing call rejects with STORAGE_FAILED and
 * leaves `stat` as it was.
 */
export interface BlobStore {
  get (infoHash: InfoHash): Promise<Uint8Array | undefined>
  /** As many answers, in the same order; serving asks for up to 32 bodies so. */
  getMany (infoHashes: readonly InfoHash[]): Promise<Array<Uint8Array | undefined>>
  has (infoHash: InfoHash): Promise<boolean>
  /** The same without reading the bodies; serving asks for up to 512 so. */
  hasMany (infoHashes: readonly InfoHash[]): Promise<boolean[]>
  /** Resolves once the body would survive the death of the process; true if it was not held before. */
  put (infoHash: InfoHash, body: Uint8Array): Promise<boolean>
  /** True if it was held. */
  delete (infoHash: InfoHash): Promise<boolean>
  /** All references, in no particular order; reads no bodies. */
  list (): AsyncIterable<TorrentRef>
  /** Exact, from memory. */
  stat (): BlobStat
  /** The infohash behind `req2Of(infoHash)`, which is all an encrypted handshake says. */
  findByReq2 (req2: string): Promise<InfoHash | undefined>
}

/** sha1('req2' || infohash), hex: names the torrent in an encrypted handshake (Message Stream Encryption, step 3). */
export function req2Of (infoHash: InfoHash): string {
  return platform.sha1Hex(platform.fromHex(`72657132${infoHash}`))
}
