import { parseTorrentFile } from '../metainfo.ts'
import { parseInfoHash, parseMagnet, type PartialTorrentRef } from '../torrent-ref.ts'

/** What is looked for, and hints where. */
export interface SwarmTarget {
  readonly ref: PartialTorrentRef
  readonly trackers: readonly string[]
  /** `host:port` or `[ipv6]:port`. */
  readonly peers: readonly string[]
}

/** Reads an infohash in hex, a magnet link or the bytes of a .torrent file. Throws BAD_INFOHASH, BAD_MAGNET, BAD_TORRENT, NOT_A_BODY. */
export function parseTarget (id: string | Uint8Array): SwarmTarget {
  if (typeof id !== 'string') return { ...parseTorrentFile(id), peers: [] }
  const text = id.trim()
  return /^magnet:/i.test(text) ? parseMagnet(text) : { ref: { infoHash: parseInfoHash(text) }, trackers: [], peers: [] }
}
