// WebSockets that carry text messages, with every bound that a stranger could push against.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { MAX_WAITING_BYTES, MAX_WAITING_BYTES_IN_ALL, PING_INTERVAL_MS } from './limits.ts'
import { createTokenBucket } from './token-bucket.ts'

/** A connection that asks to become a WebSocket, as `node:http` hands it over. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** What came after the request's headers already. */
  readonly head: Buffer
  /** Whom its limits count for: the remote address, as far as it names one customer. */
  readonly address: string
}

export interface TextSocket {
  /** Drops the socket instead when its reader is too slow. */
  send (text: string): void
  /** Ends the connection for breaking a rule (RFC 6455, 7.4.1: 1008). */
  refuse (reason: string): void
}

export interface TextSocketHandler {
  text (text: string): void
  /** Called once, whatever ended it. */
  closed (): void
}

export interface TextSocketsOptions {
  readonly maxMessageBytes: number
  readonly messagesPerSecond: number
  readonly burstMessages: number
  readonly bytesPerSecond: number
  readonly burstBytes: number
  /** Default 30 s. */
  readonly pingIntervalMs?: number
  /** Default 512 KiB. */
  readonly maxWaitingBytes?: number
  /** Bytes that wait for all readers before the slowest is dropped. Default 32 MiB. */
  readonly maxWaitingBytesInAll?: number
  /** `address`: as in the upgrade. */
  readonly open: (socket: TextSocket, address: string) => TextSocketHandler
}

export interface TextSockets {
  readonly size: number
  /** Answers the handshake. */
  upgrade (upgrade: Upgrade): void
  /** Drops every connection; may be called twice. */
  close (): void
}

/** WebSockets without compression, which costs memory for every connection. */
export function createTextSockets (options: TextSocketsOptions): TextSockets {
  const { maxMessageBytes, pingIntervalMs = PING_INTERVAL_MS, maxWaitingBytes = MAX_WAITING_BYTES, maxWaitingBytesInAll = MAX_WAITING_BYTES_IN_ALL } = options
  const server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false, clientTracking: false })
  const alive = new Map<WebSocket, boolean>()
  /** Bytes that each reader lets wait. */
  const waiting = new Map<WebSocket, number>()
  let waitingInAll = 0

  /** Nothing while the socket is not counted any more. */
  function count (socket: WebSocket, bytes: number): void {
    const before = waiting.get(socket)
    if (before === undefined) return
    waiting.set(socket, before + bytes)
    waitingInAll += bytes
  }

  function drop (socket: WebSocket): void {
    count(socket, -(waiting.get(socket) ?? 0))
    waiting.delete(socket)
    socket.terminate()
  }

  /** Whoever fills the room leaves it, and not whoever is sent something just then. */
  function dropSlowest (): void {
    let slowest: WebSocket | null = null
    let most = 0
    for (const [socket, bytes] of waiting) if (bytes > most) [slowest, most] = [socket, bytes]
    if (slowest !== null) drop(slowest)
  }

  const pings = setInterval(() => {
    for (const [socket, answered] of alive) {
      if (!answered || socket.bufferedAmount > maxWaitingBytes) socket.terminate()
      else {
        alive.set(socket, false)
        socket.ping()
      }
    }
  }, pingIntervalMs).unref()

  function open (socket: WebSocket, address: string): void {
    alive.set(socket, true)
    waiting.set(socket, 0)
    const messages = createTokenBucket(options.messagesPerSecond, options.burstMessages)
    const bytes = createTokenBucket(options.bytesPerSecond, options.burstBytes)
    let refused = false
    const refuse = (reason: string): void => {
      refused = true // what it has sent already is not read any more
      socket.close(1008, reason)
      setTimeout(() => { socket.terminate() }, 1000).unref() // it may never answer
    }
    const handler = options.open({
      send (text) {
        if (socket.readyState !== socket.OPEN) return
        if (socket.bufferedAmount > maxWaitingBytes) return drop(socket)
        count(socket, text.length)
        socket.send(text, () => { count(socket, -text.length) }) // called whether it was sent or not
        while (waitingInAll > maxWaitingBytesInAll) dropSlowest()
      },
      refuse
    }, address)
    socket.on('error', () => { socket.terminate() }) // a frame against RFC 6455, or too large
    socket.on('pong', () => { if (alive.has(socket)) alive.set(socket, true) })
    socket.on('ping', () => { if (!refused && !messages.take()) refuse('too many messages') })
    socket.on('message', (data, isBinary) => {
      if (refused) return
      if (!messages.take() || !bytes.take((data as Buffer).length)) return refuse('too many messages')
      if (isBinary) return refuse('text only')
      handler.text((data as Buffer).toString('utf8'))
    })
    socket.once('close', () => {
      alive.delete(socket)
      count(socket, -(waiting.get(socket) ?? 0))
      waiting.delete(socket)
      handler.closed()
    })
  }

  let closed = false
  return {
    get size () { return alive.size },
    upgrade ({ request, socket, head, address }) {
      if (closed) socket.destroy()
      else server.handleUpgrade(request, socket, head, webSocket => { open(webSocket, address) })
    },
    close () {
      closed = true
      clearInterval(pings)
      for (const socket of alive.keys()) socket.terminate()
      server.close()
    }
  }
}
