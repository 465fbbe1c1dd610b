// The open swarm: finding bodies at strangers who run any BitTorrent client, and being found by them. Trackers and
// the DHT name peers; our own wire talks to them (hedged-fetch.ts, wire/), and our own listener serves them. What is
// hot is announced, the rest is not: see announce.ts for what that costs.
import { TorrentStoreError } from '../errors.ts'
import type { CandidateSource, FetchCandidate, FetchedBody, HedgedFetch } from '../hedged-fetch.ts'
import { DEFAULT_LIMITS, DEFAULT_SWARM_LIMITS, type SwarmLimits, type TorrentStoreLimits } from '../limits.ts'
import { newPeerId } from '../peer-id.ts'
import { parsePeerAddress, type InfoHash, type PartialTorrentRef } from '../torrent-ref.ts'
import { tcpCandidate } from '../wire/tcp-candidate.ts'
import { createAnnouncePlan, type AnnouncePlan } from './announce.ts'
import { fetchSought } from './fetch-sought.ts'
import { createHotSet, type HotEntry, type HotSet } from './hot-set.ts'
import { createPeerFinder, type PeerFinder } from './peer-finder.ts'
import { parseTarget } from './target.ts'
import type { PeerAddress } from './tracker-message.ts'

export interface SwarmOptions {
  /** Says what is held: only that is announced. A TorrentStore is one. */
  readonly store: { has (infoHash: InfoHash): Promise<boolean> }
  /** Address that the DHT binds; default 127.0.0.1, so that reaching the world is a decision (`0.0.0.0`). */
  readonly host?: string
  /** Port of the listener that serves the store, which is what gets announced. Without it nothing can be seeded. */
  readonly port?: number
  /** Tracker URLs (http, https, udp) to announce to, and to ask. Default none. */
  readonly trackers?: readonly string[]
  /** Takes part in the mainline DHT, through WebTorrent, which is then loaded on first use. Default false. */
  readonly dht?: boolean | DhtOptions
  /** Torrents announced at a time; the least recently seeded one goes first. Default 32. */
  readonly maxHot?: number
  /** Changes single bounds; the others are DEFAULT_SWARM_LIMITS and DEFAULT_LIMITS. */
  readonly limits?: Partial<SwarmLimits & TorrentStoreLimits>
  /** 20 bytes that name this peer to trackers and peers. */
  readonly peerId?: Uint8Array
  /** Milliseconds of a clock that does not run backwards. Default performance.now. */
  readonly now?: () => number
}

export interface DhtOptions {
  /** `host:port` of nodes to start from. Default: the public ones. */
  readonly bootstrap?: readonly string[]
  /** UDP port. Default 0: any free one. */
  readonly port?: number
}

export interface SwarmFetchOptions {
  /** Peers to dial at once, `host:port` or `[ipv6]:port`, besides those that the magnet link names. */
  readonly peers?: readonly string[]
  /** For the whole fetch. Default 30,000. */
  readonly timeoutMs?: number
  /** Ends the fetch; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal
}

export interface HotTorrent {
  readonly infoHash: InfoHash
  /** Peers that trackers and the DHT named at the last announce. */
  readonly peers: number
  /** Wall clock, milliseconds, of the last announce that somebody took; null before. */
  readonly announcedMs: number | null
  /** Milliseconds until the next announce; 0: it waits for the budget. */
  readonly dueInMs: number
}

/** One peer's part in the open swarm. As a source for `TorrentStore.fetch` it asks its trackers and the DHT. */
export interface Swarm extends CandidateSource, AsyncDisposable {
  /**
   * Fetches and verifies a body named by infohash, magnet link or .torrent bytes, without storing it. Magnet links and
   * .torrent files add their trackers. BAD_INFOHASH, BAD_MAGNET, BAD_TORRENT; NOT_A_BODY for other kinds of torrent;
   * NOT_FOUND when everybody found was tried, and TIMEOUT, with `faults`; CLOSED. Trackers and DHT nodes learn what
   * is looked for.
   */
  fetch (id: string | Uint8Array, options?: SwarmFetchOptions): Promise<FetchedBody>
  /** Makes a held body hot: announced as soon as the budget allows, then every 15 minutes. NOT_FOUND, CLOSED. */
  seed (infoHash: InfoHash): Promise<void>
  /** Stops announcing it, and tells the trackers. True if it was hot. */
  unseed (infoHash: InfoHash): boolean
  /** What is announced, the least recent first. */
  hot (): HotTorrent[]
  /** UDP port of the DHT node, started if it is not yet; null without a DHT. LISTEN_FAILED, CLOSED. */
  dhtPort (): Promise<number | null>
  /** Ends fetches and the DHT node and takes announces back, within 2 s. May be called twice. */
  close (): Promise<void>
}

