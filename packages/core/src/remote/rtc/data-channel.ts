// RTCDataChannel in a worker: the real one is in the page.
import { MAX_RTC_QUEUED_BYTES } from '../../limits.ts'
import { EventSource, eventOf } from './event-source.ts'
import type { ChannelState, ChannelTraits, RtcNews, RtcOrder } from './messages.ts'

export type PostOrder = (order: RtcOrder, transfer?: readonly Transferable[]) => void

type Handler = ((event: Event) => unknown) | null

/** As RTCDataChannel (W3C WebRTC, 6.2), without Blobs. */
export class WorkerDataChannel extends EventSource {
  readonly label: string
  readonly protocol: string
  readonly ordered: boolean
  readonly negotiated: boolean
  readonly maxPacketLifeTime: number | null
  readonly maxRetransmits: number | null
  id: number | null
  readyState: RTCDataChannelState
  binaryType: BinaryType = 'arraybuffer'
  onopen: Handler = null
  onclosing: Handler = null
  onclose: Handler = null
  onerror: Handler = null
  onmessage: Handler = null
  onbufferedamountlow: Handler = null
  readonly #channel: number
  readonly #post: PostOrder
  #threshold = 0
  /** Bytes given to the page so far, and of these the ones that it took over. */
  #given = 0
  #taken = 0
  /** Of those taken over, what the real channel has not sent yet. */
  #amount = 0

  constructor (channel: number, traits: ChannelTraits, state: ChannelState, post: PostOrder) {
    super()
    this.#channel = channel
    this.#post = post
    this.label = traits.label
    this.protocol = traits.protocol
    this.ordered = traits.ordered
    this.negotiated = traits.negotiated
    this.maxPacketLifeTime = traits.maxPacketLifeTime
    this.maxRetransmits = traits.maxRetransmits
    this.id = state.id
    this.readyState = state.readyState
  }

  get bufferedAmount (): number {
    return this.#given - this.#taken + this.#amount
  }

  get bufferedAmountLowThreshold (): number {
    return this.#threshold
  }

  set bufferedAmountLowThreshold (bytes: number) {
    this.#threshold = bytes
    this.#post({ t: 'threshold', channel: this.#channel, bytes })
  }

  send (data: string | ArrayBuffer | ArrayBufferView): void {
    if (this.readyState !== 'open') throw new DOMException(`the channel is ${this.readyState}`, 'InvalidStateError')
    const size = typeof data === 'string' ? new TextEncoder().encode(data).length : data.byteLength
    if (this.bufferedAmount + size > MAX_RTC_QUEUED_BYTES) throw new DOMException('the send queue is full', 'OperationError')
    this.#given += size
    if (typeof data === 'string') return this.#post({ t: 'send', channel: this.#channel, data, size })
    // The caller keeps its buffer, which may be a part of a larger one: a copy of just these bytes goes.
    const copy = data instanceof ArrayBuffer ? data.slice(0) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice().buffer
    this.#post({ t: 'send', channel: this.#channel, data: copy, size }, [copy])
  }

  close (): void {
    if (this.readyState === 'closing' || this.readyState === 'closed') return
    this.readyState = 'closing'
    this.#post({ t: 'close', channel: this.#channel })
  }

  /** What the page tells of this channel. */
  take (news: Extract<RtcNews, { t: 'channelstate' | 'channelerror' | 'message' | 'buffered' }>): void {
    switch (news.t) {
      case 'channelstate':
        // Closing by the worker is under way before the page knows of it.
        if (news.type === 'open' && this.readyState !== 'connecting' && this.readyState !== 'open') return
        this.id = news.state.id ?? this.id
        this.readyState = news.type === 'close' ? 'closed' : news.state.readyState
        this.emit(new Event(news.type))
        break
      case 'channelerror':
        this.emit(eventOf('error', { error: Object.assign(new Error(news.fault.message), { name: news.fault.name }) }))
        break
      case 'message':
        if (this.readyState !== 'closed') this.emit(new MessageEvent('message', { data: news.data }))
        break
      case 'buffered': {
        const before = this.bufferedAmount
        this.#taken = news.taken
        this.#amount = news.amount
        if (before > this.#threshold && this.bufferedAmount <= this.#threshold) this.emit(new Event('bufferedamountlow'))
        break
      }
    }
  }

  /** Its connection was closed: at once and without events, which come from the page if at all. */
  end (): void {
    this.readyState = 'closed'
  }
}
