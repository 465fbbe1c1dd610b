// A byte stream for pages and workers: what this package uses of Node's Duplex, small enough to be loaded at the start.
import { EventEmitter } from 'events'
import { concat } from './concat.ts'
import type { DuplexSource } from './platform.ts'

/** More than this is held: the source, or whoever writes, is asked to wait. */
const HIGH_WATER_BYTES = 64 * 1024

/**
 * As Node's, bytes wait until somebody listens to `data`; `end` comes after the last of them; with both ends done the
 * stream destroys itself. What is written in one turn leaves as one piece: one frame instead of one a message.
 */
export class PageDuplex extends EventEmitter {
  destroyed = false
  readonly #source: DuplexSource
  readonly #unread: Uint8Array[] = []
  #unreadBytes = 0
  /** Null: nobody listens yet. */
  #flowing: boolean | null = null
  #flowDue = false
  #readable: 'open' | 'ending' | 'ended' = 'open'
  #unsent: Uint8Array[] = []
  #unsentBytes = 0
  #writingBytes = 0
  #flushDue = false
  #needsDrain = false
  #writable: 'open' | 'ending' | 'ended' = 'open'

  constructor (source: DuplexSource) {
    super()
    this.#source = source
  }

  get writableLength (): number { return this.#unsentBytes + this.#writingBytes }

  override on (event: string, listener: (...values: unknown[]) => void): this {
    super.on(event, listener)
    if (event === 'data' && this.#flowing === null) this.resume()
    return this
  }

  pause (): this {
    this.#flowing = false
    return this
  }

  resume (): this {
    this.#flowing = true
    this.#flowSoon()
    return this
  }

  /** Hands bytes to the reader, or null at their end; false asks to wait for the source's `read`. */
  push (bytes: Uint8Array | null): boolean {
    if (this.destroyed || this.#readable !== 'open') return false
    if (bytes === null) this.#readable = 'ending'
    else this.#unread.push(bytes)
    this.#unreadBytes += bytes?.length ?? 0
    if (this.#flowing === true) this.#flowSoon()
    return this.#unreadBytes < HIGH_WATER_BYTES
  }

  write (bytes: Uint8Array): boolean {
    if (this.destroyed || this.#writable !== 'open') return false
    this.#unsent.push(bytes)
    this.#unsentBytes += bytes.length
    this.#flushSoon()
    const mayWrite = this.writableLength < HIGH_WATER_BYTES
    if (!mayWrite) this.#needsDrain = true
    return mayWrite
  }

  end (bytes?: Uint8Array): this {
    if (bytes !== undefined) this.write(bytes)
    if (this.destroyed || this.#writable !== 'open') return this
    this.#writable = 'ending'
    this.#flushSoon()
    return this
  }

  /** At once, whatever is under way: a peer that reads nothing must not hold it. */
  destroy (error?: Error): this {
    if (this.destroyed) return this
    this.destroyed = true
    this.#unread.length = this.#unreadBytes = 0
    this.#unsent.length = this.#unsentBytes = this.#writingBytes = 0
    this.#source.destroy(error ?? null)
    queueMicrotask(() => {
      if (error !== undefined) this.emit('error', error)
      this.emit('close')
    })
    return this
  }

  #flowSoon (): void {
    if (this.#flowDue) return
    this.#flowDue = true
    queueMicrotask(() => {
      this.#flowDue = false
      this.#flow()
    })
  }

  #flow (): void {
    while (this.#flowing === true) {
      const bytes = this.#unread.shift()
      if (bytes === undefined) break
      this.#unreadBytes -= bytes.length
      this.emit('data', bytes)
    }
    if (this.#flowing !== true || this.destroyed) return
    if (this.#readable === 'open') this.#source.read()
    if (this.#readable !== 'ending') return
    this.#readable = 'ended'
    this.emit('end')
    this.#destroyIfDone()
  }

  #flushSoon (): void {
    if (this.#flushDue) return
    this.#flushDue = true
    queueMicrotask(() => {
      this.#flushDue = false
      this.#flush()
    })
  }

  #flush (): void {
    if (this.destroyed || this.#writingBytes > 0) return
    if (this.#unsentBytes === 0) {
      if (this.#writable === 'ending') this.#finish()
      return
    }
    const bytes = this.#unsent.length === 1 && this.#unsent[0] !== undefined ? this.#unsent[0] : concat(this.#unsent)
    this.#unsent = []
    this.#unsentBytes = 0
    this.#writingBytes = bytes.length
    this.#source.write(bytes, error => { this.#onWritten(error ?? null) })
  }

  #onWritten (error: Error | null): void {
    this.#writingBytes = 0
    if (this.destroyed) return
    if (error !== null) { this.destroy(error); return }
    if (this.#needsDrain && this.#unsentBytes === 0) {
      this.#needsDrain = false
      this.emit('drain')
    }
    this.#flush()
  }

  #finish (): void {
    this.#writable = 'ended'
    this.#source.final((error = null) => {
      if (error !== null) this.destroy(error)
      else this.#destroyIfDone()
    })
  }

  /** Once both directions are done. */
  #destroyIfDone (): void {
    if (this.#readable === 'ended' && this.#writable === 'ended') this.destroy()
  }
}
