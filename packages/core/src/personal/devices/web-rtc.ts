// WebRTC as this machine has it. Which file stands behind `loadWebRtc` is the platform's affair.

/** What simple-peer asks of an implementation that is not the platform's own. */
export interface WebRtcImplementation {
  readonly RTCPeerConnection: unknown
  readonly RTCSessionDescription: unknown
  readonly RTCIceCandidate: unknown
}

export interface WebRtc {
  /** Null: the one that pages have, under its usual global names. */
  readonly implementation: WebRtcImplementation | null
}

/** Loads it; null where there is none. */
export type LoadWebRtc = () => Promise<WebRtc | null>
