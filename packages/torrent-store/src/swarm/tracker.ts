// Asking trackers, HTTP (BEP 3, 7, 23) and UDP (BEP 15), as if none could be trusted: their addresses come in magnet
// links from strangers. The tracker client that comes with WebTorrent is not used: an answer that ends in the middle,
// or has a number for a failure reason, ends its process; `l-3:e` makes it loop for ever; and an interval of
// 10^8 seconds overflows its timer, which then announces a thousand times a second.
import { announceHttp } from './http-tracker.ts'
import { WANTED_PEERS, type Announce, type AskOptions, type PeerAddress } from './tracker-message.ts'
import { announceUdp } from './udp-tracker.ts'

export interface TrackerAnswer {
  readonly peers: readonly PeerAddress[]
  /** How long the tracker wants to be left alone, 0 to 1 hour. */
  readonly intervalMs: number
}

const MAX_INTERVAL_MS = 3_600_000

/** True for the URL of a tracker that can be asked from here. */
export function isTrackerUrl (text: string): boolean {
  return URL.canParse(text) && /^(?:https?|udp):$/.test(new URL(text).protocol)
}

/** Announces to one tracker. Rejects if it refuses, answers nonsense or is aborted. */
export async function announceTo (tracker: string, announce: Announce, options: AskOptions): Promise<TrackerAnswer> {
  const url = new URL(tracker)
  const { peers, intervalSeconds } = url.protocol === 'udp:' ? await announceUdp(url, announce, options) : await announceHttp(url, announce, options)
  return {
    peers: peers.slice(0, 4 * WANTED_PEERS),
    intervalMs: Number.isFinite(intervalSeconds) ? Math.min(Math.max(intervalSeconds * 1000, 0), MAX_INTERVAL_MS) : 0
  }
}
