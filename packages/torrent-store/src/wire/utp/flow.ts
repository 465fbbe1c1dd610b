// One uTP connection (BEP 29) as a state machine: what arrived in, what is to be sent out. It has no socket, no timer
// and no clock of its own, so that a test can lose, repeat and reorder datagrams at will. What a peer can make it
// hold is bounded: what nobody has read, and what came out of order, by the window it was told; what it has not
// acknowledged by the caller, who waits for `writable`.
import { CongestionWindow } from './congestion.ts'
import { ReceiveBuffer } from './receive-buffer.ts'
import { SendBuffer, type Sent } from './send-buffer.ts'
import { encodeUtp, UtpType, type UtpPacket } from './packet.ts'
import { MAX_UTP_ATTEMPTS, MAX_UTP_FLIGHT, MAX_UTP_SYN_ATTEMPTS, MAX_UTP_UNREAD_BYTES, UTP_LINGER_MS, UTP_PAYLOAD_BYTES } from '../../limits.ts'

/** What a flow asks of its owner. Times are milliseconds of one clock that does not run backwards. */
export interface FlowHost {
  nowMs (): number
  send (datagram: Uint8Array): void
  /** Bytes handed over by `data` that nobody has taken yet. */
  unreadBytes (): number
  connected (): void
  data (bytes: Uint8Array): void
  /** The peer will send nothing more. */
  ended (): void
  /** Less is queued than before. */
  writable (): void
  /** Nobody reads or writes here any more; what is under way has some time left. */
  lingers (): void
  /** Once, at the end; the owner forgets the flow. */
  over (error: Error | null): void
}

export interface FlowStart {
  /** Of the packets that come in; those that go out carry `sendId`. */
  readonly receiveId: number
  readonly sendId: number
  /** Of the next packet that goes out. */
  readonly seq: number
  /** The last one that came in; null: we dial, and learn it from the answer. */
  readonly ack: number | null
}

const NOTHING = new Uint8Array(0)

export class UtpFlow {
  readonly receiveId: number
  readonly #sendId: number
  readonly #host: FlowHost
  readonly #congestion = new CongestionWindow()
  readonly #received: ReceiveBuffer
  readonly #out: SendBuffer
  #phase: 'dialling' | 'open' | 'over' = 'open'
  #ending = false
  #finSent = false
  /** Nobody reads or writes here any more: only what is under way still counts. */
  #lingerUntilMs = Infinity
  #peerWindowBytes = UTP_PAYLOAD_BYTES
  #timeoutAtMs = Infinity
  #differenceUs = 0
  #toldWindowBytes = MAX_UTP_UNREAD_BYTES
  #owesAck = false
  /** Timeouts since the peer was last heard: one without room for us is there all the same. */
  #silences = 0

  constructor (host: FlowHost, { receiveId, sendId, seq, ack }: FlowStart) {
    this.#host = host
    this.receiveId = receiveId
    this.#sendId = sendId
    this.#out = new SendBuffer(seq, this.#congestion)
    this.#received = new ReceiveBuffer(ack ?? 0)
    if (ack !== null) return
    this.#phase = 'dialling'
    this.#transmitNew(UtpType.syn, NOTHING)
  }

  /** Bytes that were given to `write` and are not acknowledged. */
  get pendingBytes (): number {
    return this.#out.pendingBytes
  }

  get isOver (): boolean {
    return this.#phase === 'over'
  }

  /** Whether `tick` has something to wait for. */
  get needsTicks (): boolean {
    return this.#out.flight.length > 0 || this.#lingerUntilMs !== Infinity
  }

