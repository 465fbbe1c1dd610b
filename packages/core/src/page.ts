// `@seedbed/core/page`: what a page loads to use the peer that runs in a worker for all its tabs. Light on purpose: no
// libp2p, no Yjs, nothing that waits for the network.
import type { Identity } from './identity/identity-document.ts'
import { beginPeerWith, openPeerWith, type OpenPeerOptions, type PeerOpening } from './remote/open-peer.ts'
import type { RemoteNode } from './remote/remote-node.ts'

export { SeedbedError, SeedbedErrorCode } from './errors.ts'
export type { Identity } from './identity/identity-document.ts'
export type { OpenPeerOptions, PeerOpening } from './remote/open-peer.ts'
export type { Hosting, Promised, RemoteCalls, RemoteNode } from './remote/remote-node.ts'

/**
 * The peer of this browser profile, run by one tab for all of them. Resolves when it is up here or in another tab.
 * Errors: those of `createNode`; LOCKED where the browser has no Web Locks (plain http) and another tab is open;
 * VERSION_MISMATCH when a newer release runs in another tab; the reason of `signal`.
 */
export async function openPeer (options: OpenPeerOptions): Promise<RemoteNode> {
  return await openPeerWith(options)
}

/**
 * The same at once: a node to draw a page with while its peer starts. What is called waits for the peer, and so do live
 * queries. `author` throws NOT_RUNNING until then, unless the options tell it.
 */
export function beginPeer (options: OpenPeerOptions): PeerOpening {
  return beginPeerWith(options)
}

/**
 * The identity of a profile with its recovery phrase, read beside the peer; null when it has none yet. For what shows the
 * phrase on demand: it loads the word list first. Errors: KEY_FILE_CORRUPT, STORAGE_FAILED.
 */
export async function readIdentity (dataDir: string): Promise<Identity | null> {
  const [{ readStoredIdentity }, { publicKey }] = await Promise.all([import('./identity/key-store.ts'), import('./identity/identity.ts')])
  return await readStoredIdentity(dataDir, { publicKey })
}
