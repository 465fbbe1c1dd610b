// Pages and their workers: no sockets, no Buffer, no process. Streams are streamx's, which the wire library brings.
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import type { Duplex as NodeDuplex } from 'node:stream'
import { Duplex, getStreamError } from 'streamx'
import type { DuplexSource, Platform } from './platform.ts'

export const platform: Platform = {
  canEncrypt: false,
  sha1,
  sha1Hex: bytes => toHex(sha1(bytes)),
  sha256Hex: bytes => toHex(sha256(bytes)),
  randomBytes: length => crypto.getRandomValues(new Uint8Array(length)),
  concat,
  toHex,
  fromHex: hex => Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)),
  toLatin1: bytes => Array.from(bytes, byte => String.fromCharCode(byte)).join(''),
  fromLatin1: text => Uint8Array.from(text, character => character.charCodeAt(0)),
  later,
  afterTick: task => { queueMicrotask(task) },
  unref: () => {}, // no process to hold
  createDuplex (source) {
    const duplex = new SourceDuplex(source)
    return { duplex: duplex as unknown as NodeDuplex, push: bytes => duplex.push(bytes) }
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function toHex (bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += HEX[byte]
  return hex
}

function concat (parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const tasks: Array<() => void> = []
let channel: MessageChannel | null = null

/** By a message to ourselves: browsers hold nested timers back by 4 ms, and more in the background. */
function later (task: () => void): void {
  if (channel === null) {
    channel = new MessageChannel()
    channel.port1.addEventListener('message', () => { tasks.shift()?.() })
    channel.port1.start()
  }
  tasks.push(task)
  channel.port2.postMessage(null)
}

/** Gives streamx's stream what Node's has and this package uses: `writableLength`, and an end that waits for nobody. */
class SourceDuplex extends Duplex {
  readonly #source: DuplexSource
  #over = false
  #writing = 0

  constructor (source: DuplexSource) {
    super({ highWaterMark: 64 * 1024 })
    this.#source = source
  }

  get writableLength (): number {
    return this.#writing + (this as unknown as { readonly _writableState: { readonly buffered: number } })._writableState.buffered
  }

  override _read (callback: (error: Error | null) => void): void {
    this.#source.read()
    callback(null)
  }

  override _writev (chunks: Uint8Array[], callback: (error: Error | null) => void): void {
    const bytes = concat(chunks) // one frame instead of one a message
    this.#writing = bytes.length
    this.#source.write(bytes, (error = null) => {
      this.#writing = 0
      callback(error)
    })
  }

  override _final (callback: (error: Error | null) => void): void {
    this.#source.final((error = null) => { callback(error) })
  }

  /** At once: `_destroy` waits for a write that is under way, and a peer that reads nothing holds it for ever. */
  override _predestroy (): void {
    this.#end(getStreamError(this))
  }

  override _destroy (callback: (error: Error | null) => void): void {
    this.#end(null)
    callback(null)
  }

  #end (error: Error | null): void {
    if (this.#over) return
    this.#over = true
    this.#source.destroy(error)
  }
}
