import { CrdtIndexError } from '../errors.ts'
import type { AbortOptions, Channel } from '../model.ts'

/** Bytes under way after which a writer waits for the reader. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024

/**
 * Two ends of one channel. `post` delivers what the near (`forward`) or the far end sends, in order; `onEnd` is called
 * once both ends are closed, or one aborted.
 */
export function createChannelPair (post: (deliver: () => void, forward: boolean) => void, onEnd: () => void): [near: Channel, far: Channel] {
  const near = new MemoryChannel(deliver => { post(deliver, true) })
  const far = new MemoryChannel(deliver => { post(deliver, false) })
  near.pair(far, onEnd)
  far.pair(near, onEnd)
  return [near, far]
}

class MemoryChannel implements Channel {
  readonly #post: (deliver: () => void) => void
  #other: MemoryChannel = this
  #onEnd: () => void = () => {}
  readonly #frames: Uint8Array[] = []
  #bytes = 0
  #remoteEnded = false
  #closed = false
  #failure: Error | null = null
  /** Called whenever something that a waiting read or write looks at has changed. */
  readonly #wakers = new Set<() => void>()

  constructor (post: (deliver: () => void) => void) { this.#post = post }

  pair (other: MemoryChannel, onEnd: () => void): void {
    this.#other = other
    this.#onEnd = onEnd
  }

  async read ({ maxBytes, signal }: AbortOptions & { maxBytes: number }): Promise<Uint8Array | null> {
    await this.#until(() => this.#frames.length > 0 || this.#remoteEnded || this.#closed, signal)
    const frame = this.#frames.shift()
    if (frame === undefined) return null
    this.#bytes -= frame.length
    this.#other.#wake()
    if (frame.length > maxBytes) {
      const error = new CrdtIndexError('BAD_FRAME', `a frame of ${frame.length} bytes, over ${maxBytes}`)
      this.abort(error)
      throw error
    }
    return frame
  }

  async write (frame: Uint8Array, { signal }: AbortOptions = {}): Promise<void> {
    if (this.#closed) throw new Error('the channel is closed')
    await this.#until(() => this.#other.#bytes < HIGH_WATER_BYTES || this.#other.#closed, signal)
    if (this.#other.#closed) throw new Error('the peer closed the channel')
    const copy = frame.slice()
    const other = this.#other
    other.#bytes += copy.length
    this.#post(() => {
      other.#frames.push(copy)
      other.#wake()
    })
  }

  async close (): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#wake()
    const other = this.#other
    this.#post(() => {
      other.#remoteEnded = true
      other.#wake()
      if (other.#closed) this.#onEnd()
    })
  }

  abort (reason: Error): void {
    if (this.#failure !== null) return
    this.#failure = reason
    this.#closed = true
    this.#wake()
    this.#onEnd()
    const other = this.#other
    this.#post(() => { other.abort(new Error('the peer aborted the channel', { cause: reason })) })
  }

  async #until (condition: () => boolean, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted()
      if (this.#failure !== null) throw this.#failure
      if (condition()) return
      await new Promise<void>(resolve => {
        const wake = (): void => {
          this.#wakers.delete(wake)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        this.#wakers.add(wake)
        signal?.addEventListener('abort', wake, { once: true })
      })
    }
  }

  #wake (): void {
    for (const wake of this.#wakers) wake()
  }
}
