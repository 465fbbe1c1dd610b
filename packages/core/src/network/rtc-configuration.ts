import type { IceServer } from '../options.ts'

/** What RTCPeerConnection takes, from our options: the same, in lists that may be written to. */
export function rtcConfigurationOf (iceServers: readonly IceServer[]): RTCConfiguration {
  return { iceServers: iceServers.map(({ urls, ...rest }) => ({ urls: typeof urls === 'string' ? urls : [...urls], ...rest })) }
}
