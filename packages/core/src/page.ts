// `@seedbed/core/page`: what a page loads to use the peer that runs in a worker for all its tabs. Light on purpose: no
// libp2p, no Yjs, nothing that waits for the network.
import { openPeerWith, type OpenPeerOptions } from './remote/open-peer.ts'
import type { RemoteNode } from './remote/remote-node.ts'

export { SeedbedError, SeedbedErrorCode } from './errors.ts'
export type { OpenPeerOptions } from './remote/open-peer.ts'
export type { Hosting, Promised, RemoteCalls, RemoteNode } from './remote/remote-node.ts'

/**
 * The peer of this browser profile, run by one tab for all of them. Resolves when it is up here or in another tab.
 * Errors: those of `createNode`; LOCKED where the browser has no Web Locks (plain http) and another tab is open;
 * VERSION_MISMATCH when a newer release runs in another tab; the reason of `signal`.
 */
export async function openPeer (options: OpenPeerOptions): Promise<RemoteNode> {
  return await openPeerWith(options)
}
