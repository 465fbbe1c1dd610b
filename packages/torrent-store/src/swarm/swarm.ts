// The open swarm: finding bodies at strangers who run any BitTorrent client, and being found by them. Trackers and
// the DHT name peers; our own wire talks to them (hedged-fetch.ts, wire/), and our own listener serves them. What is
// seeded is announced as often as the budgets allow (announcer.ts).
import { TorrentStoreError } from '../errors.ts'
import type { CandidateSource, FetchCandidate, FetchedBody, HedgedFetch } from '../hedged-fetch.ts'
import { DEFAULT_LIMITS, DEFAULT_SWARM_LIMITS, MAX_SCRAPE_IDS, type SwarmLimits, type TorrentStoreLimits } from '../limits.ts'
import { newPeerId } from '../peer-id.ts'
import { parseInfoHash, parsePeerAddress, type InfoHash, type PartialTorrentRef } from '../torrent-ref.ts'
import { createAnnouncer, type Announcer, type HotTorrent } from './announcer.ts'
import { fetchSought } from './fetch-sought.ts'
import { createPeerFinder, type PeerFinder, type SeedCount, type TrackerHints } from './peer-finder.ts'
import { createPeerSearchBudget, type PeerSearchBudget } from './peer-search.ts'
import type { SwarmPlan } from './plan-view.ts'
import type { SeedFacts } from './seed.ts'
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
  /** Asked too in every search, such as a WebSwarm: peers in browsers. It stays the caller's to close. */
  readonly beside?: CandidateSource
  /** Torrents that `hot` shows and that are taken back on closing: those announced or seeded last. Default 32. */
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
  /**
   * Whether the link or .torrent file may name peers and trackers of this machine and its network, because it comes from
   * somebody who may make us talk to them. Default false: what strangers wrote leads out into the world only. `peers` are
   * the caller's own, and may be anywhere.
   */
  readonly near?: boolean
  /** For the whole fetch. Default 30,000. */
  readonly timeoutMs?: number
  /** Ends the fetch; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal
}

/** One peer's part in the open swarm, over whatever it is joined. As a source for `TorrentStore.fetch` it finds who has a body. */
export interface SwarmPart extends CandidateSource, AsyncDisposable {
  /**
   * Fetches and verifies a body named by infohash, magnet link or .torrent bytes, without storing it. Magnet links and
   * .torrent files add their trackers (HTTP only at `announce`). BAD_INFOHASH, BAD_MAGNET, BAD_TORRENT; NOT_A_BODY for other kinds of torrent;
   * NOT_FOUND when everybody found was tried, and TIMEOUT, with `faults`; CLOSED. Trackers and DHT nodes learn what
   * is looked for.
   */
  fetch (id: string | Uint8Array, options?: SwarmFetchOptions): Promise<FetchedBody>
  /** Torrents that can be seeded at a time; one more takes the place of the least recently seeded one. */
  readonly maxSeeds: number
  /** Seeds a held body: announced as soon as the budgets allow, then every 15 minutes or as often as they allow. Seeding it again changes its facts. NOT_FOUND, CLOSED. */
  seed (infoHash: InfoHash, facts?: SeedFacts): Promise<void>
  /** Stops announcing it, and tells the trackers. True if it was seeded. */
  unseed (infoHash: InfoHash): boolean
  /** What was announced or seeded last, the least recent first. */
  hot (): HotTorrent[]
  /** Ends fetches and takes back what is hot, within 2 s. May be called twice. */
  close (): Promise<void>
}

/** The open swarm over TCP, UDP and HTTP, with trackers and the DHT. It seeds any number of torrents. */
export interface Swarm extends SwarmPart {
  /** What is announced next, when and why, and what the budgets have left. `count` (default 20) turns of each are shown. */
  plan (options?: { readonly count?: number }): SwarmPlan
  /**
   * Asks one's own trackers how many seed and fetch each of up to 1,024 torrents, many at a time (BEP 48, BEP 15).
   * Absent: no tracker knows it. Trackers say what they like. NOT_FOUND if none answered; CLOSED; `signal.reason`.
   * Throws RangeError for more torrents.
   */
  seedCounts (infoHashes: readonly InfoHash[], options?: { readonly signal?: AbortSignal }): Promise<Map<InfoHash, SeedCount>>
  /** UDP port of the DHT node, started if it is not yet; null without a DHT. LISTEN_FAILED, CLOSED. */
  dhtPort (): Promise<number | null>
}

const NO_HINTS: TrackerHints = { urls: [], near: false }

/** Nothing is opened, loaded or sent before it is needed. */
export function createSwarm (options: SwarmOptions): Swarm {
  return new OpenSwarm(options)
}

class OpenSwarm implements Swarm {
  readonly maxSeeds: number = Infinity
  readonly #store: SwarmOptions['store']
  readonly #canSeed: boolean
  readonly #limits: SwarmLimits & TorrentStoreLimits
  readonly #peerId: Uint8Array
  readonly #fetches = new Set<HedgedFetch>()
  readonly #finder: PeerFinder
  readonly #beside: CandidateSource | undefined
  readonly #announcer: Announcer
  readonly #closed = new AbortController()
  #closing: Promise<void> | null = null

