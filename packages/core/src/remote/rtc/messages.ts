// Between the worker's WebRTC objects and the real ones of its page. Connections are numbered by the worker; channels
// that the worker opens have positive numbers, those that a peer opens negative ones.

export interface Description { readonly type: RTCSdpType, readonly sdp: string }

/** What a connection's attributes say; goes with everything that may have changed them. */
export interface ConnectionState {
  readonly connectionState: RTCPeerConnectionState
  readonly iceConnectionState: RTCIceConnectionState
  readonly iceGatheringState: RTCIceGatheringState
  readonly signalingState: RTCSignalingState
  readonly localDescription: Description | null
  readonly remoteDescription: Description | null
}

export interface ChannelState {
  readonly readyState: RTCDataChannelState
  /** Stream id; null until it was negotiated. */
  readonly id: number | null
}

export interface ChannelTraits {
  readonly label: string
  readonly protocol: string
  readonly ordered: boolean
  readonly negotiated: boolean
  readonly maxPacketLifeTime: number | null
  readonly maxRetransmits: number | null
}

/** Methods that answer later. */
export type ConnectionMethod = 'createOffer' | 'createAnswer' | 'setLocalDescription' | 'setRemoteDescription' | 'addIceCandidate' | 'getStats'

export type RtcOrder =
  | { readonly t: 'connect', readonly connection: number, readonly configuration: RTCConfiguration }
  | { readonly t: 'call', readonly connection: number, readonly id: number, readonly method: ConnectionMethod, readonly args: readonly unknown[] }
  | { readonly t: 'restart' | 'disconnect', readonly connection: number }
  | { readonly t: 'configure', readonly connection: number, readonly configuration: RTCConfiguration }
  | { readonly t: 'open', readonly connection: number, readonly channel: number, readonly label: string, readonly init: RTCDataChannelInit }
  /** `size`: bytes by which the channel's bufferedAmount grew. */
  | { readonly t: 'send', readonly channel: number, readonly data: string | ArrayBuffer, readonly size: number }
  | { readonly t: 'threshold', readonly channel: number, readonly bytes: number }
  | { readonly t: 'close', readonly channel: number }

export type ConnectionEvent = 'connectionstatechange' | 'iceconnectionstatechange' | 'icegatheringstatechange' | 'signalingstatechange' | 'negotiationneeded'
export type ChannelEvent = 'open' | 'closing' | 'close'

export interface RtcFault { readonly name: string, readonly message: string }

export type RtcNews =
  | { readonly t: 'result', readonly connection: number, readonly id: number, readonly value: unknown, readonly state: ConnectionState }
  | { readonly t: 'failed', readonly connection: number, readonly id: number, readonly fault: RtcFault }
  | { readonly t: 'state', readonly connection: number, readonly type: ConnectionEvent, readonly state: ConnectionState }
  | { readonly t: 'candidate', readonly connection: number, readonly candidate: RTCIceCandidateInit | null, readonly state: ConnectionState }
  | { readonly t: 'candidateerror', readonly connection: number, readonly details: { readonly errorCode: number, readonly errorText: string, readonly url: string } }
  | { readonly t: 'channel', readonly connection: number, readonly channel: number, readonly traits: ChannelTraits, readonly state: ChannelState }
  | { readonly t: 'channelstate', readonly channel: number, readonly type: ChannelEvent, readonly state: ChannelState }
  | { readonly t: 'channelerror', readonly channel: number, readonly fault: RtcFault }
  | { readonly t: 'message', readonly channel: number, readonly data: string | ArrayBuffer }
  /** Bytes taken over so far, and how many of them the real channel still has to send. */
  | { readonly t: 'buffered', readonly channel: number, readonly taken: number, readonly amount: number }
  /** Nothing more comes from this connection. */
  | { readonly t: 'gone', readonly connection: number }
