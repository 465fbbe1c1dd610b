// RTCPeerConnection in a worker: the real one is in the page.
import { WorkerDataChannel } from './data-channel.ts'
import { WorkerIceCandidate, WorkerSessionDescription } from './descriptions.ts'
import { EventSource, eventOf } from './event-source.ts'
import type { ConnectionMethod, ConnectionState, RtcNews } from './messages.ts'
import type { RtcClient } from './rtc-client.ts'

type Handler = ((event: Event) => unknown) | null
type ConnectionNews = Exclude<Extract<RtcNews, { readonly connection: number }>, { t: 'gone' }>

interface Pending {
  resolve (value: unknown): void
  reject (error: Error): void
}

const NEW: ConnectionState = { connectionState: 'new', iceConnectionState: 'new', iceGatheringState: 'new', signalingState: 'stable', localDescription: null, remoteDescription: null }

/** As RTCPeerConnection (W3C WebRTC, 4.4), for data only. */
export class WorkerPeerConnection extends EventSource {
  onconnectionstatechange: Handler = null
  oniceconnectionstatechange: Handler = null
  onicegatheringstatechange: Handler = null
  onsignalingstatechange: Handler = null
  onnegotiationneeded: Handler = null
  onicecandidate: Handler = null
  onicecandidateerror: Handler = null
  ondatachannel: Handler = null
  ontrack: Handler = null
  readonly canTrickleIceCandidates: boolean | null = true
  readonly sctp = null
  readonly #client: RtcClient
  readonly #connection: number
  readonly #pending = new Map<number, Pending>()
  readonly #channels = new Set<WorkerDataChannel>()
  #configuration: RTCConfiguration
  #state = NEW
  #closed = false
  #lastCall = 0