  constructor (options: SwarmOptions) {
    const { store, host = '127.0.0.1', port, trackers = [], dht = false, maxHot = 32, limits = {}, peerId = newPeerId(), now = () => performance.now() } = options
    this.#store = store
    this.#beside = options.beside
    this.#canSeed = port !== undefined
    this.#limits = { ...DEFAULT_LIMITS, ...DEFAULT_SWARM_LIMITS, ...limits }
    this.#peerId = peerId
    const { bootstrap, port: dhtPort = 0 } = typeof dht === 'boolean' ? {} : dht
    this.#finder = createPeerFinder({ host, port, trackers, dht: dht === false ? null : { bootstrap, port: dhtPort }, peerId, limits: this.#limits, now })
    this.#announcer = createAnnouncer({ store, finder: this.#finder, maxHot, limits: this.#limits, now, signal: this.#closed.signal })
  }

  async fetch (id: string | Uint8Array, options: SwarmFetchOptions = {}): Promise<FetchedBody> {
    this.#checkOpen()
    const { near = false, timeoutMs = 30_000, signal } = options
    const { ref, trackers, peers } = parseTarget(id)
    const budget = createPeerSearchBudget(this.#limits)
    const candidates = [
      ...(options.peers ?? []).map(peer => budget.named(addressOf(peer))),
      ...peers.flatMap(peer => budget[near ? 'named' : 'linked'](addressOf(peer)) ?? [])
    ]
    const source: CandidateSource = { find: async (ref, search) => { await this.#search(ref, { urls: trackers, near }, search, budget) } }
    return await fetchSought(ref, { candidates, source, timeoutMs, peerId: this.#peerId, limits: this.#limits, running: this.#fetches, checkOpen: () => { this.#checkOpen() }, ...(signal === undefined ? {} : { signal }) })
  }

  async find (ref: PartialTorrentRef, search: { found: (candidate: FetchCandidate) => void, signal: AbortSignal }): Promise<void> {
    await this.#search(ref, NO_HINTS, search, createPeerSearchBudget(this.#limits))
  }

  async seed (infoHash: InfoHash, facts: SeedFacts = {}): Promise<void> {
    this.#checkOpen()
    if (!this.#canSeed) throw new RangeError('seeding needs the port of a listener')
    if (!await this.#store.has(infoHash)) throw new TorrentStoreError('NOT_FOUND', `${infoHash} is not held here`)
    this.#checkOpen()
    this.#announcer.add(infoHash, facts)
  }

  unseed (infoHash: InfoHash): boolean {
    return this.#announcer.remove(infoHash)
  }

  hot (): HotTorrent[] {
    return this.#announcer.hot()
  }

  plan ({ count = 20 }: { readonly count?: number } = {}): SwarmPlan {
    return this.#announcer.plan(count)
  }

  async seedCounts (infoHashes: readonly InfoHash[], { signal }: { readonly signal?: AbortSignal } = {}): Promise<Map<InfoHash, SeedCount>> {
    this.#checkOpen()
    signal?.throwIfAborted()
    const asked = [...new Set(infoHashes.map(parseInfoHash))]
    if (asked.length > MAX_SCRAPE_IDS) throw new RangeError(`at most ${MAX_SCRAPE_IDS} torrents are counted at a time`)
    if (asked.length === 0) return new Map()
    try {
      return await this.#finder.count(asked, AbortSignal.any([this.#closed.signal, ...signal === undefined ? [] : [signal]]))
    } catch (cause) {
      signal?.throwIfAborted()
      this.#checkOpen()
      throw new TorrentStoreError('NOT_FOUND', 'no tracker counts seeds here', { cause })
    }
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
    this.#closed.abort(reason)
    for (const fetch of this.#fetches) fetch.abort(reason)
    this.#announcer.close()
    await this.#finder.close()
  }

  async #search (ref: PartialTorrentRef, hints: TrackerHints, search: { found: (candidate: FetchCandidate) => void, signal: AbortSignal }, budget: PeerSearchBudget): Promise<void> {
    budget.begin(search.found)
    const signal = AbortSignal.any([search.signal, this.#closed.signal])
    const beside = this.#beside?.find(ref, { found: search.found, signal })
    const found = this.#finder.find(ref, hints, { onPeer: budget.add, signal }, () => this.#announcer.has(ref.infoHash))
    const results = await Promise.allSettled([found, ...beside === undefined ? [] : [beside]])
    if (results.every(result => result.status === 'rejected')) await found // fails, and says why
  }

  #checkOpen (): void {
    if (this.#closing !== null) throw new TorrentStoreError('CLOSED', 'the swarm was closed')
  }
}

function addressOf (peer: string): PeerAddress {
  const address = parsePeerAddress(peer)
  if (address === null) throw new TorrentStoreError('BAD_MAGNET', `a peer is host:port, not ${JSON.stringify(peer)}`)
  return address
}
