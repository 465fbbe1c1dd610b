// One uTP connection (BEP 29) as a state machine: what arrived in, what is to be sent out. It has no socket, no timer
// and no clock of its own, so that a test can lose, repeat and reorder datagrams at will. What a peer can make it
// hold is bounded: what nobody has read, and what came out of order, by the window it was told; what it has not
// acknowledged by the caller, who waits for `writable`.
import { CongestionWindow } from './congestion.ts'
import { ReceiveBuffer } from './receive-buffer.ts'
import { distance, encodeUtp, UtpType, type UtpPacket } from './packet.ts'
import { MAX_UTP_ATTEMPTS, MAX_UTP_SYN_ATTEMPTS, MAX_UTP_UNREAD_BYTES, UTP_LINGER_MS, UTP_PAYLOAD_BYTES } from '../../limits.ts'

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

interface Sent {
  readonly seq: number
  readonly type: UtpType
  readonly payload: Uint8Array
  sentMs: number
  attempts: number
  /** By a selective ack: the peer has it, out of order. */
  acked: boolean
  lost: boolean
}

const DUPLICATE_ACKS = 3
const NOTHING = new Uint8Array(0)

export class UtpFlow {
  readonly receiveId: number
  readonly #sendId: number
  readonly #host: FlowHost
  readonly #congestion = new CongestionWindow()
  readonly #received: ReceiveBuffer
  /** Sent and not acknowledged in order; sequence numbers without gaps. */
  readonly #flight: Sent[] = []
  readonly #queue: Uint8Array[] = []
  #queuedBytes = 0
  #seq: number
  #phase: 'dialling' | 'open' | 'over' = 'open'
  #ending = false
  #finSent = false
  /** Nobody reads or writes here any more: only what is under way still counts. */
  #lingerUntilMs = Infinity
  #peerWindowBytes = UTP_PAYLOAD_BYTES
  #duplicates = 0
  #timeoutAtMs = Infinity
  #differenceUs = 0
  #toldWindowBytes = MAX_UTP_UNREAD_BYTES
  #owesAck = false

  constructor (host: FlowHost, { receiveId, sendId, seq, ack }: FlowStart) {
    this.#host = host
    this.receiveId = receiveId
    this.#sendId = sendId
    this.#seq = seq & 0xffff
    this.#received = new ReceiveBuffer(ack ?? 0)
    if (ack !== null) return
    this.#phase = 'dialling'
    this.#transmitNew(UtpType.syn, NOTHING)
  }

  /** Bytes that were given to `write` and are not acknowledged. */
  get pendingBytes (): number {
    return this.#queuedBytes + this.#flightBytes()
  }

  /** Whether `tick` has something to wait for. */
  get needsTicks (): boolean {
    return this.#flight.length > 0 || this.#lingerUntilMs !== Infinity
  }

