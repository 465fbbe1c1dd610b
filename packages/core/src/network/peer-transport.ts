import type { PeerTransport } from '../node.ts'

/** What carries a connection with this remote multiaddr. */
export function transportOf (address: string): PeerTransport {
  if (/\/webrtc(?:-direct)?(?:\/|$)/.test(address)) return 'webrtc'
  if (/\/p2p-circuit(?:\/|$)/.test(address)) return 'relay'
  if (/\/wss?(?:\/|$)/.test(address)) return 'websocket'
  return /\/tcp\/\d+(?:\/p2p\/|$)/.test(address) ? 'tcp' : 'other'
}
