// Puts the packets of one uTP connection in order. The peer is told how much room there is; what comes beyond it, or
// too far ahead, is dropped as if it had been lost, so that nobody can make us hold more than that.
import { MAX_UTP_REORDERED } from '../../limits.ts'
import { distance, UtpType, type UtpPacket } from './packet.ts'

interface Waiting { readonly payload: Uint8Array, readonly isLast: boolean }

export class ReceiveBuffer {
  /** Sequence number of the last packet that came in order. */
  ack: number
  /** Whether the peer's end came, in order. */
  ended = false
  /** Bytes that wait for a packet before them. */
  waitingBytes = 0
  readonly #waiting = new Map<number, Waiting>()

  constructor (ack: number) {
    this.ack = ack & 0xffff
  }

  /** Hands on what is in order now; `roomBytes` bounds what this packet may add. */
  take (packet: UtpPacket, roomBytes: number, deliver: (bytes: Uint8Array, isLast: boolean) => void): void {
    const ahead = distance(this.ack + 1, packet.seq)
    const isLast = packet.type === UtpType.fin
    // The packet that the others wait for needs no room beside them: without it they would stay for ever.
    if (this.ended || ahead > MAX_UTP_REORDERED || packet.payload.length > roomBytes + (ahead === 0 ? this.waitingBytes : 0)) return
    if (ahead > 0) {
      if (this.#waiting.has(packet.seq)) return
      this.#waiting.set(packet.seq, { payload: Uint8Array.from(packet.payload), isLast }) // the datagram's own memory may be larger
      this.waitingBytes += packet.payload.length
      return
    }
    let next: Waiting | undefined = { payload: packet.payload, isLast }
    while (next !== undefined) {
      this.ack = (this.ack + 1) & 0xffff
      if (next.isLast) {
        this.ended = true
        this.#waiting.clear()
        this.waitingBytes = 0
      }
      deliver(next.payload, next.isLast)
      const seq: number = (this.ack + 1) & 0xffff
      next = this.#waiting.get(seq)
      if (next === undefined) break
      this.#waiting.delete(seq)
      this.waitingBytes -= next.payload.length
    }
  }

  /** Which packets behind a gap are here (BEP 29, "Selective ACK"); null without a gap. */
  selectiveAck (): Uint8Array | null {
    let most = -1
    const offsets: number[] = []
    for (const seq of this.#waiting.keys()) {
      const offset = distance(this.ack + 2, seq)
      offsets.push(offset)
      most = Math.max(most, offset)
    }
    if (most < 0) return null
    const bits = new Uint8Array(4 * Math.ceil((most + 1) / 32))
    for (const offset of offsets) bits[offset >> 3] = (bits[offset >> 3] ?? 0) | 1 << (offset & 7)
    return bits
  }
}
