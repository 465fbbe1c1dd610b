// The open swarm: finding bodies at strangers who run any BitTorrent client, and being found by them. Trackers and
// the DHT name peers; our own wire talks to them (hedged-fetch.ts, wire/), and our own listener serves them. What is
// hot is announced, the rest is not: see announce.ts for what that costs.
import { TorrentStoreError } from '../errors.ts'
import { HedgedFetch, type CandidateSource, type FetchCandidate, type FetchedBody } from '../hedged-fetch.ts'
import { DEFAULT_LIMITS, DEFAULT_SWARM_LIMITS, type SwarmLimits, type TorrentStoreLimits } from '../limits.ts'
import { newPeerId } from '../peer-id.ts'
import { parsePeerAddress, type InfoHash, type PartialTorrentRef } from '../torrent-ref.ts'
import { tcpCandidate } from '../wire/tcp-candidate.ts'
import { createAnnouncePlan, type AnnouncePlan } from './announce.ts'
import { createHotSet, type HotEntry, type HotSet } from './hot-set.ts'
import { parseTarget } from './target.ts'
import type { Announce, PeerAddress } from './tracker-message.ts'
import { announceTo, isTrackerUrl, type TrackerAnswer } from './tracker.ts'
import { openDhtNode, type DhtNode } from './webtorrent.ts'

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

/** Announced where there is no listener: trackers insist on a port, and nobody listens on this one. */
const NO_PORT = 1
const HEDGE_DELAY_MS = 100
const MAX_TIMER_MS = 2 ** 31 - 1

class OpenSwarm implements Swarm {
  readonly #options: SwarmOptions
  readonly #host: string
  readonly #limits: SwarmLimits & TorrentStoreLimits
  readonly #peerId: Uint8Array
  readonly #now: () => number
  readonly #hot: HotSet
  readonly #plan: AnnouncePlan
  readonly #fetches = new Set<HedgedFetch>()
  readonly #farewells = new Set<Promise<unknown>>()
  readonly #closed = new AbortController()
  #opening: Promise<DhtNode> | null = null
  #timer: NodeJS.Timeout | undefined
  #closing: Promise<void> | null = null

  constructor (options: SwarmOptions) {
    const { host = '127.0.0.1', maxHot = 32, limits = {}, peerId = newPeerId(), now = () => performance.now() } = options
    this.#options = options
    this.#host = host
    this.#limits = { ...DEFAULT_LIMITS, ...DEFAULT_SWARM_LIMITS, ...limits }
    this.#peerId = peerId
    this.#now = now
    this.#hot = createHotSet(maxHot)
    const { announcesPerSecond, announceBurst: burst, announceIntervalMs: intervalMs } = this.#limits
    this.#plan = createAnnouncePlan({ announcesPerSecond, burst, intervalMs, nowMs: now() })
  }

