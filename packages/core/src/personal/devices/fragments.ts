/**
 * Messages of any length on a data channel: y-webrtc sends a whole document in one piece, which no channel takes beyond
 * 256 KiB. A message of up to DEVICE_FRAGMENT_BYTES goes as it is, with y-webrtc's own type in front; a longer one as
 *
 *     100 || 1 if more follows, else 0 || part
 */
import { DEVICE_FRAGMENT_BYTES } from '../../limits.ts'

/** No message type of y-webrtc. */
const FRAGMENT = 100
const HEADER_BYTES = 2

export function * fragmentsOf (message: Uint8Array): Generator<Uint8Array> {
  if (message.length <= DEVICE_FRAGMENT_BYTES) {
    yield message
    return
  }
  for (let at = 0; at < message.length; at += DEVICE_FRAGMENT_BYTES) {
    const part = message.subarray(at, at + DEVICE_FRAGMENT_BYTES)
    const fragment = new Uint8Array(HEADER_BYTES + part.length)
    fragment[0] = FRAGMENT
    fragment[1] = at + part.length < message.length ? 1 : 0
    fragment.set(part, HEADER_BYTES)
    yield fragment
  }
}

/** Gives back whole messages, null while one is incomplete. Throws a RangeError beyond `maxBytes`. */
export function createAssembler (maxBytes: number): (received: Uint8Array) => Uint8Array | null {
  let parts: Uint8Array[] = []
  let length = 0
  return received => {
    if (received[0] !== FRAGMENT) {
      if (received.length > maxBytes) throw new RangeError('a message too long')
      return received
    }
    const part = received.slice(HEADER_BYTES)
    length += part.length
    if (length > maxBytes) throw new RangeError('a message too long')
    parts.push(part)
    if (received[1] === 1) return null
    const message = new Uint8Array(length)
    let at = 0
    for (const each of parts) {
      message.set(each, at)
      at += each.length
    }
    parts = []
    length = 0
    return message
  }
}
