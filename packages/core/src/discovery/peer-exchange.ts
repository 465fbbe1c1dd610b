// Peers tell members of a community of each other: `/seedbed/peers/1`. Whoever wants to hear of others opens one stream
// and says what it takes part in and where it can be dialled; it is answered at once, and again as others come, for as
// long as it keeps the stream open. Each is told only of communities that both ends take part in; a relay also introduces
// those to each other who ask it about the same topic, which it need not know. Without it two pages on one seedbox would
// not know each other's addresses.
import { topicOf, type Channel, type CommunityAddress, type Transport } from '@seedbed/crdt-index'
import { backgroundTimer } from '../background-timer.ts'
import { DIAL_TIMEOUT_MS, EXCHANGE_ANSWERS_BURST, EXCHANGE_ANSWERS_PER_SECOND, EXCHANGE_DELAY_MS, MAX_BOOK_ADDRESSES, MAX_EXCHANGE_FRAME_BYTES, MAX_EXCHANGE_PEERS, MAX_EXCHANGE_QUESTIONS, MAX_EXCHANGE_SOURCES, MAX_EXCHANGE_TOLD } from '../limits.ts'
import { createRate } from '../rate.ts'
import { decodeAnswer, decodeQuestion, encodeAnswer, encodeQuestion } from './peer-exchange-codec.ts'
import type { PeerAddress } from './peer-address.ts'

export const PEERS_PROTOCOL = '/seedbed/peers/1'
const MINUTE_MS = 60_000

/** A member with at least one address. */
interface Reachable {
  readonly peer: string
  readonly addresses: readonly string[]
  /** The addresses in one string. */
  readonly said: string
}

/** Who takes part in a topic. */
interface Gathering { readonly present: ReadonlySet<string>, readonly reachable: readonly Reachable[] }

/** A peer that another one told of; nobody checked it. */
export interface Hearsay {
  readonly peer: string
  readonly addresses: readonly PeerAddress[]
  readonly community: CommunityAddress
  /** Who said so. */
  readonly from: string
}

export interface PeerExchangeOptions {
  readonly transport: Transport
  /** Communities that this peer takes part in now. */
  joined (): readonly CommunityAddress[]
  /** Where this peer can be dialled. */
  ownAddresses (): readonly string[]
  /** Whether to ask others; everybody answers. */
  readonly asks: boolean
  /** Connected peers that are asked whatever they take part in. */
  introducers (): readonly string[]
  /** Whether to tell askers of each other about topics that this peer takes no part in. */
  readonly introduces: boolean
  /** What a connected peer said of itself otherwise, as far as that may be passed on. */
  addressesOf (peer: string): readonly string[]
  onHearsay (hearsay: Hearsay): void
}

export interface PeerExchange {
  /** Something changed that others are told: the own addresses or communities, or what a peer says of itself. */
  changed (): void
  close (): void
}

interface Asker {
  readonly channel: Channel
  topics: readonly string[]
  addresses: readonly string[]
  /** Topic and peer -> the addresses it was told of it. */
  readonly told: Map<string, string>
  writing: boolean
}

