// Reads what one side of an unencrypted BitTorrent connection said, by the rules of BEP 3, 6 and 10 alone: none of it
// is shared with the code under test. Whatever breaks the rules throws.

export interface WireMessage { readonly id: number, readonly payload: Buffer }

export interface Said {
  readonly infoHash: string
  /** Keep-alives left out. */
  readonly messages: readonly WireMessage[]
  /** Extensions offered by the extended handshake (BEP 10), name to id; null: there was none. */
  readonly extensions: Readonly<Record<string, number>> | null
}

const PROTOCOL = Buffer.from('\u0013BitTorrent protocol', 'latin1')
const HANDSHAKE_BYTES = 68
export const REQUEST = 6
export const PIECE = 7
export const EXTENDED = 20
/** Payload bytes by message id; a function says whether a length is one of the message. */
const LENGTHS: Readonly<Record<number, (bytes: number) => boolean>> = {
  0: is(0), 1: is(0), 2: is(0), 3: is(0), // choke, unchoke, interested, not interested
  4: is(4), 5: is(1), // have, bitfield of one piece
  6: is(12), 7: bytes => bytes > 8 && bytes <= 8 + 16_384, 8: is(12), 9: is(2), // request, piece, cancel, port (BEP 5)
  13: is(4), 14: is(0), 15: is(0), 16: is(12), 17: is(4), // suggest, have all, have none, reject, allowed fast (BEP 6)
  20: bytes => bytes > 1
}

function is (length: number): (bytes: number) => boolean {
  return bytes => bytes === length
}

/** True if the side speaks in the clear from its first byte. */
export function isPlain (bytes: Buffer): boolean {
  return bytes.subarray(0, PROTOCOL.length).equals(PROTOCOL)
}

/** Throws for what is no whole conversation of one side, save for a last message that the end of the connection cut off. */
export function readWire (bytes: Buffer): Said {
  if (!isPlain(bytes) || bytes.length < HANDSHAKE_BYTES) throw new Error('no BitTorrent handshake')
  const messages: WireMessage[] = []
  for (let at = HANDSHAKE_BYTES; at + 4 <= bytes.length;) {
    const length = bytes.readUInt32BE(at)
    const body = bytes.subarray(at + 4, at + 4 + length)
    at += 4 + length
    if (at > bytes.length || length === 0) continue
    const [id = -1] = body
    if (LENGTHS[id]?.(length - 1) !== true) throw new Error(`message ${id} with ${length - 1} bytes is none`)
    messages.push({ id, payload: body.subarray(1) })
  }
  const hello = messages.find(({ id, payload }) => id === EXTENDED && payload[0] === 0)
  return { infoHash: bytes.subarray(28, 48).toString('hex'), messages, extensions: hello === undefined ? null : offeredBy(hello.payload.subarray(1)) }
}

/** The dict `m` of an extended handshake, by its own little reader of bencoded bytes. */
function offeredBy (bencoded: Buffer): Record<string, number> {
  let at = 0
  function value (): unknown {
    const mark = String.fromCharCode(bencoded[at] ?? 0)
    if (mark === 'i') {
      const end = bencoded.indexOf('e', at)
      const number = Number(bencoded.toString('latin1', at + 1, end))
      at = end + 1
      return number
    }
    if (mark === 'd' || mark === 'l') {
      const parts: unknown[] = []
      at++
      while (bencoded[at] !== 0x65) {
        if (at >= bencoded.length) throw new Error('bencoded bytes without an end')
        parts.push(value())
      }
      at++
      return mark === 'l' ? parts : Object.fromEntries(parts.flatMap((part, index) => index % 2 === 0 ? [[part, parts[index + 1]]] : []))
    }
    const colon = bencoded.indexOf(':', at)
    const length = Number(bencoded.toString('latin1', at, colon))
    if (colon < 0 || !Number.isSafeInteger(length)) throw new Error('not bencoded')
    at = colon + 1 + length
    return bencoded.toString('latin1', colon + 1, at)
  }
  const { m } = value() as { m?: Record<string, number> }
  return m ?? {}
}
