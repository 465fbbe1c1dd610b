import type { Stream } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'
import { CrdtIndexError } from '../errors.ts'
import { MAX_FRAME_BYTES, MAX_STREAM_BUFFER_BYTES, READ_TIMEOUT_MS } from '../limits.ts'
import type { Channel } from '../model.ts'
import { realScheduler, withDeadline } from './scheduler.ts'

/** Bytes of a length prefix that can still be within bounds. */
const MAX_PREFIX_BYTES = lengthPrefix(MAX_FRAME_BYTES).length

/**
 * Frames over a libp2p stream, each after its length as an unsigned varint, as libp2p's lpStream writes them. That one
 * is not used for reading, because it fails alike on an orderly end and on a broken frame, and fixes one bound for all.
 */
export function createStreamChannel (stream: Stream): Channel {
  const bytes = byteStream(stream, { maxBufferSize: MAX_STREAM_BUFFER_BYTES })
  let ended: Promise<void> | null = null

  const fail = (error: Error): never => {
    stream.abort(error)
    throw error
  }

  /** True at an orderly end of the remote with nothing left to read. */
  const isAtEnd = (): boolean => stream.remoteWriteStatus !== 'writable' && stream.status !== 'reset' && stream.status !== 'aborted'

  const readLength = async (maxBytes: number, signal: { readonly signal?: AbortSignal }): Promise<number | null> => {
    let length = 0
    for (let index = 0; index < MAX_PREFIX_BYTES; index++) {
      let byte
      try {
        byte = (await bytes.read({ bytes: 1, ...signal })).get(0)
      } catch (error) {
        if (index === 0 && signal.signal?.aborted !== true && isAtEnd()) return null
        throw error
      }
      length += (byte & 127) * 2 ** (7 * index)
      if (length > maxBytes) break
      if (byte < 128) return length
    }
    return fail(new CrdtIndexError('BAD_FRAME', `a frame over ${maxBytes} bytes`))
  }

  return {
    async read ({ maxBytes, signal }) {
      const options = signal === undefined ? {} : { signal }
      signal?.throwIfAborted()
      const length = await readLength(maxBytes, options)
      if (length === null) return null
      if (length === 0) return new Uint8Array(0)
      return (await bytes.read({ bytes: length, ...options })).subarray()
    },
    async write (frame, { signal } = {}) {
      signal?.throwIfAborted()
      await bytes.write(new Uint8ArrayList(lengthPrefix(frame.length), frame), signal === undefined ? {} : { signal })
    },
    async close () {
      ended ??= withDeadline(realScheduler, READ_TIMEOUT_MS, undefined, async signal => { await stream.close({ signal }) })
        .catch((error: unknown) => { stream.abort(error instanceof Error ? error : new Error(String(error))) })
      await ended
    },
    abort (reason) {
      stream.abort(reason)
    }
  }
}

function lengthPrefix (length: number): Uint8Array {
  const bytes: number[] = []
  let rest = length
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push(rest % 128 + 128)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
