import type { WebRtc } from './web-rtc.ts'

/** Node has none; an optional dependency with native code brings it, 20 MB once it is loaded. Null where it was not installed. */
export async function loadWebRtc (): Promise<WebRtc | null> {
  try {
    const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = await import('webrtc-polyfill')
    return { implementation: { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } }
  } catch {
    return null
  }
}
