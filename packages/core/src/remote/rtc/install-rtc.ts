// Gives a worker the WebRTC globals that libraries look for. Before any of them loads: they take them at their import.
import { WorkerDataChannel } from './data-channel.ts'
import { WorkerIceCandidate, WorkerSessionDescription } from './descriptions.ts'
import { WorkerPeerConnection } from './peer-connection.ts'
import { createRtcClient } from './rtc-client.ts'

/** `port` leads to `serveRtc` in the page. Does nothing where the platform has WebRTC itself. */
export function installRtc (port: MessagePort): void {
  const scope = globalThis as unknown as Record<string, unknown>
  if (typeof scope['RTCPeerConnection'] === 'function') return
  const client = createRtcClient(port)
  scope['RTCPeerConnection'] = class RTCPeerConnection extends WorkerPeerConnection {
    constructor (configuration?: RTCConfiguration) { super(client, configuration) }
  }
  scope['RTCSessionDescription'] = WorkerSessionDescription
  scope['RTCIceCandidate'] = WorkerIceCandidate
  scope['RTCDataChannel'] = WorkerDataChannel
}
