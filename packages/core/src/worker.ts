// `@seedbed/core/worker`: the one line of the worker module that `openPeer` starts.
import { createNode } from './lazy.ts'
import type { CommonNodeOptions } from './options.ts'
import { installRtc } from './remote/rtc/install-rtc.ts'
import { servePeerWith } from './remote/serve-peer.ts'

/** Waits for the page's order, then runs the peer and serves all tabs. `logger` and `clock` are the worker's own: functions do not cross threads. */
export function servePeer (own: Pick<CommonNodeOptions, 'clock' | 'logger'> = {}): void {
  // On its way before the order comes; it takes nothing from the globals, as libp2p and WebTorrent do.
  import('./create-node.ts').catch(() => {}) // told by the call below
  servePeerWith({
    scope: globalThis,
    installRtc,
    // Not before it is called: libp2p and WebTorrent take WebRTC from the globals when they load.
    startNode: async options => await createNode({ ...options, ...own })
  })
}
