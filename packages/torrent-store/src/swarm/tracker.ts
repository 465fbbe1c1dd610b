// Asking trackers, HTTP (BEP 3, 7, 23, 48) and UDP (BEP 15), as if none could be trusted: their addresses come in magnet
// links from strangers. The tracker client that comes with WebTorrent is not used: an answer that ends in the middle,
// or has a number for a failure reason, ends its process; `l-3:e` makes it loop for ever; and an interval of
// 10^8 seconds overflows its timer, which then announces a thousand times a second.
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { MAX_HTTP_SCRAPE_IDS, MAX_UDP_SCRAPE_IDS } from '../limits.ts'
import type { InfoHash } from '../torrent-ref.ts'
import { AddressScope, mayName, scopeOf } from './address-scope.ts'
import { announceHttp, scrapeHttp, scrapeUrl } from './http-tracker.ts'
import { WANTED_PEERS, type Announce, type AskOptions, type PeerAddress, type TrackerCount } from './tracker-message.ts'
import { announceUdp, scrapeUdp } from './udp-tracker.ts'

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

/**
 * True for a tracker that a magnet link or .torrent file may make us ask: a stranger wrote it, and a request over HTTP
 * with any path could be a command to something in our network. All trackers in use answer at `announce`.
 */
export function isHintedTrackerUrl (text: string): boolean {
  return canScrape(text)
}

/** Whether a tracker may have told us of that peer: `isOurs` names may lead into our network, others' only into the world. */
export async function mayTell (tracker: string, isOurs: boolean, { host }: PeerAddress): Promise<boolean> {
  if (scopeOf(host) === AddressScope.world) return true
  const { hostname } = new URL(tracker)
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || !isOurs) return mayName(hostname, host)
  return await lookup(hostname).then(({ address }) => mayName(address, host), () => false)
}

/** True for the URL of a tracker that counts peers for whoever asks (BEP 48, BEP 15). */
export function canScrape (text: string): boolean {
  return isTrackerUrl(text) && (new URL(text).protocol === 'udp:' || scrapeUrl(new URL(text)) !== null)
}

/**
 * Asks one tracker for counts, one question after another, each within `timeoutMs`; torrents that it does not know, or
 * that its last question was about when it failed, are absent. Rejects if the first question fails, or when aborted.
 */
export async function scrapeFrom (tracker: string, infoHashes: readonly InfoHash[], { signal, maxAnswerBytes, timeoutMs }: AskOptions & { timeoutMs: number }): Promise<Map<InfoHash, TrackerCount>> {
  const url = new URL(tracker)
  const isUdp = url.protocol === 'udp:'
  const most = isUdp ? MAX_UDP_SCRAPE_IDS : MAX_HTTP_SCRAPE_IDS
  const counts = new Map<InfoHash, TrackerCount>()
  for (let at = 0; at < infoHashes.length; at += most) {
    const options = { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]), maxAnswerBytes }
    const some = infoHashes.slice(at, at + most)
    try {
      for (const [infoHash, count] of await (isUdp ? scrapeUdp(url, some, options) : scrapeHttp(url, some, options))) counts.set(infoHash, count)
    } catch (error) {
      signal.throwIfAborted()
      if (at === 0) throw error
      break
    }
  }
  return counts
}
