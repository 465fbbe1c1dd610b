// Exact lengths out of a stream of chunks of any length. Holds one chunk and what was asked for.
import { platform } from '#platform'
import { TorrentStoreError } from '../errors.ts'

/** Reads after which others get a turn: a source may answer without ever waiting for anything. */
const READS_A_TURN = 256

export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #signal: AbortSignal | undefined
  #chunk: Uint8Array = new Uint8Array(0)
  #reads = 0
  #onAbort = (): void => {}

  constructor (source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
    this.#source = source[Symbol.asyncIterator]()
    this.#signal = signal
    signal?.addEventListener('abort', this.#aborted)
  }

  /** The next `length` bytes, a copy; null if the source ended before the first of them. Throws ARCHIVE_TRUNCATED if it ended within. */
  async take (length: number): Promise<Uint8Array | null> {
    const bytes = new Uint8Array(length)
    let at = 0
    while (at < length) {
      if (!await this.#more()) {
        if (at === 0) return null
        throw truncated()
      }
      const part = this.#chunk.subarray(0, length - at)
      bytes.set(part, at)
      at += part.length
      this.#chunk = this.#chunk.subarray(part.length)
    }
    return bytes
  }

  /** Leaves `length` bytes out without holding them. Throws ARCHIVE_TRUNCATED. */
  async skip (length: number): Promise<void> {
    for (let left = length; left > 0;) {
      if (!await this.#more()) throw truncated()
      const part = Math.min(left, this.#chunk.length)
      left -= part
      this.#chunk = this.#chunk.subarray(part)
    }
  }

  /** Tells the source that nothing more is read. Does not wait: a source that is stuck would hold who gave up on it. */
  close (): void {
    this.#signal?.removeEventListener('abort', this.#aborted)
    this.#chunk = new Uint8Array(0)
    void (async () => await this.#source.return?.())().catch(() => {})
  }

  readonly #aborted = (): void => { this.#onAbort() }

  /** Whether there is a chunk to read from, after waiting for one. */
  async #more (): Promise<boolean> {
    for (;;) {
      if (++this.#reads % READS_A_TURN === 0) await new Promise<void>(resolve => { platform.later(resolve) })
      this.#signal?.throwIfAborted()
      if (this.#chunk.length > 0) return true
      const next = await this.#next()
      if (next.done === true) return false
      this.#chunk = next.value
    }
  }

  /** One promise a chunk: a race against a promise that lives as long as the import would keep them all. */
  async #next (): Promise<IteratorResult<Uint8Array, unknown>> {
    return await new Promise((resolve, reject) => {
      this.#onAbort = () => { reject(this.#signal?.reason as Error) }
      this.#source.next().then(resolve, reject)
    })
  }
}

export function truncated (): TorrentStoreError {
  return new TorrentStoreError('ARCHIVE_TRUNCATED', 'the archive ends too early; what came before the break was imported')
}
