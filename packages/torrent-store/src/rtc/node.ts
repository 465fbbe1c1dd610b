// WebRTC in Node: WebTorrent brings it along as webrtc-polyfill over the native node-datachannel. Three things are made
// up for, on each tracker and connection and on nothing that others use:
//   - That WebRTC never says that there are no more candidates, and WebTorrent waits five seconds for it every time.
//   - ws takes messages of 100 MiB; here those of trackers are bounded.
//   - The client opens a TCP port whether there is use for it or not; it is closed as soon as it is open.
import type { Client, WebRtcPeer, WebSocketTracker } from 'webtorrent/dist/webtorrent.min.js'
import type WebTorrent from 'webtorrent'
import { deferred } from '../deferred.ts'
import { TorrentStoreError } from '../errors.ts'
import { clientOptions, type Rtc } from './rtc.ts'

export const rtc: Rtc = {
  async open (options) {
    const { default: Client } = await loadWebTorrent()
    const client = new (Client as unknown as new (options: object) => WebTorrent)({ ...clientOptions(options), torrentPort: { host: '127.0.0.1', port: 0 }, utp: false })
    const opened = deferred<void>()
    client.once('error', cause => { opened.reject(new TorrentStoreError('LISTEN_FAILED', 'WebTorrent cannot be opened', { cause })) })
    client.once('listening', () => {
      client._connPool?.destroy() // in the same turn: nobody can have connected
      client._connPool = null
      opened.resolve()
    })
    await opened.promise
    return client as unknown as Client
  },
  prepare (tracker, { maxMessageBytes }) {
    for (const peer of Object.values(tracker.peers)) sayEndOfCandidates(peer) // made at once where the tracker's socket was open
    const create = tracker._createPeer.bind(tracker)
    tracker._createPeer = options => {
      const peer = create(options)
      sayEndOfCandidates(peer)
      return peer
    }
    boundMessages(tracker, maxMessageBytes)
    const open = tracker._openSocket.bind(tracker)
    tracker._openSocket = () => { // again, after it was lost
      open()
      boundMessages(tracker, maxMessageBytes)
    }
  }
}

/** Optional, and so is the native part below it. */
async function loadWebTorrent (): Promise<{ readonly default: typeof WebTorrent }> {
  try {
    return await import('webtorrent')
  } catch (cause) {
    throw new TorrentStoreError('UNSUPPORTED', 'peers over WebRTC need the packages webtorrent and node-datachannel, which could not be loaded', { cause })
  }
}

function sayEndOfCandidates ({ _pc: connection }: WebRtcPeer): void {
  let said = false
  const say = (): void => {
    if (said || connection.iceGatheringState !== 'complete') return
    said = true
    // In a turn of its own: candidates of this one come first.
    setTimeout(() => { connection.onicecandidate?.({ candidate: null } as RTCPeerConnectionIceEvent) }, 0)
  }
  connection.addEventListener('icegatheringstatechange', say)
}

function boundMessages (tracker: WebSocketTracker, maxBytes: number): void {
  const { _ws: socket } = tracker.socket ?? {}
  // The receiver comes with the connection, and its bound cannot be said from outside before that.
  socket?.once?.('open', () => {
    for (const reader of [socket._receiver, socket._receiver?._extensions?.['permessage-deflate']]) if (reader !== undefined) reader._maxPayload = maxBytes
  })
}
