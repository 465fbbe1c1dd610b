// What the two tracker protocols have in common.
import type { InfoHash } from '../torrent-ref.ts'

export interface PeerAddress {
  /** An IP address. */
  readonly host: string
  readonly port: number
}

export interface Announce {
  readonly infoHash: InfoHash
  readonly peerId: Uint8Array
  /** Where others find us. */
  readonly port: number
  /** Bytes that we lack: 0 makes us a seed. */
  readonly left: number
  readonly event?: 'started' | 'stopped'
}

export interface AskOptions {
  readonly signal: AbortSignal
  readonly maxAnswerBytes: number
}

/** The tracker is there and does not want: it says why, in its own words. */
export class TrackerRefusal extends Error {
  constructor (words: string) {
    super(`the tracker refused: ${words}`)
  }
}

/** How many peers we ask for; it keeps an answer within the bounds of the bencode reader even when each is a dict. */
export const WANTED_PEERS: number = 50

/** What the two protocols give, before bounds. */
export interface RawAnswer {
  readonly peers: readonly PeerAddress[]
  readonly intervalSeconds: number
}

/** Reads addresses of `ipBytes` + 2 bytes each (BEP 23, BEP 7); a rest is dropped, as is port 0. */
export function readCompactPeers (bytes: Uint8Array, ipBytes: 4 | 16): PeerAddress[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const peers: PeerAddress[] = []
  for (let at = 0; at + ipBytes + 2 <= buffer.length; at += ipBytes + 2) {
    const port = buffer.readUInt16BE(at + ipBytes)
    const ip = buffer.subarray(at, at + ipBytes)
    if (port > 0) peers.push({ host: ipBytes === 4 ? ip.join('.') : (ip.toString('hex').match(/..../g) ?? []).join(':'), port })
  }
  return peers
}

/** What a tracker counts of one torrent (BEP 48, BEP 15), ourselves among them if it knows us. */
export interface TrackerCount {
  readonly seeders: number
  readonly leechers: number
  /** Downloads that were completed. */
  readonly completed: number
}

/** True for what a count can be; trackers write it in 32 bits. */
export function isTrackerCount (value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff
}
