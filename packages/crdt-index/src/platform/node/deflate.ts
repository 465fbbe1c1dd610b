import { constants, deflateRaw, inflateRaw, type InflateRaw } from 'node:zlib'
import { DEFLATE_LEVEL } from '../../limits.ts'
import type { Platform } from '../platform.ts'

/** Output pieces of this size go to a thread and back; the default of 16 KiB does so fifty times for a full frame. */
const CHUNK_BYTES = 256 * 1024
/** What says that the bytes are no deflate stream, one without end, or a longer one; anything else is this machine's fault. */
const NOT_OF_THAT_LENGTH: ReadonlySet<unknown> = new Set(['Z_DATA_ERROR', 'Z_BUF_ERROR', 'ERR_BUFFER_TOO_LARGE'])

export const deflate: Platform['deflate'] = async bytes => await new Promise((resolve, reject) => {
  deflateRaw(bytes, { level: DEFLATE_LEVEL, memLevel: constants.Z_MAX_MEMLEVEL, chunkSize: CHUNK_BYTES }, (error, deflated) => {
    if (error === null) resolve(bytesOf(deflated))
    else reject(error)
  })
})

export const inflate: Platform['inflate'] = async (deflated, length) => await new Promise((resolve, reject) => {
  // With `info` comes the engine, which knows whether anything lies behind the stream's end.
  // One piece that is never quite full: more of them would be copied together, and both wait for a collection.
  const options = { maxOutputLength: length, chunkSize: Math.max(64, length + 1), info: true }
  inflateRaw(deflated, options, (error, result) => {
    if (error !== null) {
      if (NOT_OF_THAT_LENGTH.has((error as NodeJS.ErrnoException).code)) resolve(null)
      else reject(error)
      return
    }
    const { buffer, engine } = result as unknown as { readonly buffer: Buffer, readonly engine: InflateRaw }
    resolve(buffer.length === length && engine.bytesWritten === deflated.length ? bytesOf(buffer) : null)
  })
})

function bytesOf ({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length)
}
