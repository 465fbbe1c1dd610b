import { UtpFlow } from '../../../src/wire/utp/flow.ts'
import { decodeUtp, type UtpPacket, type UtpType } from '../../../src/wire/utp/packet.ts'

export interface Accepted {
  readonly flow: UtpFlow
  readonly sent: UtpPacket[]
  readonly got: Buffer[]
  readonly clock: { nowMs: number }
  readonly over: Array<{ error: Error | null }>
  send (type: UtpType, seq: number, payload?: Uint8Array, ack?: number, windowBytes?: number): void
}

/** A connection that was accepted, whose other end is the test: its own numbers begin at 700, the peer's at 1. */
export function accepted (unread: { bytes: number } = { bytes: 0 }): Accepted {
  const [sent, got, over]: [UtpPacket[], Buffer[], { error: Error | null }[]] = [[], [], []]
  const clock = { nowMs: 1000 }
  const flow = new UtpFlow({
    nowMs: () => clock.nowMs,
    send: datagram => {
      const packet = decodeUtp(datagram)
      if (packet !== null) sent.push(packet)
    },
    unreadBytes: () => unread.bytes,
    connected: () => {},
    data: data => { got.push(Buffer.from(data)); unread.bytes += data.length },
    ended: () => {},
    writable: () => {},
    lingers: () => {},
    over: error => { over.push({ error }) }
  }, { receiveId: 11, sendId: 10, seq: 700, ack: 0 })
  return {
    flow,
    sent,
    got,
    clock,
    over,
    send (type, seq, payload = new Uint8Array(0), ack = 699, windowBytes = 1 << 20) {
      flow.receive({ type, connectionId: 11, timestampUs: 5, differenceUs: 9, windowBytes, seq, ack, selective: null, payload })
    }
  }
}