/** Nothing is opened, loaded or sent before it is needed. */
export function createSwarm (options: SwarmOptions): Swarm {
  return new OpenSwarm(options)
}

const MAX_TIMER_MS = 2 ** 31 - 1

class OpenSwarm implements Swarm {
  readonly #store: SwarmOptions['store']
  readonly #canSeed: boolean
  readonly #limits: SwarmLimits & TorrentStoreLimits
  readonly #peerId: Uint8Array
  readonly #now: () => number
  readonly #hot: HotSet
  readonly #plan: AnnouncePlan
  readonly #fetches = new Set<HedgedFetch>()
  readonly #finder: PeerFinder
  readonly #closed = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #closing: Promise<void> | null = null

  constructor (options: SwarmOptions) {
    const { store, host = '127.0.0.1', port, trackers = [], dht = false, maxHot = 32, limits = {}, peerId = newPeerId(), now = () => performance.now() } = options
    this.#store = store
    this.#canSeed = port !== undefined
    this.#limits = { ...DEFAULT_LIMITS, ...DEFAULT_SWARM_LIMITS, ...limits }
    this.#peerId = peerId
    this.#now = now
    this.#hot = createHotSet(maxHot)
    const { announcesPerSecond, announceBurst: burst, announceIntervalMs: intervalMs } = this.#limits
    this.#plan = createAnnouncePlan({ announcesPerSecond, burst, intervalMs, nowMs: now() })
    const { bootstrap, port: dhtPort = 0 } = typeof dht === 'boolean' ? {} : dht
    this.#finder = createPeerFinder({ host, port, trackers, dht: dht === false ? null : { bootstrap, port: dhtPort }, peerId, limits: this.#limits, now })
  }