  /** The caller bounds what it writes by `pendingBytes`. */
  write (bytes: Uint8Array): void {
    if (this.#phase === 'over' || this.#ending || bytes.length === 0) return
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
    this.#pump()
  }

  /** Sends what is queued, then the end. */
  end (): void {
    if (this.#phase === 'over' || this.#ending) return
    this.#ending = true
    if (this.#phase === 'dialling') { this.#over(null); return }
    this.#pump()
  }

  /** As `end`, with a bound on the time: nobody is there to read what still comes. */
  linger (): void {
    this.end()
    if (this.#phase === 'over') return
    this.#lingerUntilMs = this.#host.nowMs() + UTP_LINGER_MS
    this.#closeIfDone()
  }

  /** Ends at once and tells the peer. */
  reset (error: Error | null = null): void {
    if (this.#phase === 'over') return
    this.#host.send(this.#packet(UtpType.reset, this.#seq, NOTHING))
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
      // Who resets has seen one of our packets, and says which. A stranger would have to guess that.
      if (distance(this.#base() - 1, packet.ack) <= this.#flight.length + 1) this.#over(new Error('the peer reset the connection'))
      return
    }
    const nowMs = this.#host.nowMs()
    this.#differenceUs = (microseconds(nowMs) - packet.timestampUs) >>> 0
    if (this.#phase === 'dialling') {
      if (packet.type !== UtpType.state || packet.ack !== this.#base()) return
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
    const first = this.#flight.find(sent => !sent.acked)
    if (first === undefined) { this.#timeoutAtMs = Infinity; return }
    if (first.attempts >= (first.type === UtpType.syn ? MAX_UTP_SYN_ATTEMPTS : MAX_UTP_ATTEMPTS)) {
      this.#over(new Error('the peer does not answer'))
      return
    }
    this.#congestion.onTimeout()
    for (const sent of this.#flight) sent.lost = !sent.acked
    this.#transmit(first, nowMs)
  }

  #onAcks (packet: UtpPacket, nowMs: number): void {
    this.#peerWindowBytes = packet.windowBytes
    const acked = distance(this.#base(), packet.ack + 1)
    const advances = acked > 0 && acked <= this.#flight.length
    let bytes = 0
    if (advances) {
      for (const sent of this.#flight.splice(0, acked)) {
        if (!sent.acked) bytes += this.#credit(sent, nowMs)
      }
      this.#duplicates = 0
    } else if (packet.type === UtpType.state && this.#flight.length > 0 && packet.ack === ((this.#base() - 1) & 0xffff)) {
      this.#duplicates++
    }
    if (packet.selective !== null) bytes += this.#onSelectiveAck(packet.ack, packet.selective, nowMs)
    const first = this.#flight[0]
    if (this.#duplicates >= DUPLICATE_ACKS && first !== undefined && !first.acked) {
      this.#lose(first, nowMs)
      this.#duplicates = 0
    }
    if (bytes > 0) {
      this.#congestion.onAcked(bytes, packet.differenceUs, nowMs)
      this.#host.writable()
    }
    if (advances) this.#timeoutAtMs = this.#flight.length === 0 ? Infinity : nowMs + this.#congestion.timeoutMs
  }

  #credit (sent: Sent, nowMs: number): number {
    if (sent.attempts === 1) this.#congestion.onRoundTrip(nowMs - sent.sentMs) // Karn: which of several was acknowledged nobody knows
    return sent.payload.length
  }

  #onSelectiveAck (ack: number, bits: Uint8Array, nowMs: number): number {
    let bytes = 0
    let last = -1
    const offset = distance(this.#base(), ack + 2)
    for (let i = 0; i < bits.length * 8; i++) {
      if (((bits[i >> 3] ?? 0) >> (i & 7) & 1) === 0) continue
      const index = (offset + i) & 0xffff
      const sent = this.#flight[index]
      if (sent === undefined) continue
      last = Math.max(last, index)
      if (sent.acked) continue
      sent.acked = true
      sent.lost = false
      bytes += this.#credit(sent, nowMs)
    }
    let behind = 0
    for (let index = last; index >= 0; index--) {
      const sent = this.#flight[index]
      if (sent === undefined) continue
      if (sent.acked) behind++
      else if (behind >= DUPLICATE_ACKS) this.#lose(sent, nowMs)
    }
    return bytes
  }

  /** Once a round trip: acknowledgements that were under way say the same again. */
  #lose (sent: Sent, nowMs: number): void {
    if (sent.lost || nowMs - sent.sentMs < this.#congestion.roundTripMs) return
    sent.lost = true
    this.#congestion.onLoss(nowMs)
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
    let flightBytes = this.#flightBytes()
    const windowBytes = Math.min(this.#congestion.bytes, this.#peerWindowBytes)
    for (const sent of this.#flight) {
      if (!sent.lost) continue
      if (flightBytes + sent.payload.length > windowBytes && flightBytes > 0) return
      this.#transmit(sent, nowMs)
      flightBytes += sent.payload.length
    }
    while (this.#queuedBytes > 0) {
      const length = Math.min(UTP_PAYLOAD_BYTES, this.#queuedBytes)
      if (flightBytes + length > windowBytes && this.#flight.length > 0) return // one packet always goes: it finds out when there is room again
      this.#transmitNew(UtpType.data, this.#dequeue(length))
      flightBytes += length
    }
    if (this.#ending && !this.#finSent) {
      this.#finSent = true
      this.#transmitNew(UtpType.fin, NOTHING)
    }
  }

  #dequeue (length: number): Uint8Array {
    const payload = new Uint8Array(length)
    for (let at = 0; at < length;) {
      const first = this.#queue[0] ?? NOTHING
      const part = first.subarray(0, length - at)
      payload.set(part, at)
      at += part.length
      if (part.length === first.length) this.#queue.shift()
      else this.#queue[0] = first.subarray(part.length)
    }
    this.#queuedBytes -= length
    return payload
  }

  #transmitNew (type: UtpType, payload: Uint8Array): void {
    const nowMs = this.#host.nowMs()
    const sent = { seq: this.#seq, type, payload, sentMs: nowMs, attempts: 0, acked: false, lost: false }
    this.#seq = (this.#seq + 1) & 0xffff
    if (this.#flight.length === 0) this.#timeoutAtMs = Infinity
    this.#flight.push(sent)
    this.#transmit(sent, nowMs)
  }

  #transmit (sent: Sent, nowMs: number): void {
    sent.attempts++
    sent.sentMs = nowMs
    sent.lost = false
    if (this.#timeoutAtMs <= nowMs || this.#timeoutAtMs === Infinity) this.#timeoutAtMs = nowMs + this.#congestion.timeoutMs
    this.#host.send(this.#packet(sent.type, sent.seq, sent.payload))
  }

  #sendState (): void {
    this.#host.send(this.#packet(UtpType.state, this.#seq, NOTHING))
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

  #flightBytes (): number {
    return this.#flight.reduce((sum, sent) => sent.acked || sent.lost ? sum : sum + sent.payload.length, 0)
  }

  /** Sequence number of the first packet in flight, or of the next one. */
  #base (): number {
    return (this.#seq - this.#flight.length) & 0xffff
  }

  #closeIfDone (): void {
    const lingers = this.#lingerUntilMs !== Infinity
    if (!this.#finSent || !(lingers || this.#received.ended)) return
    // When both have sent their end, what is lost of ours costs the peer a timeout, and nobody waits for it here.
    const settled = this.#flight.length === 0 || (lingers && this.#received.ended && this.#flight.every(({ type }) => type === UtpType.fin))
    if (!settled) return
    if (this.#owesAck) this.#sendState()
    this.#over(null)
  }

  #over (error: Error | null): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    this.#queue.length = 0
    this.#flight.length = 0
    this.#queuedBytes = 0
    this.#host.over(error)
  }
}

function microseconds (ms: number): number {
  return Math.floor(ms * 1000) % 0x1_0000_0000
}
