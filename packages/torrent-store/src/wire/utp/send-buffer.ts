// What one uTP connection has written and the peer has not acknowledged: what waits for room, and the packets under way,
// with what acknowledgements say about them.
import { MAX_UTP_FLIGHT } from '../../limits.ts'
import type { CongestionWindow } from './congestion.ts'
import { distance, UtpType, type UtpPacket } from './packet.ts'

export interface Sent {
  readonly seq: number
  readonly type: UtpType
  readonly payload: Uint8Array
  sentMs: number
  attempts: number
  /** By a selective ack: the peer has it, out of order. */
  acked: boolean
  lost: boolean
}

/** So many packets behind one that is missing have arrived: it is lost, not late (RFC 5681, section 3.2). */
const DUPLICATE_ACKS = 3
const NOTHING = new Uint8Array(0)

export class SendBuffer {
  /** Sent and not acknowledged in order; sequence numbers without gaps. */
  readonly flight: Sent[] = []
  queuedBytes = 0
  /** Of the next packet. */
  #seq: number
  readonly #congestion: CongestionWindow
  readonly #queue: Uint8Array[] = []
  #duplicates = 0

  constructor (seq: number, congestion: CongestionWindow) {
    this.#seq = seq & 0xffff
    this.#congestion = congestion
  }

  get seq (): number {
    return this.#seq
  }

  /** Sequence number of the first packet in flight, or of the next one. */
  get base (): number {
    return (this.#seq - this.flight.length) & 0xffff
  }

  get flightBytes (): number {
    return this.flight.reduce((sum, sent) => sent.acked || sent.lost ? sum : sum + sent.payload.length, 0)
  }

  /** What the peer is not known to have. */
  get pendingBytes (): number {
    return this.flight.reduce((sum, sent) => sent.acked ? sum : sum + sent.payload.length, this.queuedBytes)
  }

  get firstMissing (): Sent | undefined {
    return this.flight.find(sent => !sent.acked)
  }

  queue (bytes: Uint8Array): void {
    this.#queue.push(bytes)
    this.queuedBytes += bytes.length
  }

  dequeue (length: number): Uint8Array {
    const payload = new Uint8Array(length)
    for (let at = 0; at < length;) {
      const first = this.#queue[0] ?? NOTHING
      const part = first.subarray(0, length - at)
      payload.set(part, at)
      at += part.length
      if (part.length === first.length) this.#queue.shift()
      else this.#queue[0] = first.subarray(part.length)
    }
    this.queuedBytes -= length
    return payload
  }

  /** Gives the next sequence number to a packet that is about to be sent. */
  add (type: UtpType, payload: Uint8Array): Sent {
    const sent = { seq: this.#seq, type, payload, sentMs: 0, attempts: 0, acked: false, lost: false }
    this.#seq = (this.#seq + 1) & 0xffff
    this.flight.push(sent)
    return sent
  }

  /** Nothing was heard for long: all that the peer is not known to have is to be sent again. */
  loseAll (): void {
    for (const sent of this.flight) sent.lost = !sent.acked
  }

  clear (): void {
    this.flight.length = 0
    this.#queue.length = 0
    this.queuedBytes = 0
  }

  /** Whether a reset that names `ack` comes from somebody who saw a packet of ours: a stranger would have to guess. */
  knows (ack: number): boolean {
    return distance(this.base - 1, ack) <= this.flight.length + 1
  }

  /**
   * Whether a packet may name `ack`: what was sent, and not long ago. A stranger who does not see our packets has to
   * guess that too (RFC 5961, section 5.2). Keep-alives and packets that were overtaken name what came before.
   */
  allows (ack: number): boolean {
    return distance(ack, this.#seq - 1) <= this.flight.length + MAX_UTP_FLIGHT
  }

  /** Takes what the peer says to have. `bytes`: new to us; `advances`: in order. */
  onAcks (packet: UtpPacket, nowMs: number): { bytes: number, advances: boolean } {
    const acked = distance(this.base, packet.ack + 1)
    const advances = acked > 0 && acked <= this.flight.length
    let bytes = 0
    if (advances) {
      for (const sent of this.flight.splice(0, acked)) if (!sent.acked) bytes += this.#credit(sent, nowMs)
      this.#duplicates = 0
    } else if (packet.type === UtpType.state && this.flight.length > 0 && packet.ack === ((this.base - 1) & 0xffff)) {
      this.#duplicates++
    }
    if (packet.selective !== null) bytes += this.#onSelectiveAck(packet.ack, packet.selective, nowMs)
    const first = this.flight[0]
    if (this.#duplicates >= DUPLICATE_ACKS && first !== undefined && !first.acked) {
      this.#lose(first, nowMs)
      this.#duplicates = 0
    }
    if (bytes > 0) this.#congestion.onAcked(bytes, packet.differenceUs, nowMs)
    return { bytes, advances }
  }

  #credit (sent: Sent, nowMs: number): number {
    if (sent.attempts === 1) this.#congestion.onRoundTrip(nowMs - sent.sentMs) // Karn: which of several was acknowledged nobody knows
    return sent.payload.length
  }

  #onSelectiveAck (ack: number, bits: Uint8Array, nowMs: number): number {
    let bytes = 0
    let last = -1
    const offset = distance(this.base, ack + 2)
    for (let i = 0; i < bits.length * 8; i++) {
      if (((bits[i >> 3] ?? 0) >> (i & 7) & 1) === 0) continue
      const index = (offset + i) & 0xffff
      const sent = this.flight[index]
      if (sent === undefined) continue
      last = Math.max(last, index)
      if (sent.acked) continue
      sent.acked = true
      sent.lost = false
      bytes += this.#credit(sent, nowMs)
    }
    let behind = 0
    for (let index = last; index >= 0; index--) {
      const sent = this.flight[index]
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
}