  async fetch (id: string | Uint8Array, options: SwarmFetchOptions = {}): Promise<FetchedBody> {
    this.#checkOpen()
    const { timeoutMs = 30_000, signal } = options
    const { ref, trackers, peers } = parseTarget(id)
    const candidates = [...options.peers ?? [], ...peers].map(peerCandidate)
    const source: CandidateSource = { find: async (ref, search) => { await this.#search(ref, trackers, search) } }
    return await fetchSought(ref, { candidates, source, timeoutMs, peerId: this.#peerId, limits: this.#limits, running: this.#fetches, ...(signal === undefined ? {} : { signal }) })
  }

  async find (ref: PartialTorrentRef, search: { found: (candidate: FetchCandidate) => void, signal: AbortSignal }): Promise<void> {
    await this.#search(ref, [], search)
  }

  async seed (infoHash: InfoHash): Promise<void> {
    this.#checkOpen()
    if (!this.#canSeed) throw new RangeError('seeding needs the port of a listener')
    if (!await this.#store.has(infoHash)) throw new TorrentStoreError('NOT_FOUND', `${infoHash} is not held here`)
    this.#checkOpen()
    const evicted = this.#hot.touch(infoHash)
    if (evicted !== undefined) this.#forget(evicted)
    this.#plan.add(infoHash, this.#now())
    this.#arm()
  }

  unseed (infoHash: InfoHash): boolean {
    const entry = this.#hot.delete(infoHash)
    if (entry !== undefined) this.#forget(entry)
    return entry !== undefined
  }

  hot (): HotTorrent[] {
    const due = new Map(this.#plan.entries().map(({ infoHash, dueMs }) => [infoHash, dueMs]))
    const nowMs = this.#now()
    return this.#hot.values().map(({ infoHash, peers, announcedMs }) => ({ infoHash, peers, announcedMs, dueInMs: Math.max(0, (due.get(infoHash) ?? nowMs) - nowMs) }))
  }

  async dhtPort (): Promise<number | null> {
    this.#checkOpen()
    return (await this.#finder.dht())?.port ?? null
  }

  close (): Promise<void> {
    return this.#closing ??= this.#end()
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await this.close()
  }

  async #end (): Promise<void> {
    const reason = new TorrentStoreError('CLOSED', 'the swarm was closed')
    clearTimeout(this.#timer)
    this.#closed.abort(reason)
    for (const fetch of this.#fetches) fetch.abort(reason)
    for (const { infoHash } of this.#hot.values()) this.unseed(infoHash)
    await this.#finder.close()
  }

  async #search (ref: PartialTorrentRef, hintedTrackers: readonly string[], search: { found: (candidate: FetchCandidate) => void, signal: AbortSignal }): Promise<void> {
    const seen = new Set<string>()
    const onPeer = ({ host, port }: PeerAddress): void => {
      const candidate = tcpCandidate(host, port, { encrypt: 'fallback' })
      if (seen.has(candidate.id) || seen.size >= this.#limits.maxPeersPerSearch) return
      seen.add(candidate.id)
      search.found(candidate)
    }
    const signal = AbortSignal.any([search.signal, this.#closed.signal])
    await this.#finder.find(ref, hintedTrackers, { onPeer, signal }, () => this.#hot.get(ref.infoHash) !== undefined)
  }

  #arm (): void {
    clearTimeout(this.#timer)
    const nowMs = this.#now()
    const wakeMs = this.#plan.wakeMs(nowMs)
    if (wakeMs === undefined || this.#closed.signal.aborted) return
    this.#timer = setTimeout(() => { this.#announceDue() }, Math.min(Math.ceil(wakeMs - nowMs), MAX_TIMER_MS))
    this.#timer.unref() // announcing is no reason for a process to stay
  }

  #announceDue (): void {
    for (let infoHash = this.#plan.take(this.#now()); infoHash !== undefined; infoHash = this.#plan.take(this.#now())) {
      const entry = this.#hot.get(infoHash)
      if (entry === undefined) this.#plan.remove(infoHash)
      else void this.#announce(entry)
    }
    this.#arm()
  }

  /** Never rejects: what fails is tried again. */
  async #announce (entry: HotEntry): Promise<void> {
    const { infoHash } = entry
    const held = await this.#store.has(infoHash).catch(() => true) // a read that fails says nothing
    if (!held) { this.unseed(infoHash); return }
    const peers = new Set<string>()
    const onPeer = ({ host, port }: PeerAddress): void => { peers.add(`${host} ${port}`) }
    const taken = await this.#finder.announce(entry, { onPeer, signal: this.#closed.signal }).then(() => true, () => false)
    const current = this.#hot.get(infoHash)
    if (current === undefined) {
      this.#finder.takeBack(entry) // it went while we announced it
    } else if (current !== entry) {
      for (const tracker of entry.toldTrackers) current.toldTrackers.add(tracker) // it went and came back
    } else if (taken) {
      entry.peers = peers.size
      entry.announcedMs = Date.now()
    } else {
      this.#plan.postpone(infoHash, this.#now() + this.#limits.announceRetryMs)
      this.#arm()
    }
  }

  /** Of an entry that is no longer hot. */
  #forget (entry: HotEntry): void {
    this.#plan.remove(entry.infoHash)
    this.#finder.takeBack(entry)
  }

  #checkOpen (): void {
    if (this.#closing !== null) throw new TorrentStoreError('CLOSED', 'the swarm was closed')
  }
}

function peerCandidate (peer: string): FetchCandidate {
  const address = parsePeerAddress(peer)
  if (address === null) throw new TorrentStoreError('BAD_MAGNET', `a peer is host:port, not ${JSON.stringify(peer)}`)
  return tcpCandidate(address.host, address.port, { encrypt: 'fallback' })
}
