/**
 * The signalling point of y-webrtc 10: peers that listen to a topic get what others who listen to it publish there.
 *
 *     -> {"type": "subscribe", "topics": ["…"]}        no answer
 *     -> {"type": "unsubscribe", "topics": ["…"]}      no answer
 *     -> {"type": "publish", "topic": "…", "data": …}  <- the same, with "clients", to all others of the topic
 *     -> {"type": "ping"}                              <- {"type": "pong"}
 *
 * Unlike y-webrtc's own server it hands a message to a topic's listeners only on behalf of one of them, and not back to
 * the sender. Nothing is stored. What is published is encrypted by its sender; who knows a topic learns only that others do.
 */
import {
  MAX_SIGNALLING_MESSAGE_BYTES, MAX_SOCKETS_PER_TOPIC, MAX_TOPIC_LENGTH, MAX_TOPICS_PER_SOCKET, SIGNALLING_BURST_BYTES, SIGNALLING_BURST_MESSAGES, SIGNALLING_BYTES_PER_SECOND, SIGNALLING_MESSAGES_PER_SECOND
} from './limits.ts'
import { createTextSockets, type TextSocket, type TextSocketHandler, type Upgrade } from './text-sockets.ts'

export interface Signalling {
  /** Topics that somebody listens to. */
  readonly topics: number
  /** Takes a connection over. */
  upgrade (upgrade: Upgrade): void
  /** Drops every connection; may be called twice. */
  close (): void
}

export interface SignallingOptions {
  /** Default 30 s. */
  readonly pingIntervalMs?: number
  /** Bytes that wait for a slow reader before it is dropped. Default 512 KiB. */
  readonly maxWaitingBytes?: number
}

export function createSignalling (options: SignallingOptions = {}): Signalling {
  const listeners = new Map<string, Set<TextSocket>>()

  function open (socket: TextSocket): TextSocketHandler {
    const topics = new Set<string>()
    const leave = (topic: string): void => {
      topics.delete(topic)
      const others = listeners.get(topic)
      others?.delete(socket)
      if (others?.size === 0) listeners.delete(topic)
    }
    const join = (topic: string): void => {
      if (topics.has(topic)) return
      if (topics.size >= MAX_TOPICS_PER_SOCKET) return socket.refuse('too many topics')
      const others = listeners.get(topic) ?? new Set()
      if (others.size >= MAX_SOCKETS_PER_TOPIC) return // it may ask again when somebody has left
      listeners.set(topic, others.add(socket))
      topics.add(topic)
    }
    return {
      text (text) {
        const message = parseSignal(text)
        if (message === null) return socket.refuse('not a signalling message')
        if (message.type === 'ping') socket.send('{"type":"pong"}')
        else if (message.type === 'subscribe') message.topics.slice(0, MAX_TOPICS_PER_SOCKET + 1).forEach(join)
        else if (message.type === 'unsubscribe') message.topics.forEach(leave)
        else if (topics.has(message.topic)) {
          const others = listeners.get(message.topic) ?? new Set()
          const forwarded = JSON.stringify({ type: 'publish', topic: message.topic, data: message.data, clients: others.size })
          for (const other of others) if (other !== socket) other.send(forwarded)
        }
      },
      closed () { [...topics].forEach(leave) }
    }
  }

  const sockets = createTextSockets({
    ...options, open,
    maxMessageBytes: MAX_SIGNALLING_MESSAGE_BYTES, messagesPerSecond: SIGNALLING_MESSAGES_PER_SECOND, burstMessages: SIGNALLING_BURST_MESSAGES,
    bytesPerSecond: SIGNALLING_BYTES_PER_SECOND, burstBytes: SIGNALLING_BURST_BYTES
  })
  return {
    get topics () { return listeners.size },
    upgrade: sockets.upgrade,
    close: sockets.close
  }
}

type Signal =
  | { readonly type: 'ping' }
  | { readonly type: 'subscribe', readonly topics: readonly string[] }
  | { readonly type: 'unsubscribe', readonly topics: readonly string[] }
  | { readonly type: 'publish', readonly topic: string, readonly data: unknown }

/** Null for what y-webrtc does not send. */
export function parseSignal (text: string): Signal | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { type, topics, topic, data } = value as Record<string, unknown>
  if (type === 'ping') return { type }
  if (type === 'subscribe' || type === 'unsubscribe') return Array.isArray(topics) && topics.every(isTopic) ? { type, topics } : null
  // An encrypted message is a string; without a password y-webrtc sends an object.
  if (type === 'publish') return isTopic(topic) && isShallow(data, 0) ? { type, topic, data } : null
  return null
}

function isTopic (value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TOPIC_LENGTH
}

/** Nested no deeper than a signal is, so that writing it again cannot exhaust the stack of anybody. */
function isShallow (value: unknown, depth: number): boolean {
  if (typeof value !== 'object') return value !== undefined
  return value === null || (depth < 8 && Object.values(value).every(part => isShallow(part, depth + 1)))
}
