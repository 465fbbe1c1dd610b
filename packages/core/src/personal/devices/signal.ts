// What devices say to each other on a signalling point, once unsealed: y-webrtc's messages, checked.

/** A session description or one ICE candidate, in the shape of simple-peer's signals. */
export type PeerSignal =
  | { readonly type: 'offer' | 'answer', readonly sdp: string }
  | { readonly type: 'candidate', readonly candidate: { readonly candidate: string, readonly sdpMLineIndex: number | null, readonly sdpMid: string | null } }

export type Signal =
  /** I am here. */
  | { readonly type: 'announce', readonly from: string }
  | { readonly type: 'signal', readonly from: string, readonly to: string, readonly signal: PeerSignal }

const MAX_PEER_ID_CHARS = 64

/** Null for everything else: other versions of y-webrtc, or of this program, may say more. */
export function parseSignal (value: unknown): Signal | null {
  if (!isRecord(value)) return null
  const { type, from, to, signal } = value
  if (!isPeerId(from)) return null
  if (type === 'announce') return { type, from }
  const parsed = type === 'signal' && isPeerId(to) ? parsePeerSignal(signal) : null
  return parsed === null ? null : { type: 'signal', from, to: to as string, signal: parsed }
}

function parsePeerSignal (value: unknown): PeerSignal | null {
  if (!isRecord(value)) return null
  const { type, sdp, candidate } = value
  if (type === 'offer' || type === 'answer') return typeof sdp === 'string' ? { type, sdp } : null
  if (!isRecord(candidate) || typeof candidate['candidate'] !== 'string') return null
  const { sdpMLineIndex, sdpMid } = candidate
  return {
    type: 'candidate',
    candidate: { candidate: candidate['candidate'], sdpMLineIndex: typeof sdpMLineIndex === 'number' ? sdpMLineIndex : null, sdpMid: typeof sdpMid === 'string' ? sdpMid : null }
  }
}

function isPeerId (value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_PEER_ID_CHARS
}

function isRecord (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
