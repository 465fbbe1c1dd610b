// Joins a wire to the duplex it talks over, with backpressure both ways, and owns the end of both.
import type { Duplex } from 'node:stream'
import type { BoundedWire } from './bounded-wire.ts'

export interface Link {
  /** Bytes handed to the wire that the duplex has not taken yet. */
  queuedBytes (): number
  /** Ends the wire and destroys the duplex. May be called twice. */
  readonly close: () => void
}

/** `onClose` runs once, whoever ends the connection; `error` is the duplex's, if it had one. */
export function linkWire (duplex: Duplex, wire: BoundedWire, onClose: (error?: Error) => void): Link {
  let closed = false
  let sentBytes = 0
  let corked = false

  function close (error?: Error): void {
    if (closed) return
    closed = true
    duplex.off('data', onDuplexData)
    duplex.off('drain', onDuplexDrain)
    if (corked) duplex.uncork()
    duplex.destroy()
    wire.resume() // what nobody takes any more must not keep the wire from ending
    wire.end()
    onClose(error)
  }
  const closeQuietly = (): void => { close() }

  function onDuplexData (chunk: Uint8Array): void {
    if (!wire.write(chunk)) duplex.pause()
  }
  function onDuplexDrain (): void {
    if (!closed) wire.resume()
  }
  function onWireData (chunk: Uint8Array): void {
    if (closed) return
    sentBytes += chunk.length
    if (!corked) { // messages of one tick leave in one write: sockets send without delay
      corked = true
      duplex.cork()
      process.nextTick(() => {
        corked = false
        if (!closed) duplex.uncork()
      })
    }
    if (!duplex.write(chunk)) wire.pause()
  }

  // The wire takes what was written to it in a microtask: the last bytes before an end still count.
  const closeSoon = (error?: Error): void => { setImmediate(() => { close(error) }) }
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
  return { queuedBytes: () => wire.outboundBytes - sentBytes + duplex.writableLength, close: closeQuietly }
}
