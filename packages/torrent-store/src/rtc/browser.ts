import type { WebTorrent } from 'webtorrent/dist/webtorrent.min.js'
import { TorrentStoreError } from '../errors.ts'
import { clientOptions, type Rtc } from './rtc.ts'

export const rtc: Rtc = {
  async open (options) {
    if (typeof globalThis.RTCPeerConnection !== 'function') throw new TorrentStoreError('UNSUPPORTED', 'there is no WebRTC here')
    const { default: Client } = await loadWebTorrent()
    return new Client(clientOptions(options))
  },
  prepare () {}
}

/** It is an optional dependency: a page that only uses libp2p goes without. */
async function loadWebTorrent (): Promise<{ readonly default: typeof WebTorrent }> {
  try {
    return await import('webtorrent/dist/webtorrent.min.js')
  } catch (cause) {
    throw new TorrentStoreError('LISTEN_FAILED', 'peers over WebRTC need the package webtorrent, which could not be loaded', { cause })
  }
}
