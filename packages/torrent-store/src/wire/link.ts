// Joins a wire to the duplex it talks over, with backpressure both ways, and owns the end of both.
import { platform } from '#platform'
import { BLOCK_BYTES } from '../limits.ts'
import type { ByteDuplex } from './byte-duplex.ts'
import type { BoundedWire } from './bounded-wire.ts'

export interface Link {
  /** Bytes handed to the wire that the duplex has not taken yet. */
  queuedBytes (): number
  /** Resolves with true once at most `maxBytes` are queued; with false when the connection ended or took longer than `timeoutMs`. */
  drained (maxBytes: number, timeoutMs: number): Promise<boolean>
  /** Ends the wire and destroys the duplex. May be called twice. */
  readonly close: () => void
}

/** What is gathered before it is written all the same: two blocks with their headers. */
const MAX_TICK_BYTES = 2 * (BLOCK_BYTES + 16)

/**
 * `onClose` runs once, whoever ends the connection; `error` is the duplex's, if it had one. `sendDelayMs` is told of what
 * is sent, and says how long to wait before more.
 */
export function linkWire (duplex: ByteDuplex, wire: BoundedWire, onClose: (error?: Error) => void, sendDelayMs: (bytes: number) => number = () => 0): Link {
  let closed = false
  let sentBytes = 0
  /** What the wire said in this tick. */
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  let full = false
  let delay: NodeJS.Timeout | null = null
  const waiters = new Set<() => void>()

  function close (error?: Error): void {
    if (closed) return
    send() // what was said before the end
    closed = true
    duplex.off('data', onDuplexData)
    duplex.off('drain', onDuplexDrain)
    if (delay !== null) clearTimeout(delay)
    duplex.destroy()
    wire.resume() // what nobody takes any more must not keep the wire from ending
    wire.end()
    onClose(error)
    for (const waiter of waiters) waiter()
  }
  const closeQuietly = (): void => { close() }

  function onDuplexData (chunk: Uint8Array): void {
    if (!wire.write(chunk)) duplex.pause()
  }
  function onDuplexDrain (): void {
    full = false
    goOn()
  }
  function goOn (): void {
    if (closed || full || delay !== null) return
    wire.resume()
    // The wire hands on what it holds in a microtask, and the duplex may be full again then.
    platform.later(() => { for (const waiter of waiters) waiter() })
  }
  const queuedBytes = (): number => wire.outboundBytes - sentBytes + (duplex.writableLength ?? 0)
  async function drained (maxBytes: number, timeoutMs: number): Promise<boolean> {
    return await new Promise(resolve => {
      const settle = (inTime: boolean): void => {
        clearTimeout(timer)
        waiters.delete(waiter)
        resolve(inTime)
      }
      const waiter = (): void => { if (closed || queuedBytes() <= maxBytes) settle(!closed) }
      const timer = setTimeout(() => { settle(false) }, timeoutMs)
      waiters.add(waiter)
      platform.later(waiter) // what fits the duplex's buffer goes without a drain
    })
  }
  function onWireData (chunk: Uint8Array): void {
    if (closed) return
    pending.push(chunk)
    pendingBytes += chunk.length
    if (pendingBytes > MAX_TICK_BYTES) send()
    else if (pending.length === 1) platform.afterTick(send)
  }
  /** Messages of one tick leave in one write: sockets send without delay, and a write costs more than the copy. */
  function send (): void {
    const [first] = pending
    if (closed || first === undefined) return
    const bytes = pending.length === 1 ? first : platform.concat(pending)
    pending = []
    pendingBytes = 0
    sentBytes += bytes.length
    if (!duplex.write(bytes)) full = true
    const delayMs = sendDelayMs(bytes.length)
    if (delayMs > 0 && delay === null) {
      delay = setTimeout(() => {
        delay = null
        goOn()
      }, delayMs)
    }
    if (full || delay !== null) wire.pause()
  }

  // The wire takes what was written to it in a microtask: the last bytes before an end still count.
  const closeSoon = (error?: Error): void => { platform.later(() => { close(error) }) }
  duplex.on('error', closeSoon) // stays: a destroyed socket may still report
  duplex.once('close', () => { closeSoon() })
  duplex.once('end', () => { closeSoon() })
  duplex.on('drain', onDuplexDrain)
  duplex.on('data', onDuplexData)
  wire.on('error', close)
  wire.on('drain', () => { if (!closed) duplex.resume() })
  wire.on('data', onWireData)
  wire.once('end', closeQuietly)
  wire.once('close', closeQuietly)
  if (duplex.destroyed) closeSoon()
  return { queuedBytes, drained, close: closeQuietly }
}
