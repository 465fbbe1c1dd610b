// The frames of `/seedbed/peers/1`, JSON in UTF-8:
//
//   question: { "topics": [topic, ...], "addresses": [multiaddr, ...] }      what I take part in, and where I am
//   answer:   { "topic": topic, "peers": [[peer id, [multiaddr, ...]], ...] }
//
// Addresses come without the peer's id at the end, or with it. What is not a frame is null; what is not an address of
// the named peer is left out.
import { MAX_BOOK_ADDRESSES, MAX_EXCHANGE_PEERS, MAX_EXCHANGE_TOPICS, MAX_SAID_ADDRESSES } from '../limits.ts'
import { parsePeerAddress, type PeerAddress } from './peer-address.ts'

const MAX_TOPIC_CHARS = 128

export interface ExchangeQuestion {
  readonly topics: readonly string[]
  /** The asker's own. */
  readonly addresses: readonly PeerAddress[]
}

export interface ExchangeAnswer {
  readonly topic: string
  /** Each peer with at least one address. */
  readonly peers: ReadonlyArray<{ readonly peer: string, readonly addresses: readonly PeerAddress[] }>
}

export function encodeQuestion (topics: readonly string[], addresses: readonly string[]): Uint8Array {
  return encode({ topics: topics.slice(0, MAX_EXCHANGE_TOPICS), addresses: addresses.slice(0, MAX_BOOK_ADDRESSES) })
}

export function encodeAnswer (topic: string, peers: ReadonlyArray<readonly [peer: string, addresses: readonly string[]]>): Uint8Array {
  return encode({ topic, peers })
}

/** `from`: the authenticated asker, whose addresses alone it may tell. */
export function decodeQuestion (frame: Uint8Array, from: string): ExchangeQuestion | null {
  const { topics, addresses } = decode(frame)
  if (!Array.isArray(topics) || topics.length > MAX_EXCHANGE_TOPICS || !topics.every(isTopic)) return null
  if (!Array.isArray(addresses) || addresses.length > MAX_SAID_ADDRESSES) return null
  return { topics, addresses: addressesIn(addresses, from) }
}

export function decodeAnswer (frame: Uint8Array): ExchangeAnswer | null {
  const { topic, peers } = decode(frame)
  if (!isTopic(topic) || !Array.isArray(peers) || peers.length > MAX_EXCHANGE_PEERS) return null
  return {
    topic,
    peers: (peers as unknown[]).flatMap(entry => {
      const [peer, addresses] = Array.isArray(entry) ? entry as unknown[] : []
      if (typeof peer !== 'string' || !Array.isArray(addresses)) return []
      const valid = addressesIn(addresses, peer)
      return valid.length === 0 ? [] : [{ peer, addresses: valid }]
    })
  }
}

function addressesIn (list: readonly unknown[], peer: string): PeerAddress[] {
  return list.slice(0, MAX_BOOK_ADDRESSES).flatMap(text => typeof text === 'string' ? parsePeerAddress(text, peer) ?? [] : [])
}

function isTopic (value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_TOPIC_CHARS
}

function encode (value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

function decode (frame: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame))
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
  } catch {
    return {}
  }
}