  async fetch (id: string | Uint8Array, options: SwarmFetchOptions = {}): Promise<FetchedBody> {
    this.#checkOpen()
    const { timeoutMs = 30_000, signal } = options
    const { ref, trackers, peers } = parseTarget(id)
    const candidates = [...options.peers ?? [], ...peers].map(peerCandidate)
    const source: CandidateSource = { find: async (ref, search) => { await this.#search(ref, trackers, search) } }
    const fetch = new HedgedFetch(ref, { peerId: this.#peerId, limits: this.#limits, hedgeDelayMs: HEDGE_DELAY_MS })
    this.#fetches.add(fetch)
    try {
      return await fetch.join({ candidates, source, timeoutMs, ...(signal === undefined ? {} : { signal }) })
    } catch (error) {
      throw isNotABody(error) ? new TorrentStoreError('NOT_A_BODY', `${ref.infoHash} is another kind of torrent`, { faults: error.faults, cause: error }) : error
    } finally {
      this.#fetches.delete(fetch)
    }
  }

  async find (ref: PartialTorrentRef, search: { found: (candidate: FetchCandidate) => void, signal: AbortSignal }): Promise<void> {
    await this.#search(ref, [], search)
  }

  async seed (infoHash: InfoHash): Promise<void> {
    this.#checkOpen()
    if (this.#options.port === undefined) throw new RangeError('seeding needs the port of a listener')
    if (!await this.#options.store.has(infoHash)) throw new TorrentStoreError('NOT_FOUND', `${infoHash} is not held here`)
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
    return (await this.#dht())?.port ?? null
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
    const dht = await this.#opening?.catch(() => null)
    await Promise.all([dht?.close(), ...this.#farewells])
  }

  /** Asks trackers and the DHT for peers until all have answered. Rejects if none did. */
  async #search (ref: PartialTorrentRef, hintedTrackers: readonly string[], search: { found: (candidate: FetchCandidate) => void, signal: AbortSignal }): Promise<void> {
    const seen = new Set<string>()
    const onPeer = (peer: PeerAddress): void => {
      const candidate = tcpCandidate(peer.host, peer.port, { encrypt: 'fallback' })
      if (seen.has(candidate.id) || seen.size >= this.#limits.maxPeersPerSearch || this.#isOurselves(peer)) return
      seen.add(candidate.id)
      search.found(candidate)
    }
    const signal = AbortSignal.any([search.signal, this.#closed.signal])
    const trackers = [...new Set([...this.#options.trackers ?? [], ...hintedTrackers])].filter(isTrackerUrl).slice(0, this.#limits.maxTrackers)
    const asked = await Promise.allSettled([
      ...trackers.map(async tracker => { await this.#askTracker(tracker, ref, onPeer, signal) }),
      ...(this.#options.dht === undefined || this.#options.dht === false ? [] : [this.#lookup(ref.infoHash, onPeer, signal)])
    ])
    const failed = asked.filter(result => result.status === 'rejected')
    if (failed.length > 0 && failed.length === asked.length) throw failed[0]?.reason
  }

  async #askTracker (tracker: string, { infoHash, length }: PartialTorrentRef, onPeer: (peer: PeerAddress) => void, signal: AbortSignal): Promise<void> {
    const seeding = this.#hot.get(infoHash) !== undefined
    // A tracker lists whoever asks, so that it is told at once when we are off again.
    const { peers } = await this.#tell(tracker, seeding ? { infoHash, left: 0 } : { infoHash, left: length ?? 1, event: 'started' }, signal)
    if (!seeding) signal.addEventListener('abort', () => { if (this.#hot.get(infoHash) === undefined) this.#farewell(tracker, infoHash) }, { once: true })
    for (const peer of peers) onPeer(peer)
  }

  async #lookup (infoHash: InfoHash, onPeer: (peer: PeerAddress) => void, signal: AbortSignal): Promise<void> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(this.#limits.dhtLookupMs)])
    await (await this.#dht())?.lookup(infoHash, { onPeer, signal: limited })
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
    const held = await this.#options.store.has(infoHash).catch(() => true) // a read that fails says nothing
    if (!held) { this.unseed(infoHash); return }
    const peers = new Set<string>()
    const onPeer = (peer: PeerAddress): void => { if (!this.#isOurselves(peer)) peers.add(`${peer.host} ${peer.port}`) }
    const signal = this.#closed.signal
    const trackers = (this.#options.trackers ?? []).filter(isTrackerUrl).slice(0, this.#limits.maxTrackers)
    const told = await Promise.allSettled([
      ...trackers.map(async tracker => { await this.#announceTo(tracker, entry, onPeer, signal) }),
      ...(this.#options.dht === undefined || this.#options.dht === false ? [] : [this.#announceToDht(infoHash, onPeer, signal)])
    ])
    if (this.#hot.get(infoHash) !== entry) { this.#forget(entry); return } // it went while we announced it
    if (told.some(result => result.status === 'fulfilled')) {
      entry.peers = peers.size
      entry.announcedMs = Date.now()
    } else if (told.length > 0) {
      this.#plan.postpone(infoHash, this.#now() + this.#limits.announceRetryMs)
      this.#arm()
    }
  }

  async #announceTo (tracker: string, entry: HotEntry, onPeer: (peer: PeerAddress) => void, signal: AbortSignal): Promise<void> {
    if ((entry.quietUntilMs.get(tracker) ?? -Infinity) > this.#now()) return
    const { infoHash, toldTrackers, quietUntilMs } = entry
    const { peers, intervalMs } = await this.#tell(tracker, { infoHash, left: 0, ...(toldTrackers.has(tracker) ? {} : { event: 'started' }) }, signal)
    toldTrackers.add(tracker)
    quietUntilMs.set(tracker, this.#now() + intervalMs)
    for (const peer of peers) onPeer(peer)
  }

  async #announceToDht (infoHash: InfoHash, onPeer: (peer: PeerAddress) => void, signal: AbortSignal): Promise<void> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(this.#limits.dhtLookupMs)])
    await (await this.#dht())?.announce(infoHash, this.#options.port ?? NO_PORT, { onPeer, signal: limited })
    limited.throwIfAborted()
  }

  /** Takes an entry's announces back, once it is no longer hot. */
  #forget (entry: HotEntry): void {
    this.#plan.remove(entry.infoHash)
    for (const tracker of entry.toldTrackers) this.#farewell(tracker, entry.infoHash)
    entry.toldTrackers.clear()
  }

  #farewell (tracker: string, infoHash: InfoHash): void {
    const told = this.#tell(tracker, { infoHash, left: 0, event: 'stopped' }, AbortSignal.timeout(this.#limits.farewellMs)).catch(() => {})
    this.#farewells.add(told)
    void told.then(() => { this.#farewells.delete(told) })
  }

  async #tell (tracker: string, announce: Pick<Announce, 'infoHash' | 'left' | 'event'>, signal: AbortSignal): Promise<TrackerAnswer> {
    const { trackerTimeoutMs, maxTrackerAnswerBytes: maxAnswerBytes } = this.#limits
    return await announceTo(tracker, { ...announce, peerId: this.#peerId, port: this.#options.port ?? NO_PORT }, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(trackerTimeoutMs)]), maxAnswerBytes
    })
  }

  /** The DHT node, opened once; null if there is to be none. */
  async #dht (): Promise<DhtNode | null> {
    const { dht = false } = this.#options
    if (dht === false) return null
    this.#checkOpen()
    const { bootstrap, port = 0 } = dht === true ? {} : dht
    const opening = this.#opening ??= openDhtNode({ host: this.#host, port, bootstrap, peerId: this.#peerId })
    opening.catch(() => { if (this.#opening === opening) this.#opening = null }) // the next one who needs it tries again
    return await opening
  }

  #isOurselves ({ host, port }: PeerAddress): boolean {
    return host === this.#host && port === this.#options.port
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

function isNotABody (error: unknown): error is TorrentStoreError {
  const sought = error instanceof TorrentStoreError && (error.code === 'NOT_FOUND' || error.code === 'TIMEOUT')
  return sought && error.faults.some(({ reason }) => reason === 'NOT_A_BODY')
}