export function createPeerExchange ({ transport, joined, ownAddresses, asks, introducers, introduces, addressesOf, onHearsay }: PeerExchangeOptions): PeerExchange {
  let isClosed = false
  const askers = new Map<string, Asker>()
  /** Streams that are open to others, and what was asked over them last; null while one is opened. */
  const sources = new Map<string, { channel: Channel, asked: string } | null>()
  let timer: NodeJS.Timeout | null = null
  /** What the last look found. */
  const gatherings = new Map<string, Gathering>()
  const reachables = new Map<string, Reachable | null>()
  const askersAbout = new Map<string, string[]>()
  let ownTopics: ReadonlySet<string> = new Set()

  function changed (): void {
    if (!isClosed) timer ??= backgroundTimer(tellAll, EXCHANGE_DELAY_MS)
  }

  function tellAll (): void {
    timer = null
    look()
    for (const [peer, asker] of askers) void tell(peer, asker)
    if (asks) askAll()
  }

  async function tell (peer: string, asker: Asker): Promise<void> {
    if (asker.writing) return
    asker.writing = true
    try {
      for (let news = newsFor(peer, asker); news !== null && askers.get(peer) === asker; news = newsFor(peer, asker)) {
        await asker.channel.write(encodeAnswer(news.topic, news.peers))
      }
    } catch (error) {
      forget(peer, asker, error)
    }
    asker.writing = false
  }

  /** What it does not know yet of one topic, marked as told; null when it knows all. */
  function newsFor (peer: string, { topics, told }: Asker): { topic: string, peers: Array<readonly [string, readonly string[]]> } | null {
    for (const topic of topics) {
      if (told.size >= MAX_EXCHANGE_TOLD) return null
      const { present, reachable } = gathering(topic)
      if (!present.has(peer)) continue
      const peers: Array<readonly [string, readonly string[]]> = []
      for (const { peer: member, addresses, said } of reachable) {
        if (peers.length >= MAX_EXCHANGE_PEERS || told.size >= MAX_EXCHANGE_TOLD) break
        const key = `${topic} ${member}`
        if (member === peer || told.get(key) === said) continue
        told.set(key, said)
        peers.push([member, addresses])
      }
      if (peers.length > 0) return { topic, peers }
    }
    return null
  }

  /** As of the last change: looked up once for all who ask about a topic, whose work would otherwise grow with the square of their number. */
  function gathering (topic: string): Gathering {
    const known = gatherings.get(topic)
    if (known !== undefined) return known
    const members = ownTopics.has(topic) ? transport.peers(topic) : introduces ? askersAbout.get(topic) ?? [] : []
    const reachable = members.flatMap(peer => reachableOf(peer) ?? [])
    const found = { present: new Set(members), reachable }
    gatherings.set(topic, found)
    return found
  }

  function reachableOf (peer: string): Reachable | null {
    const known = reachables.get(peer)
    if (known !== undefined) return known
    const asked = askers.get(peer)?.addresses ?? []
    const addresses = (asked.length > 0 ? asked : addressesOf(peer)).slice(0, MAX_BOOK_ADDRESSES)
    const found = addresses.length === 0 ? null : { peer, addresses, said: addresses.join(' ') }
    reachables.set(peer, found)
    return found
  }

  function look (): void {
    gatherings.clear()
    reachables.clear()
    askersAbout.clear()
    ownTopics = new Set(joined().map(topicOf))
    if (!introduces) return
    for (const [peer, { topics }] of askers) {
      for (const topic of new Set(topics)) {
        const others = askersAbout.get(topic)
        if (others === undefined) askersAbout.set(topic, [peer])
        else others.push(peer)
      }
    }
  }

  function forget (peer: string, asker: Asker, error: unknown): void {
    if (askers.get(peer) === asker) askers.delete(peer)
    asker.channel.abort(asError(error))
  }

  async function answer (channel: Channel, from: string): Promise<void> {
    const asker: Asker = { channel, topics: [], addresses: [], told: new Map(), writing: false }
    const before = askers.get(from)
    if (before !== undefined) forget(from, before, new Error('asked again over another stream'))
    askers.set(from, asker)
    try {
      for (let minuteMs = performance.now(), questions = 0; ; questions++) {
        const frame = await channel.read({ maxBytes: MAX_EXCHANGE_FRAME_BYTES })
        if (frame === null) break
        if (performance.now() - minuteMs > MINUTE_MS) [minuteMs, questions] = [performance.now(), 0]
        const question = decodeQuestion(frame, from)
        if (question === null || questions >= MAX_EXCHANGE_QUESTIONS) throw new Error('not a question, or too many of them')
        asker.topics = question.topics
        asker.addresses = question.addresses.map(({ address }) => address)
        changed()
      }
      if (askers.get(from) === asker) askers.delete(from)
      await channel.close()
    } catch (error) {
      forget(from, asker, error)
    }
  }

  function askAll (): void {
    const topics = joined().map(topicOf)
    const question = encodeQuestion(topics, ownAddresses())
    const asked = new TextDecoder().decode(question)
    for (const peer of new Set([...topics.flatMap(topic => transport.peers(topic)), ...topics.length === 0 ? [] : introducers()])) {
      const source = sources.get(peer)
      if (source === undefined && sources.size < MAX_EXCHANGE_SOURCES) void ask(peer)
      if (source === undefined || source === null || source.asked === asked) continue
      source.asked = asked
      source.channel.write(question).catch((error: unknown) => { source.channel.abort(asError(error)) })
    }
  }

  async function ask (peer: string): Promise<void> {
    sources.set(peer, null)
    let channel: Channel | null = null
    try {
      channel = await transport.open(peer, PEERS_PROTOCOL, { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) })
      if (isClosed) throw new Error('closed')
      sources.set(peer, { channel, asked: '' })
      changed()
      const mayRead = createRate(EXCHANGE_ANSWERS_BURST, EXCHANGE_ANSWERS_PER_SECOND)
      for (;;) {
        while (!mayRead() && !isClosed) await pause(1000 / EXCHANGE_ANSWERS_PER_SECOND)
        const frame = await channel.read({ maxBytes: MAX_EXCHANGE_FRAME_BYTES })
        if (frame === null) break
        const heard = decodeAnswer(frame)
        const community = heard === null ? undefined : joined().find(address => topicOf(address) === heard.topic)
        if (heard === null) throw new Error('not an answer')
        if (community === undefined) continue // left meanwhile
        for (const { peer: about, addresses } of heard.peers) if (about !== transport.self) onHearsay({ peer: about, addresses, community, from: peer })
      }
    } catch (error) {
      channel?.abort(asError(error))
    }
    sources.delete(peer) // asked again when something changes, if it is still there
  }

  const ends = [
    transport.handle(PEERS_PROTOCOL, answer),
    transport.onPeer(changed)
  ]
  changed()
  return {
    changed,
    close () {
      isClosed = true
      for (const end of ends) end()
      for (const channel of [...askers.values(), ...sources.values()].flatMap(held => held?.channel ?? [])) channel.abort(new Error('closed'))
      if (timer !== null) clearTimeout(timer)
    }
  }
}

/** What comes meanwhile waits at its sender. */
async function pause (ms: number): Promise<void> {
  await new Promise<void>(resolve => { backgroundTimer(resolve, ms) })
}

function asError (error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
