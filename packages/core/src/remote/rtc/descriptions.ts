// The small values of WebRTC as the libraries make and read them.

/** As RTCSessionDescription (W3C WebRTC, 4.6.2). */
export class WorkerSessionDescription {
  readonly type: RTCSdpType
  readonly sdp: string

  constructor ({ type, sdp = '' }: RTCSessionDescriptionInit) {
    this.type = type
    this.sdp = sdp
  }

  toJSON (): { type: RTCSdpType, sdp: string } {
    return { type: this.type, sdp: this.sdp }
  }
}

/** As RTCIceCandidate (W3C WebRTC, 4.8.1), of which the fields that are sent to a peer. */
export class WorkerIceCandidate {
  readonly candidate: string
  readonly sdpMid: string | null
  readonly sdpMLineIndex: number | null
  readonly usernameFragment: string | null

  constructor ({ candidate = '', sdpMid = null, sdpMLineIndex = null, usernameFragment = null }: RTCIceCandidateInit = {}) {
    if (sdpMid === null && sdpMLineIndex === null) throw new TypeError('a candidate needs sdpMid or sdpMLineIndex')
    this.candidate = candidate
    this.sdpMid = sdpMid
    this.sdpMLineIndex = sdpMLineIndex
    this.usernameFragment = usernameFragment
  }

  /** From the candidate line (RFC 8839, 5.1): foundation, component, protocol, priority, address, port. */
  get address (): string | null {
    return this.candidate.split(' ')[4] ?? null
  }

  toJSON (): RTCIceCandidateInit {
    return { candidate: this.candidate, sdpMid: this.sdpMid, sdpMLineIndex: this.sdpMLineIndex, usernameFragment: this.usernameFragment }
  }
}
