// BitTorrent over a libp2p stream: libp2p v3 streams emit messages, the wire wants a Node Duplex.
import { Duplex } from 'node:stream'

/** libp2p protocol id: the plain BitTorrent wire protocol, one connection a stream. */
export const BT_PROTOCOL: string = '/seedbed/bt/1'

/** A stream that was destroyed here, but that the other side does not finish, is reset after this time. */
const CLOSE_GRACE_MS = 1000

interface StreamEvent { readonly data?: Uint8Array | { subarray (): Uint8Array }, readonly error?: Error }
type StreamListener = (event: Event) => void

/** The part of a libp2p 3 `Stream` that is used here. */
export interface MessageStreamLike {
  readonly status: string
  readonly readStatus: string
  readonly readableEnded: boolean
  send (data: Uint8Array): boolean
  onDrain (options?: { signal?: AbortSignal }): Promise<void>
  close (options?: { signal?: AbortSignal }): Promise<void>
  abort (error: Error): void
  pause (): void
  resume (): void
  addEventListener (type: 'message' | 'end' | 'close', listener: StreamListener): void
}

/**
 * A Duplex over a libp2p stream, with backpressure both ways. Ending it closes the stream for writing; destroying
 * it with an error resets the stream; destroying it without one closes the stream, and resets it a second later
 * if the other side has not closed too.
 */
export function streamToDuplex (stream: MessageStreamLike): Duplex {
  const duplex = new StreamDuplex(stream)
  const listen = (type: 'message' | 'end' | 'close', listener: (event: Event & StreamEvent) => void): void => {
    stream.addEventListener(type, listener)
  }
  listen('message', event => { duplex.onMessage(event) })
  listen('end', () => { duplex.onEnd() })
  listen('close', event => { duplex.onStreamClose(event.error) })
  if (stream.readableEnded && !isOver(stream)) duplex.onEnd()
  if (isOver(stream)) duplex.onStreamClose(stream.status === 'closed' ? undefined : new Error(`the stream was ${stream.status}`))
  return duplex
}

class StreamDuplex extends Duplex {
  readonly #stream: MessageStreamLike
  #ended = false

  constructor (stream: MessageStreamLike) {
    super()
    this.#stream = stream
  }

  onMessage (event: StreamEvent): void {
    const { data } = event
    if (data === undefined || this.#ended || this.destroyed) return
    if (!this.push(data instanceof Uint8Array ? data : data.subarray()) && canRead(this.#stream)) this.#stream.pause()
  }

  onEnd (): void {
    if (this.#ended) return
    this.#ended = true
    this.push(null)
  }

  onStreamClose (error?: Error): void {
    if (error !== undefined) { this.destroy(error); return }
    if (this.#stream.readStatus === 'closed') this.onEnd() // otherwise paused bytes come first, then `end`
    this.end()
  }

  override _read (): void {
    if (this.#stream.readStatus === 'paused') this.#stream.resume()
  }

  override _write (chunk: Uint8Array, _encoding: string, callback: (error?: Error | null) => void): void {
    this.#send(chunk, callback)
  }

  override _writev (chunks: Array<{ chunk: Uint8Array }>, callback: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback) // one frame instead of one a message
  }

  override _final (callback: (error?: Error | null) => void): void {
    if (isOver(this.#stream)) { callback(); return }
    callBack(this.#stream.close(), callback)
  }

  override _destroy (error: Error | null, callback: (error?: Error | null) => void): void {
    this.#ended = true
    if (error !== null) this.#stream.abort(error)
    else if (!isOver(this.#stream)) closeSoon(this.#stream)
    callback(error)
  }

  #send (bytes: Uint8Array, callback: (error?: Error | null) => void): void {
    try {
      if (this.#stream.send(bytes)) callback()
      else callBack(this.#stream.onDrain(), callback)
    } catch (error) {
      callback(error instanceof Error ? error : new Error('the stream cannot be written to', { cause: error }))
    }
  }
}

function closeSoon (stream: MessageStreamLike): void {
  const giveUp = (): void => { if (!isOver(stream)) stream.abort(new Error('the other side did not finish the stream')) }
  const timer = setTimeout(giveUp, CLOSE_GRACE_MS)
  timer.unref()
  stream.addEventListener('close', () => { clearTimeout(timer) })
  if (stream.readStatus === 'paused') stream.resume() // unread bytes would keep the stream from ending
  stream.close().catch(giveUp)
}

/** Node's streams take callbacks, libp2p's give promises. */
function callBack (work: Promise<void>, callback: (error?: Error | null) => void): void {
  void (async () => {
    let failure: Error | null = null
    try {
      await work
    } catch (error) {
      failure = error instanceof Error ? error : new Error('the stream failed', { cause: error })
    }
    callback(failure)
  })()
}

function isOver (stream: MessageStreamLike): boolean {
  return stream.status === 'closed' || stream.status === 'aborted' || stream.status === 'reset'
}

function canRead (stream: MessageStreamLike): boolean {
  return stream.readStatus === 'readable'
}
