// What a page loads of the SDK: the part that talks to the peer.
export { openPeer } from '@seedbed/core/page'
