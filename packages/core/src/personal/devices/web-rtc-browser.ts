import type { WebRtc } from './web-rtc.ts'

/** Pages have WebRTC; workers only where a page lends them its own under the same names. */
export async function loadWebRtc (): Promise<WebRtc | null> {
  return 'RTCPeerConnection' in globalThis ? { implementation: null } : null
}