  /** The caller bounds what it writes by `pendingBytes`. */
  write (bytes: Uint8Array): void {
    if (this.#phase === 'over' || this.#ending || bytes.length === 0) return
    this.#out.queue(bytes)
    this.#pump()
  }

  /** Sends what is queued, then the end; where the dial is not through yet, once it is. */
  end (): void {
    if (this.#phase === 'over' || this.#ending) return
    this.#ending = true
    this.#pump()
  }

  /** As `end`, with a bound on the time: nobody is there to read what still comes. */
  linger (): void {
    if (this.#phase === 'dialling') { this.#over(null); return }
    this.end()
    if (this.#phase === 'over') return
    this.#lingerUntilMs = this.#host.nowMs() + UTP_LINGER_MS
    this.#closeIfDone()
    if (!this.isOver) this.#host.lingers()
  }

  /** Ends at once and tells the peer. */
  reset (error: Error | null = null): void {
    if (this.#phase === 'over') return
    this.#host.send(this.#packet(UtpType.reset, this.#out.seq, NOTHING))
    this.#over(error)
  }

  /** Somebody read: a peer that was told of no room hears that there is some again. */
  consumed (): void {
    if (this.#phase === 'open' && this.#toldWindowBytes < UTP_PAYLOAD_BYTES * 2 && this.#room() >= MAX_UTP_UNREAD_BYTES / 2) this.#sendState()
  }

  /** The acknowledgement of all that came since the last one; the owner calls it once for datagrams that came together. */
  acknowledge (): void {
    if (this.#owesAck && this.#phase === 'open') this.#sendState()
  }

  receive (packet: UtpPacket): void {
    if (this.#phase === 'over') return
    if (packet.type === UtpType.reset) {
      if (this.#out.knows(packet.ack)) this.#over(this.#isSettled() ? null : new Error('the peer reset the connection'))
      return
    }
    const isDialling = this.#phase === 'dialling'
    if (isDialling ? packet.type !== UtpType.state || packet.ack !== this.#out.base : !this.#out.allows(packet.ack)) return
    const nowMs = this.#host.nowMs()
    this.#differenceUs = (microseconds(nowMs) - packet.timestampUs) >>> 0
    this.#silences = 0
    if (isDialling) {
      this.#received.ack = (packet.seq - 1) & 0xffff // the answer carries the number of the first packet with data
      this.#phase = 'open'
      this.#onAcks(packet, nowMs)
      this.#host.connected()
      this.#pump()
      return
    }
    if (packet.type === UtpType.syn) { this.#owesAck = true; return }
    this.#onAcks(packet, nowMs)
    if (packet.type === UtpType.data || packet.type === UtpType.fin) this.#onData(packet)
    this.#pump()
    this.#closeIfDone()
  }

  /** To be called every 50 ms or so while `needsTicks`. */
  tick (): void {
    if (this.#phase === 'over') return
    const nowMs = this.#host.nowMs()
    if (nowMs >= this.#lingerUntilMs) { this.reset(); return }
    if (nowMs < this.#timeoutAtMs) return
    const first = this.#out.firstMissing
    if (first === undefined) { this.#timeoutAtMs = Infinity; return }
    if (++this.#silences >= (first.type === UtpType.syn ? MAX_UTP_SYN_ATTEMPTS : MAX_UTP_ATTEMPTS)) {
      this.#over(this.#isSettled() ? null : new Error('the peer does not answer'))
      return
    }
    this.#congestion.onTimeout()
    this.#out.loseAll()
    this.#transmit(first, nowMs)
  }

  #onAcks (packet: UtpPacket, nowMs: number): void {
    this.#peerWindowBytes = packet.windowBytes
    const { bytes, advances } = this.#out.onAcks(packet, nowMs)
    if (advances) this.#timeoutAtMs = this.#out.flight.length === 0 ? Infinity : nowMs + this.#congestion.timeoutMs
    if (bytes > 0) this.#host.writable()
  }

  #onData (packet: UtpPacket): void {
    this.#owesAck = true
    this.#received.take(packet, this.#room(), (bytes, isLast) => {
      if (bytes.length > 0 && this.#lingerUntilMs === Infinity) this.#host.data(bytes)
      if (isLast) this.#host.ended()
    })
  }

  #pump (): void {
    if (this.#phase !== 'open') return
    const nowMs = this.#host.nowMs()
    let flightBytes = this.#out.flightBytes
    const windowBytes = Math.min(this.#congestion.bytes, this.#peerWindowBytes)
    for (const sent of this.#out.flight) {
      if (!sent.lost) continue
      if (flightBytes + sent.payload.length > windowBytes && flightBytes > 0) return
      this.#transmit(sent, nowMs)
      flightBytes += sent.payload.length
    }
    while (this.#out.queuedBytes > 0 && this.#out.flight.length < MAX_UTP_FLIGHT) {
      const length = Math.min(UTP_PAYLOAD_BYTES, this.#out.queuedBytes)
      if (flightBytes + length > windowBytes && this.#out.flight.length > 0) return // one packet always goes: it finds out when there is room again
      this.#transmitNew(UtpType.data, this.#out.dequeue(length))
      flightBytes += length
    }
    if (this.#ending && !this.#finSent && this.#out.queuedBytes === 0) {
      this.#finSent = true
      this.#transmitNew(UtpType.fin, NOTHING)
    }
  }

  #transmitNew (type: UtpType, payload: Uint8Array): void {
    if (this.#out.flight.length === 0) this.#timeoutAtMs = Infinity
    this.#transmit(this.#out.add(type, payload), this.#host.nowMs())
  }

  #transmit (sent: Sent, nowMs: number): void {
    sent.attempts++
    sent.sentMs = nowMs
    sent.lost = false
    if (this.#timeoutAtMs <= nowMs || this.#timeoutAtMs === Infinity) this.#timeoutAtMs = nowMs + this.#congestion.timeoutMs
    this.#host.send(this.#packet(sent.type, sent.seq, sent.payload))
  }

  #sendState (): void {
    this.#host.send(this.#packet(UtpType.state, this.#out.seq, NOTHING))
  }

  #packet (type: UtpType, seq: number, payload: Uint8Array): Uint8Array {
    this.#toldWindowBytes = this.#room()
    this.#owesAck = false
    return encodeUtp({
      type,
      connectionId: type === UtpType.syn ? this.receiveId : this.#sendId,
      timestampUs: microseconds(this.#host.nowMs()),
      differenceUs: this.#differenceUs,
      windowBytes: this.#toldWindowBytes,
      seq,
      ack: this.#received.ack,
      selective: type === UtpType.state ? this.#received.selectiveAck() : null,
      payload
    })
  }

  #room (): number {
    if (this.#lingerUntilMs !== Infinity) return MAX_UTP_UNREAD_BYTES // what comes is dropped, and the end behind it counts
    return Math.max(0, MAX_UTP_UNREAD_BYTES - this.#host.unreadBytes() - this.#received.waitingBytes)
  }

  #closeIfDone (): void {
    const lingers = this.#lingerUntilMs !== Infinity
    if (!this.#finSent || !(lingers || this.#received.ended)) return
    const settled = this.#out.flight.length === 0 || (lingers && this.#isSettled() && this.#out.flight.every(({ type }) => type === UtpType.fin))
    if (!settled) return
    if (this.#owesAck) this.#sendState()
    this.#over(null)
  }

  /** Both have sent their end: a peer that is gone now left in good order, and perhaps its last acknowledgement was lost. */
  #isSettled (): boolean {
    return this.#finSent && this.#received.ended
  }

  #over (error: Error | null): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    this.#out.clear()
    this.#host.over(error)
  }
}

function microseconds (ms: number): number {
  return Math.floor(ms * 1000) % 0x1_0000_0000
}
