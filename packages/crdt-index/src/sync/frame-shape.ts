// A look at a frame's CBOR before it is decoded: a decoder makes an object for every byte that says so, and a megabyte of
// nested pairs took it 130 ms and 125 MB. Source: RFC 8949, section 3.
import { MAX_FRAME_DEPTH, MAX_FRAME_ITEMS } from '../limits.ts'

const UINT = 0
const BYTES = 2
const ARRAY = 4
const SIMPLE = 7
/** Lengths and numbers up to here lie in the head itself; four further values announce 1, 2, 4 and 8 bytes. */
const MAX_SHORT = 23
const LAST_LONG = 27
const FALSE = 20
const NULL = 22

/**
 * Whether the bytes are one CBOR item made of numbers, byte strings, arrays, booleans and null, with no more of them and no
 * deeper than a frame has. Says nothing about canonical form, which the decoder looks at.
 */
export function hasFrameShape (bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  /** Items that are still to come in the arrays which are open, the innermost last. */
  const open: number[] = [1]
  let at = 0
  for (let items = 0; open.length > 0;) {
    const left = open.length - 1
    if (open[left] === 0) {
      open.pop()
      continue
    }
    open[left]!--
    if (++items > MAX_FRAME_ITEMS || at >= bytes.length) return false
    const head = bytes[at++]!
    const [major, info] = [head >> 5, head & 31]
    let argument = info
    if (info > MAX_SHORT) {
      const size = 1 << info - MAX_SHORT - 1
      if (info > LAST_LONG || at + size > bytes.length) return false
      argument = size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at) : size === 4 ? view.getUint32(at) : Number(view.getBigUint64(at))
      at += size
    }
    if (major === BYTES) at += argument
    else if (major === ARRAY && argument <= MAX_FRAME_ITEMS && open.length <= MAX_FRAME_DEPTH) open.push(argument)
    else if (major !== UINT && !(major === SIMPLE && info >= FALSE && info <= NULL)) return false
    if (at > bytes.length) return false
  }
  return at === bytes.length
}
