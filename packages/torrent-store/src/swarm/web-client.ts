// WebTorrent for WebRTC, in a page, a worker or Node, loaded when it is first needed: it adds 66 KB to what a page
// downloads. It makes contact and nothing else. A torrent here has no metadata and no pieces; it announces an infohash
// to WebSocket trackers and exchanges WebRTC offers with whom they name. What comes of that is a byte stream, and our
// own wire talks over it (wire/), because WebTorrent's takes messages of any length, ends on an empty one and loops on
// some.
import { rtc } from '#rtc'
import type { Torrent, WebSocketTracker } from 'webtorrent/dist/webtorrent.min.js'
import { DEFAULT_WEB_INTERVAL_MS, MAX_WEB_INTERVAL_MS, MAX_WEB_UNREAD_BYTES, MIN_WEB_INTERVAL_MS } from '../limits.ts'
import type { InfoHash } from '../torrent-ref.ts'
import type { RtcOptions } from '../rtc/rtc.ts'
import type { ByteDuplex } from '../wire/byte-duplex.ts'
import { readWebTrackerMessage } from './web-tracker-message.ts'

/** A WebRTC connection (simple-peer): a stream of streamx. */
export type WebRtcPeer = ByteDuplex & {
  /** Peer id that the other side told the tracker, hex. */
  readonly id: string
  readonly connected: boolean
  push (bytes: Uint8Array | null): boolean
  readonly _readableState: { readonly buffered: number }
  once (event: 'connect', listener: () => void): unknown
}

/** `left`: bytes that we lack, 0 makes us a seed. `numwant`: offers to send, at most 5. */
export interface AnnounceOptions { readonly left: number, readonly numwant: number }

export interface RoomOptions {
  /** WebSocket URLs. */
  readonly trackers: readonly string[]
  /** What the next announce says. */
  announceOptions (): AnnounceOptions
  /** Whether one more connection may be made for somebody's offer. */
  mayAccept (): boolean
  /** Somebody of this torrent, connected or about to be. */
  onPeer (peer: WebRtcPeer): void
  /** A tracker took the announce, and said how many peers there are, ourselves among them. */
  onAnnounced (peers: number): void
}

/** One torrent's place at its trackers. */
export interface Room {
  readonly trackers: readonly string[]
  /** Announces once more, with new offers. */
  announce (): void
  /** Tells the trackers that we left. */
  close (): Promise<void>
}

export interface WebClient {
  /** One room a torrent at a time. */
  join (infoHash: InfoHash, options: RoomOptions): Room
  close (): Promise<void>
}

/** Loads WebTorrent. UNSUPPORTED where there is no WebRTC; LISTEN_FAILED where WebTorrent cannot be loaded. */
export async function openWebClient (options: RtcOptions): Promise<WebClient> {
  const client = await rtc.open(options)
  client.on('error', () => {}) // of single torrents, which are watched
  return {
    join (infoHash, room) {
      const { trackers, announceOptions, onPeer } = room
      const torrent = client.add(infoHash, { announce: trackers, getAnnounceOpts: announceOptions })
      for (const event of ['error', 'warning']) torrent.on(event, () => {}) // a tracker out of reach is asked again
      torrent.addPeer = peer => {
        if (typeof peer === 'string') return false
        bound(peer as WebRtcPeer)
        onPeer(peer as WebRtcPeer)
        return true
      }
      guardTrackers(torrent, infoHash, room, options)
      return {
        trackers,
        announce () { torrent.discovery?.tracker?.update() },
        close: async () => { await new Promise<void>(resolve => { if (torrent.destroyed) resolve(); else torrent.destroy(resolve) }) }
      }
    },
    close: async () => { await new Promise<void>(resolve => { if (client.destroyed) resolve(); else client.destroy(resolve) }) }
  }
}

/** Puts our reader between each tracker of a torrent and its client, as soon as there are any: their sockets are still closed then. */
function guardTrackers (torrent: Torrent, infoHash: InfoHash, { mayAccept, onAnnounced }: RoomOptions, options: RtcOptions): void {
  const start = torrent._startDiscovery.bind(torrent)
  torrent._startDiscovery = () => {
    start()
    for (const tracker of torrent.discovery?.tracker?._trackers ?? []) {
      boundInterval(tracker)
      rtc.prepare(tracker, options)
      const receive = tracker._onSocketData.bind(tracker)
      tracker._onSocketData = data => {
        const message = readWebTrackerMessage(data, options.maxMessageBytes)
        if (message === null || message.infoHash !== infoHash || (message.isOffer && !mayAccept())) return
        if (message.peers !== undefined) onAnnounced(message.peers)
        try {
          receive(new TextEncoder().encode(message.text))
        } catch {} // an offer that WebRTC does not take is one offer lost
      }
    }
  }
}

function boundInterval (tracker: WebSocketTracker): void {
  const set = tracker.setInterval.bind(tracker)
  tracker.setInterval = (intervalMs = DEFAULT_WEB_INTERVAL_MS) => { set(Math.min(Math.max(intervalMs, MIN_WEB_INTERVAL_MS), MAX_WEB_INTERVAL_MS)) }
  tracker.setInterval()
}

/** WebRTC's channels know no backpressure for readers: who sends faster than it is read, or before, fills the memory. */
function bound (peer: WebRtcPeer): void {
  const push = peer.push.bind(peer)
  peer.push = bytes => {
    if (bytes === null || peer._readableState.buffered + bytes.length <= MAX_WEB_UNREAD_BYTES) return push(bytes)
    peer.destroy()
    return false
  }
}

/** Those that can be asked over WebSockets. */
export function webTrackers (trackers: readonly string[]): string[] {
  return trackers.filter(tracker => URL.canParse(tracker) && /^wss?:$/.test(new URL(tracker).protocol))
}

/** Of the trackers that a link names. A page learns of an address only; whither a name leads is its browser's to know. */
export async function mayAsk (trackers: readonly string[], near: boolean): Promise<readonly string[]> {
  if (near || trackers.length === 0) return trackers
  const { AddressScope, scopeOf } = await import('./address-scope.ts')
  return trackers.filter(tracker => scopeOf(new URL(tracker).hostname) === AddressScope.world)
}
