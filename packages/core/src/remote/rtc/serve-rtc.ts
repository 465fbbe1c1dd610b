// The page's half of WebRTC in a worker: real connections and channels, led by orders from a port. A worker has no
// RTCPeerConnection (W3C WebRTC: Exposed=Window), so its page lends it one.
import type { ChannelEvent, ChannelState, ConnectionEvent, ConnectionState, Description, RtcFault, RtcNews, RtcOrder } from './messages.ts'

export interface ServedRtc {
  /** Open connections. */
  connections (): number
  /** Closes them all. */
  close (): void
}

interface Connection {
  /** Null when the configuration was refused. */
  readonly real: RTCPeerConnection | null
  readonly fault: RtcFault | null
  readonly channels: Set<number>
}

interface Channel {
  readonly real: RTCDataChannel
  /** The worker's threshold; the real one is set to what has to be heard next. */
  threshold: number
  taken: number
}

const CONNECTION_EVENTS: readonly ConnectionEvent[] = ['connectionstatechange', 'iceconnectionstatechange', 'icegatheringstatechange', 'signalingstatechange', 'negotiationneeded']
const CHANNEL_EVENTS: readonly ChannelEvent[] = ['open', 'closing', 'close']

export function serveRtc (port: MessagePort): ServedRtc {
  const connections = new Map<number, Connection>()
  const channels = new Map<number, Channel>()
  let lastIncoming = 0
  const post = (news: RtcNews, transfer: Transferable[] = []): void => { port.postMessage(news, transfer) }

  function connect (connection: number, configuration: RTCConfiguration): void {
    let real: RTCPeerConnection
    try {
      real = new RTCPeerConnection(configuration)
    } catch (error) {
      connections.set(connection, { real: null, fault: faultOf(error), channels: new Set() })
      return
    }
    connections.set(connection, { real, fault: null, channels: new Set() })
    for (const type of CONNECTION_EVENTS) real.addEventListener(type, () => { post({ t: 'state', connection, type, state: stateOf(real) }) })
    real.onicecandidate = ({ candidate }) => { post({ t: 'candidate', connection, candidate: candidate?.toJSON() ?? null, state: stateOf(real) }) }
    real.onicecandidateerror = ({ errorCode, errorText, url }) => { post({ t: 'candidateerror', connection, details: { errorCode, errorText, url: url ?? '' } }) }
    real.ondatachannel = ({ channel: incoming }) => {
      const channel = --lastIncoming
      const { label, protocol, ordered, negotiated, maxPacketLifeTime, maxRetransmits } = incoming
      post({ t: 'channel', connection, channel, traits: { label, protocol, ordered, negotiated, maxPacketLifeTime, maxRetransmits }, state: channelStateOf(incoming) })
      adopt(connection, channel, incoming)
    }
  }

  function adopt (connection: number, channel: number, real: RTCDataChannel): void {
    channels.set(channel, { real, threshold: 0, taken: 0 })
    connections.get(connection)?.channels.add(channel)
    real.binaryType = 'arraybuffer'
    real.bufferedAmountLowThreshold = 0
    real.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => { post({ t: 'message', channel, data }, typeof data === 'string' ? [] : [data]) }
    real.onbufferedamountlow = () => { report(channel) }
    real.onerror = event => { post({ t: 'channelerror', channel, fault: faultOf(event.error) }) }
    for (const type of CHANNEL_EVENTS) {
      real.addEventListener(type, () => {
        post({ t: 'channelstate', channel, type, state: channelStateOf(real) })
        if (type !== 'close') return
        channels.delete(channel)
        connections.get(connection)?.channels.delete(channel)
      })
    }
  }

  /** The worker hears when the amount falls to its threshold, and again when nothing is left: a channel has but one threshold. */
  function report (channel: number): void {
    const known = channels.get(channel)
    if (known === undefined) return
    const { real, threshold, taken } = known
    const amount = real.bufferedAmount
    real.bufferedAmountLowThreshold = amount > threshold ? threshold : 0
    post({ t: 'buffered', channel, taken, amount })
  }

  function send (channel: number, data: string | ArrayBuffer, size: number): void {
    const known = channels.get(channel)
    if (known === undefined) return
    known.taken += size
    try {
      known.real.send(data as ArrayBuffer)
    } catch (error) {
      post({ t: 'channelerror', channel, fault: faultOf(error) })
      known.real.close()
    }
    report(channel)
  }

  async function call ({ connection, id, method, args }: Extract<RtcOrder, { t: 'call' }>): Promise<void> {
    const known = connections.get(connection)
    if (known?.real == null) return post({ t: 'failed', connection, id, fault: known?.fault ?? { name: 'InvalidStateError', message: 'the connection is closed' } })
    const { real } = known
    try {
      const run = real[method] as (...args: readonly unknown[]) => Promise<unknown>
      const value: unknown = await run.apply(real, [...args])
      post({ t: 'result', connection, id, value: plain(value), state: stateOf(real) })
    } catch (error) {
      post({ t: 'failed', connection, id, fault: faultOf(error) })
    }
  }

  function open ({ connection, channel, label, init }: Extract<RtcOrder, { t: 'open' }>): void {
    const known = connections.get(connection)
    try {
      if (known?.real == null) throw new DOMException('the connection is closed', 'InvalidStateError')
      adopt(connection, channel, known.real.createDataChannel(label, init))
    } catch (error) {
      post({ t: 'channelerror', channel, fault: faultOf(error) })
      post({ t: 'channelstate', channel, type: 'close', state: { readyState: 'closed', id: null } })
    }
  }

  function configure (connection: number, configuration: RTCConfiguration): void {
    try {
      connections.get(connection)?.real?.setConfiguration(configuration)
    } catch {
      // A configuration that is refused changes nothing; the worker could not wait for the answer.
    }
  }

  function disconnect (connection: number): void {
    const known = connections.get(connection)
    if (known === undefined) return
    connections.delete(connection)
    known.real?.close()
    // What closing makes the channels say comes in tasks of its own, before this one.
    setTimeout(() => {
      for (const channel of known.channels) channels.delete(channel)
      post({ t: 'gone', connection })
    }, 0)
  }

  port.onmessage = ({ data: order }: MessageEvent<RtcOrder>) => {
    switch (order.t) {
      case 'connect': connect(order.connection, order.configuration); break
      case 'call': void call(order); break
      case 'restart': connections.get(order.connection)?.real?.restartIce(); break
      case 'configure': configure(order.connection, order.configuration); break
      case 'disconnect': disconnect(order.connection); break
      case 'open': open(order); break
      case 'send': send(order.channel, order.data, order.size); break
      case 'threshold': {
        const known = channels.get(order.channel)
        if (known !== undefined) known.threshold = order.bytes
        report(order.channel)
        break
      }
      case 'close': channels.get(order.channel)?.real.close(); break
    }
  }

  return {
    connections: () => connections.size,
    close () {
      port.onmessage = null
      for (const { real } of connections.values()) real?.close()
      connections.clear()
      channels.clear()
      port.close()
    }
  }
}

function stateOf ({ connectionState, iceConnectionState, iceGatheringState, signalingState, localDescription, remoteDescription }: RTCPeerConnection): ConnectionState {
  return { connectionState, iceConnectionState, iceGatheringState, signalingState, localDescription: described(localDescription), remoteDescription: described(remoteDescription) }
}

function described (description: RTCSessionDescription | null): Description | null {
  return description === null ? null : { type: description.type, sdp: description.sdp }
}

function channelStateOf ({ readyState, id }: RTCDataChannel): ChannelState {
  return { readyState, id }
}

function faultOf (error: unknown): RtcFault {
  return error instanceof Error || error instanceof DOMException ? { name: error.name, message: error.message } : { name: 'OperationError', message: String(error) }
}

/** Descriptions and statistics as plain data. */
function plain (value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  if ('sdp' in value && 'type' in value) return { type: value.type, sdp: value.sdp }
  return Symbol.iterator in value ? [...value as Iterable<unknown>] : undefined
}
