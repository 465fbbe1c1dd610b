// Connections between two realms of a page: for each one a MessageChannel, dressed as a libp2p stream.
import { streamToDuplex, type FetchCandidate, type MessageStreamLike, type TorrentStore } from '@seedbed/torrent-store'

/** Bytes under way at most, so that backpressure happens. */
const WINDOW_BYTES = 32 * 1024

class PortStream extends EventTarget implements MessageStreamLike {
  status = 'open'
  readStatus = 'readable'
  readableEnded = false
  readonly #port: MessagePort
  readonly #held: Array<Uint8Array | null> = []
  #writable = true
  #unread = 0
  #drained: () => void = () => {}

  constructor (port: MessagePort) {
    super()
    this.#port = port
    port.addEventListener('message', ({ data }: MessageEvent<Uint8Array | number | string>) => {
      if (typeof data === 'number') {
        this.#unread -= data
        this.#drained()
      } else if (data === 'abort') {
        this.#over('reset', new Error('reset'))
      } else {
        this.#held.push(typeof data === 'string' ? null : data)
        this.#deliver()
      }
    })
    port.start()
  }

  send (bytes: Uint8Array): boolean {
    if (!this.#writable) throw new Error('written after the end')
    this.#unread += bytes.length
    this.#port.postMessage(bytes)
    return this.#unread < WINDOW_BYTES
  }

  async onDrain (): Promise<void> {
    while (this.status === 'open' && this.#unread >= WINDOW_BYTES) await new Promise<void>(resolve => { this.#drained = resolve })
    if (this.status !== 'open' && this.status !== 'closed') throw new Error('reset')
  }

  async close (): Promise<void> {
    if (!this.#writable) return
    this.#writable = false
    this.#port.postMessage('end')
    if (this.readableEnded) this.#over('closed')
  }

  abort (error: Error): void {
    this.#port.postMessage('abort')
    this.#over('aborted', error)
  }

  pause (): void { if (this.readStatus === 'readable') this.readStatus = 'paused' }

  resume (): void {
    if (this.readStatus === 'paused') this.readStatus = 'readable'
    this.#deliver()
  }

  #deliver (): void {
    while (this.readStatus === 'readable' && this.#held.length > 0) {
      const bytes = this.#held.shift()
      if (bytes === null || bytes === undefined) {
        this.readableEnded = true
        this.readStatus = 'closed'
        this.dispatchEvent(new Event('end'))
        if (!this.#writable) this.#over('closed')
      } else {
        this.#port.postMessage(bytes.length)
        this.dispatchEvent(Object.assign(new Event('message'), { data: bytes }))
      }
    }
  }

  #over (status: string, error?: Error): void {
    if (this.status !== 'open') return
    this.status = status
    this.readStatus = 'closed'
    this.#drained()
    this.dispatchEvent(Object.assign(new Event('close'), { error }))
  }
}

/** A candidate whose every connection is a new channel, given to the other end of `port`. */
export function portCandidate (port: MessagePort): FetchCandidate & { opened: number } {
  const candidate = {
    id: 'port',
    opened: 0,
    async open () {
      candidate.opened++
      const { port1, port2 } = new MessageChannel()
      port.postMessage(null, [port2])
      return streamToDuplex(new PortStream(port1))
    }
  }
  return candidate
}

/** Serves what comes through `port`. */
export function servePort (store: TorrentStore, port: MessagePort): void {
  port.addEventListener('message', ({ ports: [channel] }) => { if (channel !== undefined) store.serve(streamToDuplex(new PortStream(channel))) })
  port.start()
}
