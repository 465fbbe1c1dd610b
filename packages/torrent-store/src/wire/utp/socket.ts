// A uTP connection as Node's Duplex, with backpressure both ways.
import { Duplex } from 'node:stream'
import { MAX_UTP_UNSENT_BYTES } from '../../limits.ts'
import type { UtpFlow } from './flow.ts'

/** Emits `connect` where it was dialled. Destroying it sends what was written and the end, for a bounded time. */
export class UtpSocket extends Duplex {
  readonly remoteAddress: string
  readonly remotePort: number
  /** Resolves when nothing of the connection is left: up to some seconds after it was destroyed. Never rejects. */
  readonly over: Promise<void>
  #flow: UtpFlow | null = null
  #written: (() => void) | null = null
  #settle: () => void = () => {}

  constructor (address: string, port: number) {
    super({ highWaterMark: 16 * 1024, allowHalfOpen: false }) // as TCP's sockets
    this.remoteAddress = address
    this.remotePort = port
    this.over = new Promise(resolve => { this.#settle = resolve })
  }

  /** Once, before anything else happens to it. */
  attach (flow: UtpFlow): void {
    this.#flow = flow
  }

  /** From the flow. */
  onWritable (): void {
    const flow = this.#flow
    if (this.#written === null || flow === null || flow.pendingBytes > MAX_UTP_UNSENT_BYTES) return
    const written = this.#written
    this.#written = null
    written()
  }

  /** From the flow, at its end. */
  onOver (error: Error | null): void {
    this.#flow = null
    this.#settle()
    this.destroy(error ?? undefined)
  }

  override _read (): void {
    this.#flow?.consumed()
  }

  override _write (chunk: Uint8Array, _encoding: string, callback: (error?: Error | null) => void): void {
    const flow = this.#flow
    if (flow === null) { callback(new Error('the connection is over')); return }
    flow.write(chunk)
    if (flow.pendingBytes <= MAX_UTP_UNSENT_BYTES) callback()
    else this.#written = callback
  }

  override _writev (chunks: Array<{ chunk: Uint8Array }>, callback: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer', callback) // small messages share a packet
  }

  override _final (callback: (error?: Error | null) => void): void {
    this.#flow?.end()
    callback()
  }

  override _destroy (error: Error | null, callback: (error?: Error | null) => void): void {
    this.#flow?.linger()
    callback(error)
  }
}
