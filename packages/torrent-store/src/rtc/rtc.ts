// WebTorrent's client for WebSocket trackers and WebRTC: `#rtc` resolves to node.ts, or to browser.ts where a bundler
// takes the condition "browser". It is loaded when it is first needed.
import type { Client, WebSocketTracker } from 'webtorrent/dist/webtorrent.min.js'

export interface RtcOptions {
  readonly peerId: Uint8Array
  readonly rtcConfig: RTCConfiguration
  /** Of what a tracker says; more ends its connection where that can be told in time. */
  readonly maxMessageBytes: number
}

export interface Rtc {
  /** Loads and opens a client. UNSUPPORTED where there is no WebRTC; LISTEN_FAILED where WebTorrent cannot be loaded. */
  open (options: RtcOptions): Promise<Client>
  /** Makes up for what the platform's WebRTC and WebSocket lack, for one tracker of a torrent. */
  prepare (tracker: WebSocketTracker, options: RtcOptions): void
}

/** What both kinds of client are given: contact only, and no server that was not named. */
export function clientOptions ({ peerId, rtcConfig }: RtcOptions): object {
  return {
    // Its own default names public STUN servers: which ones are asked is a decision.
    peerId, tracker: { rtcConfig: { iceServers: [], ...rtcConfig } }, dht: false, lsd: false, utPex: false, natUpnp: false, natPmp: false, webSeeds: false, secure: 0
  }
}
