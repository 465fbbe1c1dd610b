// Compression Streams (https://compression.spec.whatwg.org), in every browser since May 2023.
import { concatBytes } from '../../identity/encoding.ts'
import type { Platform } from '../platform.ts'

/** Deflate makes at most 1,032 bytes of one, so that no piece becomes more than a megabyte before its length is looked at. */
const SLICE_BYTES = 1024

export const deflate: Platform['deflate'] = async bytes => {
  const stream = new CompressionStream('deflate-raw')
  const pieces: Uint8Array[] = []
  const writing = write(stream.writable, [bytes])
  const reader = stream.readable.getReader()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) pieces.push(piece.value)
  await writing
  return concatBytes(...pieces)
}

export const inflate: Platform['inflate'] = async (deflated, length) => {
  const stream = new DecompressionStream('deflate-raw')
  const reader = stream.readable.getReader()
  const inflated = new Uint8Array(length)
  let at = 0
  const writing = write(stream.writable, slices(deflated))
  writing.catch(() => {}) // also when nobody waits for it: the stream is left below
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      if (at + piece.value.length > length) return null
      inflated.set(piece.value, at)
      at += piece.value.length
    }
    await writing
    return at === length ? inflated : null
  } catch { // no deflate stream, one without end, or something behind it
    return null
  } finally {
    reader.cancel().catch(() => {})
  }
}

async function write (writable: WritableStream<BufferSource>, pieces: Iterable<Uint8Array>): Promise<void> {
  const writer = writable.getWriter()
  for (const piece of pieces) await writer.write(piece as Uint8Array<ArrayBuffer>)
  await writer.close()
}

function * slices (bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES)
}
