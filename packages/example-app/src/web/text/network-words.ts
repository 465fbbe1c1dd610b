// Connections in words.
import type { PeerTransport, PersonalState } from '@seedbed/core'

const TRANSPORTS: Readonly<Record<PeerTransport, string>> = { webrtc: 'direct (WebRTC)', websocket: 'WebSocket', tcp: 'TCP', relay: 'through a relay', other: 'connected' }
/** A direct way is named before a way round. */
const ORDER: readonly PeerTransport[] = ['webrtc', 'tcp', 'websocket', 'other', 'relay']

export function transportWords (transports: readonly PeerTransport[]): string {
  return ORDER.filter(transport => transports.includes(transport)).map(transport => TRANSPORTS[transport]).join(', ') || TRANSPORTS.other
}

export const DEVICE_WORDS: Readonly<Record<PersonalState['sync']['state'], string>> = {
  off: 'Your devices do not find each other yet: they need a seedbox of your own, or one that you chose above to help them.',
  unsupported: 'This browser cannot connect to your other devices: it has no WebRTC.',
  searching: 'None of your other devices is here now.',
  full: 'What your devices share has grown too large to be exchanged: remove drafts or saved posts.',
  connected: 'Connected to your other devices.'
}
