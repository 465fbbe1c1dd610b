/** Bytes in pieces of a wanted length, from chunks of any length. */
export interface ByteReader {
  /** Exactly so many bytes; null when the source ends before. */
  take (length: number): Promise<Uint8Array | null>
  /** Ends the source. */
  close (): Promise<void>
}

export function createByteReader (source: Uint8Array | AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source instanceof Uint8Array ? null : source[Symbol.asyncIterator]()
  let chunk: Uint8Array = source instanceof Uint8Array ? source : new Uint8Array()
  let at = 0

  /** False at the end of the source. */
  async function next (): Promise<boolean> {
    const step = await chunks?.next()
    if (step === undefined || step.done === true) return false
    chunk = step.value
    at = 0
    return true
  }

  return {
    async take (length) {
      if (chunk.length - at < length) return await takeAcross(length)
      at += length
      return chunk.subarray(at - length, at)
    },
    async close () {
      await chunks?.return?.()
    }
  }

  async function takeAcross (length: number): Promise<Uint8Array | null> {
    const taken = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      if (at === chunk.length && !await next()) return null
      const part = chunk.subarray(at, at + length - filled)
      taken.set(part, filled)
      filled += part.length
      at += part.length
    }
    return taken
  }
}
