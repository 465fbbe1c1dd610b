// One signalling point of y-webrtc: a WebSocket that hands on what is published under one topic, kept open.
import { backgroundTimer } from '../../background-timer.ts'
import { MAX_SIGNAL_CHARS, SIGNAL_BURST, SIGNALLING_PING_MS, SIGNALLING_RETRY_FIRST_MS, SIGNALLING_RETRY_LAST_MS, SIGNALLING_SILENCE_MS, SIGNALS_PER_SECOND } from '../../limits.ts'
import { createRate } from '../../rate.ts'

export interface SignallingPoint {
  /** Publishes under the topic; lost while the point is not connected. */
  publish (sealed: string): void
  close (): void
}

export interface SignallingPointOptions {
  /** `ws:` or `wss:`. */
  readonly url: string
  readonly topic: string
  /** The point is connected, and hands on what others publish from now on. */
  readonly onOpen: () => void
  /** Bounded in length and rate, and nothing else is known of it. */
  readonly onPublished: (sealed: string) => void
}

/** The publish message around a sealed signal has less than this. */
const FRAME_CHARS = 512

export function createSignallingPoint ({ url, topic, onOpen, onPublished }: SignallingPointOptions): SignallingPoint {
  const mayRead = createRate(SIGNAL_BURST, SIGNALS_PER_SECOND)
  let socket: WebSocket | null = null
  let timer: NodeJS.Timeout | null = null
  let pauseMs = SIGNALLING_RETRY_FIRST_MS
  let heardAtMs = 0
  let closed = false

  function connect (): void {
    timer = null
    let opening: WebSocket
    try {
      opening = new WebSocket(url)
    } catch { // no URL of a WebSocket, or one that a page's policy forbids: trying again changes nothing
      return
    }
    socket = opening
    opening.addEventListener('open', () => {
      heardAtMs = performance.now()
      send({ type: 'subscribe', topics: [topic] })
      ping()
      onOpen()
    })
    opening.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      heardAtMs = performance.now()
      pauseMs = SIGNALLING_RETRY_FIRST_MS
      if (typeof data !== 'string' || data.length > MAX_SIGNAL_CHARS + FRAME_CHARS || !mayRead()) return
      const sealed = readPublished(data, topic)
      if (sealed !== null) onPublished(sealed)
    })
    opening.addEventListener('close', () => { if (socket === opening) retry() })
  }

  function retry (): void {
    socket = null
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (closed) return
    timer = backgroundTimer(connect, pauseMs * (0.75 + Math.random() / 2))
    pauseMs = Math.min(pauseMs * 2, SIGNALLING_RETRY_LAST_MS)
  }

  function ping (): void {
    timer = backgroundTimer(() => {
      if (performance.now() - heardAtMs < SIGNALLING_SILENCE_MS) {
        send({ type: 'ping' })
        return ping()
      }
      const silent = socket
      retry()
      silent?.close()
    }, SIGNALLING_PING_MS)
  }

  function send (message: object): void {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
  }

  connect()
  return {
    publish (sealed) { send({ type: 'publish', topic, data: sealed }) },
    close () {
      closed = true
      if (timer !== null) clearTimeout(timer)
      const open = socket
      socket = null
      open?.close()
    }
  }
}

/** What was published under the topic; null for anything else that a point may say. */
function readPublished (text: string, topic: string): string | null {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof message !== 'object' || message === null) return null
  const { type, topic: of, data } = message as Readonly<Record<string, unknown>>
  return type === 'publish' && of === topic && typeof data === 'string' && data.length <= MAX_SIGNAL_CHARS ? data : null
}
