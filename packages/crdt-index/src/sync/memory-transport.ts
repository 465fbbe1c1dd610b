// A network inside the process: for tests, simulations, and peers that share a program.
import type { AbortOptions, Channel, Transport, Verdict } from '../model.ts'
import { bytesToHex } from '../identity/encoding.ts'
import { sha256 } from '../identity/sha256.ts'
import { createChannelPair } from './memory-channel.ts'
import { realScheduler, type Scheduler } from './scheduler.ts'

export interface MemoryNetworkOptions {
  /** How long a message or frame travels, in milliseconds. Default 0: within the microtask queue, in order. */
  readonly delayMs?: (from: string, to: string) => number
  /** Loses a gossip message between two peers; channels lose nothing. Default: none. */
  readonly drop?: (from: string, to: string) => boolean
  readonly scheduler?: Scheduler
}

export interface MemoryTransport extends Transport {
  connect (peer: string): void
  /** Aborts the channels between the two. */
  disconnect (peer: string): void
  /** Leaves the network. */
  close (): void
}

export interface MemoryNetwork {
  /** Makes a peer that is connected to nobody. Throws a TypeError when the name is taken. */
  peer (name: string): MemoryTransport
}

type MessageHandler = (data: Uint8Array, from: string) => Promise<Verdict>
type ProtocolHandler = (channel: Channel, from: string) => Promise<void>
type PeerListener = (event: { topic: string, peer: string, joined: boolean }) => void

/** Messages flood from peer to peer as far as verdicts accept them; channels are ordered and lossless. */
export function createMemoryNetwork (options: MemoryNetworkOptions = {}): MemoryNetwork {
  const peers = new Map<string, MemoryPeer>()
  return {
    peer (name) {
      if (peers.has(name)) throw new TypeError(`a peer is called ${name} already`)
      const peer = new MemoryPeer(name, peers, options)
      peers.set(name, peer)
      return peer
    }
  }
}

class MemoryPeer implements MemoryTransport {
  readonly self: string
  readonly #network: Map<string, MemoryPeer>
  readonly #options: MemoryNetworkOptions
  readonly #scheduler: Scheduler
  readonly #connected = new Set<string>()
  readonly #topics = new Map<string, MessageHandler>()
  readonly #protocols = new Map<string, ProtocolHandler>()
  readonly #listeners = new Set<PeerListener>()
  readonly #seen = new Set<string>()
  readonly #channels = new Map<Channel, string>()

  constructor (name: string, network: Map<string, MemoryPeer>, options: MemoryNetworkOptions) {
    this.self = name
    this.#network = network
    this.#options = options
    this.#scheduler = options.scheduler ?? realScheduler
  }

  connect (name: string): void {
    const peer = this.#peer(name)
    if (this.#connected.has(name)) return
    this.#connected.add(name)
    peer.#connected.add(this.self)
    for (const topic of peer.#topics.keys()) this.#tell(topic, name, true)
    for (const topic of this.#topics.keys()) peer.#tell(topic, this.self, true)
  }

  disconnect (name: string): void {
    const peer = this.#network.get(name)
    if (peer === undefined || !this.#connected.delete(name)) return
    peer.#connected.delete(this.self)
    for (const [channel, other] of this.#channels) if (other === name) channel.abort(new Error('the peers were disconnected'))
    for (const topic of peer.#topics.keys()) this.#tell(topic, name, false)
    for (const topic of this.#topics.keys()) peer.#tell(topic, this.self, false)
  }

  close (): void {
    for (const name of [...this.#connected]) this.disconnect(name)
    this.#network.delete(this.self)
    this.#topics.clear()
    this.#protocols.clear()
    this.#listeners.clear()
  }

  subscribe (topic: string, onMessage: MessageHandler): void {
    const isNew = !this.#topics.has(topic)
    this.#topics.set(topic, onMessage)
    if (isNew) for (const peer of this.#neighbours()) peer.#tell(topic, this.self, true)
  }

  unsubscribe (topic: string): void {
    if (this.#topics.delete(topic)) for (const peer of this.#neighbours()) peer.#tell(topic, this.self, false)
  }

  async publish (topic: string, data: Uint8Array): Promise<number> {
    this.#seen.add(messageId(data))
    return this.#forward(topic, data.slice(), this.self)
  }

  peers (topic: string): string[] {
    return this.#neighbours().filter(peer => peer.#topics.has(topic)).map(peer => peer.self)
  }

  onPeer (listener: PeerListener): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  handle (protocol: string, handler: ProtocolHandler): () => void {
    this.#protocols.set(protocol, handler)
    return () => { if (this.#protocols.get(protocol) === handler) this.#protocols.delete(protocol) }
  }

  async open (name: string, protocol: string, { signal }: AbortOptions = {}): Promise<Channel> {
    signal?.throwIfAborted()
    const peer = this.#connected.has(name) ? this.#peer(name) : undefined
    const handler = peer === undefined ? undefined : peer.#protocols.get(protocol)
    if (peer === undefined || handler === undefined) throw new Error(`${name} is not connected, or does not speak ${protocol}`)
    const [near, far] = createChannelPair((deliver, forward) => { this.#post(forward ? this.self : name, forward ? name : this.self, deliver) }, () => {
      this.#channels.delete(near)
      peer.#channels.delete(far)
    })
    this.#channels.set(near, name)
    peer.#channels.set(far, this.self)
    this.#post(this.self, name, () => { handler(far, this.self).catch((error: unknown) => { far.abort(error instanceof Error ? error : new Error(String(error))) }) })
    return near
  }

  #forward (topic: string, data: Uint8Array, from: string): number {
    let count = 0
    for (const peer of this.#neighbours()) {
      if (peer.self === from || !peer.#topics.has(topic) || this.#options.drop?.(this.self, peer.self) === true) continue
      this.#post(this.self, peer.self, () => { void peer.#receive(topic, data, this.self) })
      count++
    }
    return count
  }

  async #receive (topic: string, data: Uint8Array, from: string): Promise<void> {
    const id = messageId(data)
    const handler = this.#topics.get(topic)
    if (handler === undefined || this.#seen.has(id)) return
    this.#seen.add(id)
    const { verdict } = await handler(data, from)
    if (verdict === 'accept') this.#forward(topic, data, from)
  }

  #tell (topic: string, peer: string, joined: boolean): void {
    this.#post(peer, this.self, () => { for (const listener of this.#listeners) listener({ topic, peer, joined }) })
  }

  #post (from: string, to: string, deliver: () => void): void {
    const delayMs = this.#options.delayMs?.(from, to) ?? 0
    if (delayMs > 0) this.#scheduler.after(delayMs, deliver)
    else queueMicrotask(deliver)
  }

  #neighbours (): MemoryPeer[] {
    return [...this.#connected].map(name => this.#peer(name))
  }

  #peer (name: string): MemoryPeer {
    const peer = this.#network.get(name)
    if (peer === undefined) throw new TypeError(`nobody is called ${name}`)
    return peer
  }
}

function messageId (data: Uint8Array): string {
  return bytesToHex(sha256(data))
}