  constructor (client: RtcClient, configuration: RTCConfiguration = {}) {
    super()
    this.#client = client
    this.#configuration = plainConfiguration(configuration)
    this.#connection = client.add(news => { this.#take(news) })
    client.post({ t: 'connect', connection: this.#connection, configuration: this.#configuration })
  }

  get connectionState (): RTCPeerConnectionState { return this.#state.connectionState }
  get iceConnectionState (): RTCIceConnectionState { return this.#state.iceConnectionState }
  get iceGatheringState (): RTCIceGatheringState { return this.#state.iceGatheringState }
  get signalingState (): RTCSignalingState { return this.#state.signalingState }
  get localDescription (): WorkerSessionDescription | null { return described(this.#state.localDescription) }
  get remoteDescription (): WorkerSessionDescription | null { return described(this.#state.remoteDescription) }
  get currentLocalDescription (): WorkerSessionDescription | null { return this.localDescription }
  get currentRemoteDescription (): WorkerSessionDescription | null { return this.remoteDescription }

  async createOffer (options?: RTCOfferOptions): Promise<unknown> {
    return await this.#call('createOffer', [{ ...options }])
  }

  async createAnswer (): Promise<unknown> {
    return await this.#call('createAnswer', [])
  }

  async setLocalDescription (description?: RTCSessionDescriptionInit | null): Promise<void> {
    await this.#call('setLocalDescription', description == null ? [] : [plainDescription(description)])
  }

  async setRemoteDescription (description: RTCSessionDescriptionInit): Promise<void> {
    await this.#call('setRemoteDescription', [plainDescription(description)])
  }

  async addIceCandidate (candidate?: RTCIceCandidateInit | WorkerIceCandidate | null): Promise<void> {
    await this.#call('addIceCandidate', candidate == null ? [] : [candidate instanceof WorkerIceCandidate ? candidate.toJSON() : { ...candidate }])
  }

  async getStats (): Promise<ReadonlyMap<string, unknown>> {
    return new Map(await this.#call('getStats', []) as Array<[string, unknown]>)
  }

  getConfiguration (): RTCConfiguration {
    return this.#configuration
  }

  setConfiguration (configuration: RTCConfiguration): void {
    this.#configuration = plainConfiguration(configuration)
    this.#client.post({ t: 'configure', connection: this.#connection, configuration: this.#configuration })
  }

  getTransceivers (): readonly [] { return [] }
  getSenders (): readonly [] { return [] }
  getReceivers (): readonly [] { return [] }

  restartIce (): void {
    if (!this.#closed) this.#client.post({ t: 'restart', connection: this.#connection })
  }

  createDataChannel (label: string, init: RTCDataChannelInit = {}): WorkerDataChannel {
    if (this.#closed) throw new DOMException('the connection is closed', 'InvalidStateError')
    const { ordered = true, maxPacketLifeTime, maxRetransmits, protocol = '', negotiated = false, id } = init
    const traits = { label, protocol, ordered, negotiated, maxPacketLifeTime: maxPacketLifeTime ?? null, maxRetransmits: maxRetransmits ?? null }
    return this.#client.open(this.#connection, channel => {
      this.#client.post({ t: 'open', connection: this.#connection, channel, label, init: { ...init } })
      return this.#own(new WorkerDataChannel(channel, traits, { readyState: 'connecting', id: id ?? null }, this.#client.post))
    })
  }

  close (): void {
    if (this.#closed) return
    this.#closed = true
    this.#state = { ...this.#state, connectionState: 'closed', iceConnectionState: 'closed', signalingState: 'closed' }
    for (const channel of this.#channels) channel.end()
    this.#client.post({ t: 'disconnect', connection: this.#connection })
    this.#client.closing(this.#connection)
    // What is under way is never answered (W3C WebRTC, 4.4.1.2: operations of a closed connection are abandoned).
    this.#pending.clear()
  }

  #own (channel: WorkerDataChannel): WorkerDataChannel {
    this.#channels.add(channel)
    channel.addEventListener('close', () => { this.#channels.delete(channel) })
    return channel
  }

  async #call (method: ConnectionMethod, args: readonly unknown[]): Promise<unknown> {
    if (this.#closed) throw new DOMException('the connection is closed', 'InvalidStateError')
    const id = ++this.#lastCall
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#pending.set(id, { resolve, reject })
    this.#client.post({ t: 'call', connection: this.#connection, id, method, args })
    return await promise
  }

  #take (news: ConnectionNews): void {
    if (this.#closed) return
    if ('state' in news && news.t !== 'channel') this.#state = news.state
    switch (news.t) {
      case 'result': this.#settle(news.id)?.resolve(news.value); break
      case 'failed': this.#settle(news.id)?.reject(new DOMException(news.fault.message, news.fault.name)); break
      case 'state': this.emit(new Event(news.type)); break
      case 'candidate':
        this.emit(eventOf('icecandidate', { candidate: news.candidate === null ? null : new WorkerIceCandidate(news.candidate) }))
        break
      case 'candidateerror': this.emit(eventOf('icecandidateerror', news.details)); break
      case 'channel': {
        const channel = this.#own(new WorkerDataChannel(news.channel, news.traits, news.state, this.#client.post))
        this.#client.adopt(this.#connection, news.channel, channel)
        this.emit(eventOf('datachannel', { channel }))
        break
      }
    }
  }

  #settle (id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending
  }
}

function described (description: RTCSessionDescriptionInit | null): WorkerSessionDescription | null {
  return description === null ? null : new WorkerSessionDescription(description)
}

function plainDescription ({ type, sdp = '' }: RTCSessionDescriptionInit): RTCSessionDescriptionInit {
  return { type, sdp }
}

/** Certificates stay in the thread that made them; a connection makes its own. */
function plainConfiguration ({ iceServers, iceTransportPolicy, bundlePolicy, rtcpMuxPolicy, iceCandidatePoolSize }: RTCConfiguration): RTCConfiguration {
  return {
    ...(iceServers == null ? {} : { iceServers: iceServers.map(({ urls, username, credential }) => ({ urls, ...(username == null ? {} : { username }), ...(credential == null ? {} : { credential }) })) }),
    ...(iceTransportPolicy === undefined ? {} : { iceTransportPolicy }),
    ...(bundlePolicy === undefined ? {} : { bundlePolicy }),
    ...(rtcpMuxPolicy === undefined ? {} : { rtcpMuxPolicy }),
    ...(iceCandidatePoolSize === undefined ? {} : { iceCandidatePoolSize })
  }
}
