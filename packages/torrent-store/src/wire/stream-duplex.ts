// BitTorrent over a libp2p stream: libp2p v3 streams emit messages, the wire wants a duplex.
import { platform } from '#platform'
import type { Duplex } from 'node:stream'

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
  let ended = false
  const { duplex, push } = platform.createDuplex({
    read () { if (stream.readStatus === 'paused') stream.resume() },
    write (bytes, done) { send(stream, bytes, done) },
    final (done) {
      if (isOver(stream)) done()
      else callBack(stream.close(), done)
    },
    destroy (error) {
      ended = true
      if (error !== null) stream.abort(error)
      else if (!isOver(stream)) closeSoon(stream)
    }
  })
  duplex.on('error', () => {}) // the peer may reset the stream before anybody can listen: that must not end a process
  function onEnd (): void {
    if (ended) return
    ended = true
    push(null)
  }
  function onClose (error?: Error): void {
    if (error !== undefined) { duplex.destroy(error); return }
    if (stream.readStatus === 'closed') onEnd() // otherwise paused bytes come first, then `end`
    duplex.end()
  }
  const listen = (type: 'message' | 'end' | 'close', listener: (event: Event & StreamEvent) => void): void => {
    stream.addEventListener(type, listener)
  }
  listen('message', ({ data }) => {
    if (data === undefined || ended) return
    if (!push(data instanceof Uint8Array ? data : data.subarray()) && stream.readStatus === 'readable') stream.pause()
  })
  listen('end', onEnd)
  listen('close', event => { onClose(event.error) })
  if (stream.readableEnded && !isOver(stream)) onEnd()
  if (isOver(stream)) onClose(stream.status === 'closed' ? undefined : new Error(`the stream was ${stream.status}`))
  return duplex
}

function send (stream: MessageStreamLike, bytes: Uint8Array, done: (error?: Error | null) => void): void {
  try {
    if (stream.send(bytes)) done()
    else callBack(stream.onDrain(), done)
  } catch (error) {
    done(error instanceof Error ? error : new Error('the stream cannot be written to', { cause: error }))
  }
}

function closeSoon (stream: MessageStreamLike): void {
  const giveUp = (): void => { if (!isOver(stream)) stream.abort(new Error('the other side did not finish the stream')) }
  const timer = setTimeout(giveUp, CLOSE_GRACE_MS)
  platform.unref(timer)
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
