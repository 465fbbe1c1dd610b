// One datagram of uTP (BEP 29): a header of 20 bytes, at most a few extensions, of which selective ack (1) is used, the
// payload. Everything here comes from anybody who can send UDP, so that a packet is either well formed or null.

export const UtpType = { data: 0, fin: 1, state: 2, reset: 3, syn: 4 } as const
export type UtpType = typeof UtpType[keyof typeof UtpType]

export interface UtpPacket {
  readonly type: UtpType
  readonly connectionId: number
  /** The sender's clock, microseconds modulo 2^32. */
  readonly timestampUs: number
  /** The delay that the sender saw last, microseconds modulo 2^32. */
  readonly differenceUs: number
  /** Bytes that the sender has room for. */
  readonly windowBytes: number
  readonly seq: number
  readonly ack: number
  /** Bit i stands for the packet `ack + 2 + i`, lowest bit of each byte first; null without the extension. */
  readonly selective: Uint8Array | null
  readonly payload: Uint8Array
}

export const UTP_HEADER_BYTES = 20
const VERSION = 1
const SELECTIVE_ACK = 1
/** Extensions in one packet: there is one in use, and a chain of empty ones would only cost time. */
const MAX_EXTENSIONS = 4

/** Reads a datagram; null if it is not one of uTP. The result shares its memory. */
export function decodeUtp (bytes: Uint8Array): UtpPacket | null {
  if (bytes.length < UTP_HEADER_BYTES) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const type = typeOf(view.getUint8(0))
  if (type === null) return null
  let selective: Uint8Array | null = null
  let at = UTP_HEADER_BYTES
  let count = 0
  for (let extension = view.getUint8(1); extension !== 0; count++) {
    if (count === MAX_EXTENSIONS || at + 2 > bytes.length) return null
    const next = view.getUint8(at)
    const end = at + 2 + view.getUint8(at + 1)
    if (end > bytes.length) return null
    if (extension === SELECTIVE_ACK) selective = bytes.subarray(at + 2, end)
    extension = next
    at = end
  }
  return {
    type,
    connectionId: view.getUint16(2),
    timestampUs: view.getUint32(4),
    differenceUs: view.getUint32(8),
    windowBytes: view.getUint32(12),
    seq: view.getUint16(16),
    ack: view.getUint16(18),
    selective,
    payload: bytes.subarray(at)
  }
}

/** Writes a datagram; numbers are cut to their width. */
export function encodeUtp (packet: UtpPacket): Uint8Array {
  const { selective, payload } = packet
  const extensionBytes = selective === null ? 0 : 2 + selective.length
  const bytes = new Uint8Array(UTP_HEADER_BYTES + extensionBytes + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, packet.type << 4 | VERSION)
  view.setUint8(1, selective === null ? 0 : SELECTIVE_ACK)
  view.setUint16(2, packet.connectionId)
  view.setUint32(4, packet.timestampUs)
  view.setUint32(8, packet.differenceUs)
  view.setUint32(12, packet.windowBytes)
  view.setUint16(16, packet.seq)
  view.setUint16(18, packet.ack)
  if (selective !== null) {
    view.setUint8(UTP_HEADER_BYTES + 1, selective.length)
    bytes.set(selective, UTP_HEADER_BYTES + 2)
  }
  bytes.set(payload, UTP_HEADER_BYTES + extensionBytes)
  return bytes
}

function typeOf (byte: number): UtpType | null {
  if ((byte & 0x0f) !== VERSION) return null
  const type = byte >> 4
  return type <= UtpType.syn ? type as UtpType : null
}

/** How far `to` lies ahead of `from` in the circle of 16-bit sequence numbers. */
export function distance (from: number, to: number): number {
  return (to - from) & 0xffff
}
