// The open swarm over WebRTC: peers of any torrent client that speaks it, met through WebSocket trackers. WebTorrent
// makes the contact (web-client.ts); our own wire fetches and serves over it, with all its bounds. What is hot is
// announced, the rest is not. Runs in a page, in a worker that has RTCPeerConnection, and in Node.
import { TorrentStoreError } from '../errors.ts'
import type { CandidateSource, FetchCandidate, FetchedBody, HedgedFetch } from '../hedged-fetch.ts'
import { DEFAULT_LIMITS, DEFAULT_SWARM_LIMITS, MAX_WEB_CONNECTIONS, WEB_CONNECT_TIMEOUT_MS, WEB_SEARCH_MS, WEB_SEARCH_OFFERS, WEB_SEED_OFFERS, type SwarmLimits, type TorrentStoreLimits } from '../limits.ts'
import { newPeerId } from '../peer-id.ts'
import type { TorrentStore } from '../torrent-store.ts'
import type { InfoHash, PartialTorrentRef } from '../torrent-ref.ts'
import type { MayServe } from '../wire/serve.ts'
import { fetchSought } from './fetch-sought.ts'
import { createHotSet, type HotSet } from './hot-set.ts'
import type { HotTorrent } from './announcer.ts'
import type { SwarmFetchOptions, SwarmPart } from './swarm.ts'
import { parseTarget } from './target.ts'
import { createTokenBucket, type TokenBucket } from '../token-bucket.ts'
import { mayAsk, openWebClient, webTrackers, type Room, type WebClient, type WebRtcPeer } from './web-client.ts'

export interface WebSwarmOptions {
  /** Serves who connects, and says what is held: only that is announced. A TorrentStore is one. */
  readonly store: Pick<TorrentStore, 'has' | 'serve'>
  /** Tracker URLs (ws, wss) to announce to, and to ask; others are left out. Default none. */
  readonly trackers?: readonly string[]
  /** Torrents announced at a time; the least recently seeded one goes first. Default 32. */
  readonly maxHot?: number
  /** Decides which strangers get what, in place of the store's rule. */
  readonly mayServe?: MayServe
  /** For RTCPeerConnection. Default: no STUN or TURN server, which finds peers of one network and those with public addresses. */
  readonly rtcConfig?: RTCConfiguration
  /** Changes single bounds; the others are DEFAULT_SWARM_LIMITS and DEFAULT_LIMITS. */
  readonly limits?: Partial<SwarmLimits & TorrentStoreLimits>
  /** 20 bytes that name this peer to trackers and peers. */
  readonly peerId?: Uint8Array
}

/** A swarm over WebRTC. `peers` of a fetch are left out, as are trackers that are no WebSocket ones; there is no DHT. At most `maxHot` torrents are seeded: the least recently seeded one goes first. */
export interface WebSwarm extends SwarmPart {
  /** Leaves trackers that are not named any more and joins the others, with all that is hot or looked for. */
  setTrackers (trackers: readonly string[]): void
}

/** Nothing is loaded or sent before it is needed, nor while there are no trackers. */
export function createWebSwarm (options: WebSwarmOptions): WebSwarm {
  return new WebRtcSwarm(options)
}

/** A torrent that is seeded: how many others there are, and the wall clock of its last announce. */
interface Announced {
  readonly infoHash: InfoHash
  peers: number
  announcedMs: number | null
}
type Found = (candidate: FetchCandidate) => void
/** One torrent that is seeded or looked for, or both. */
interface Meeting {
  readonly infoHash: InfoHash
  seeded: boolean
  readonly searches: Map<Found, { readonly signal: AbortSignal, readonly trackers: readonly string[] }>
  room: Room | null
  /** Changes of rooms, one after another. */
  turn: Promise<void>
}

class WebRtcSwarm implements WebSwarm {
  readonly maxSeeds: number
  readonly #options: WebSwarmOptions
  readonly #limits: SwarmLimits & TorrentStoreLimits
  readonly #peerId: Uint8Array
  readonly #hot: HotSet<Announced>
  /** Spaces first announces, each of which makes connections; trackers say when the next ones come. */
  readonly #budget: TokenBucket
  /** What waits for its first announce, in that order. */
  readonly #waiting = new Set<InfoHash>()
  readonly #meetings = new Map<InfoHash, Meeting>()
  readonly #connections = new Set<WebRtcPeer>()
  readonly #fetches = new Set<HedgedFetch>()
  readonly #closed = new AbortController()
  #trackers: readonly string[]
  #client: Promise<WebClient> | null = null
  #timer: NodeJS.Timeout | undefined
  /** Why no room could be opened, last. */
  #fault: unknown
  #closing: Promise<void> | null = null

  constructor (options: WebSwarmOptions) {
    this.#options = options
    this.#limits = { ...DEFAULT_LIMITS, ...DEFAULT_SWARM_LIMITS, ...options.limits }
    this.#peerId = options.peerId ?? newPeerId()
    this.maxSeeds = options.maxHot ?? 32
    this.#hot = createHotSet(this.maxSeeds)
    this.#trackers = webTrackers(options.trackers ?? [])
    const { announcesPerSecond: perSecond, announceBurst: burst } = this.#limits
    this.#budget = createTokenBucket(perSecond, burst, performance.now())
  }

  async fetch (id: string | Uint8Array, options: SwarmFetchOptions = {}): Promise<FetchedBody> {
    this.#checkOpen()
    const { near = false, timeoutMs = 30_000, signal } = options
    const { ref, trackers } = parseTarget(id)
    const source: CandidateSource = { find: async (ref, search) => { await this.#search(ref, await mayAsk(webTrackers(trackers), near), search) } }
    return await fetchSought(ref, { candidates: [], source, timeoutMs, peerId: this.#peerId, limits: this.#limits, running: this.#fetches, checkOpen: () => { this.#checkOpen() }, ...(signal === undefined ? {} : { signal }) })
  }

  async find (ref: PartialTorrentRef, search: { found: Found, signal: AbortSignal }): Promise<void> {
    await this.#search(ref, [], search)
  }

  async seed (infoHash: InfoHash): Promise<void> {
    this.#checkOpen()
    if (!await this.#options.store.has(infoHash)) throw new TorrentStoreError('NOT_FOUND', `${infoHash} is not held here`)
    this.#checkOpen()
    const evicted = this.#hot.touch(this.#hot.get(infoHash) ?? { infoHash, peers: 0, announcedMs: null })
    if (evicted !== undefined) this.#forget(evicted.infoHash)
    if (this.#meetings.get(infoHash)?.seeded !== true) this.#waiting.add(infoHash)
    this.#arm()
  }

  unseed (infoHash: InfoHash): boolean {
    const wasHot = this.#hot.delete(infoHash) !== undefined
    if (wasHot) this.#forget(infoHash)
    return wasHot
  }

  hot (): HotTorrent[] {
    return this.#hot.values().map(({ infoHash, peers, announcedMs }) => ({ infoHash, peers, announcedMs, dueInMs: 0 }))
  }

  setTrackers (trackers: readonly string[]): void {
    this.#checkOpen()
    this.#trackers = webTrackers(trackers)
    for (const meeting of this.#meetings.values()) void this.#update(meeting)
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
    const left = Promise.all([...this.#meetings.values()].map(async meeting => { await this.#update(meeting) }))
    for (const peer of this.#connections) peer.destroy()
    let late: NodeJS.Timeout | undefined
    await Promise.race([left, new Promise(resolve => { late = setTimeout(resolve, this.#limits.farewellMs) })])
    clearTimeout(late)
    const client = await this.#client?.catch(() => null)
    await client?.close()
  }

  async #search (ref: PartialTorrentRef, hinted: readonly string[], { found, signal }: { found: Found, signal: AbortSignal }): Promise<void> {
    const ended = AbortSignal.any([signal, this.#closed.signal, AbortSignal.timeout(WEB_SEARCH_MS)])
    if (ended.aborted) return
    const meeting = this.#meeting(ref.infoHash)
    let nobody = true
    const foundOne = (candidate: FetchCandidate): void => {
      nobody = false
      found(candidate)
    }
    // A tracker hands one offer to each who is there, and one connection in many fails.
    const again = setTimeout(() => { if (nobody) meeting.room?.announce() }, WEB_SEARCH_MS / 2)
    meeting.searches.set(foundOne, { signal, trackers: hinted })
    try {
      if (!await this.#update(meeting)) throw this.#fault ?? new Error('there is no WebSocket tracker to ask')
      await new Promise<void>(resolve => {
        ended.addEventListener('abort', () => { resolve() }, { once: true })
        if (ended.aborted) resolve()
      })
    } finally {
      clearTimeout(again)
      meeting.searches.delete(foundOne)
      void this.#update(meeting)
    }
  }

  #meeting (infoHash: InfoHash): Meeting {
    const meeting = this.#meetings.get(infoHash) ?? { infoHash, seeded: false, searches: new Map(), room: null, turn: Promise.resolve() }
    this.#meetings.set(infoHash, meeting)
    return meeting
  }

  /** Brings a meeting's room in line with what is wanted; true if there is one then. Never rejects. */
  async #update (meeting: Meeting): Promise<boolean> {
    meeting.turn = meeting.turn.then(async () => { await this.#change(meeting) }).catch((error: unknown) => { this.#fault = error }) // without WebTorrent there are no rooms
    await meeting.turn
    return meeting.room !== null
  }

  async #change (meeting: Meeting): Promise<void> {
    const { infoHash, searches, room } = meeting
    const isWanted = !this.#closed.signal.aborted && (meeting.seeded || searches.size > 0)
    const hinted = [...searches.values()].flatMap(search => search.trackers)
    const trackers = isWanted ? [...new Set([...this.#trackers, ...hinted])].slice(0, this.#limits.maxTrackers) : []
    if (!isWanted && this.#meetings.get(infoHash) === meeting) this.#meetings.delete(infoHash)
    if (room !== null && room.trackers.length === trackers.length && room.trackers.every(tracker => trackers.includes(tracker))) return
    meeting.room = null
    await room?.close()
    if (trackers.length === 0) return
    const client = await this.#open()
    if (this.#closed.signal.aborted) return
    meeting.room = client.join(infoHash, {
      trackers,
      announceOptions: () => meeting.searches.size > 0 ? { left: 1, numwant: WEB_SEARCH_OFFERS } : { left: 0, numwant: WEB_SEED_OFFERS },
      mayAccept: () => this.#connections.size < MAX_WEB_CONNECTIONS,
      onPeer: peer => { this.#receive(meeting, peer) },
      onAnnounced: peers => {
        const entry = this.#hot.get(infoHash)
        if (entry === undefined || !meeting.seeded) return
        entry.peers = Math.max(0, peers - 1)
        entry.announcedMs = Date.now()
      }
    })
  }

  async #open (): Promise<WebClient> {
    const { rtcConfig = {} } = this.#options
    this.#client ??= openWebClient({ peerId: this.#peerId, rtcConfig, maxMessageBytes: this.#limits.maxTrackerAnswerBytes })
    try {
      return await this.#client
    } catch (error) {
      this.#client = null // the next one may find a network
      throw error
    }
  }

  #receive (meeting: Meeting, peer: WebRtcPeer): void {
    peer.on('error', () => {})
    if (this.#closed.signal.aborted || this.#connections.size >= MAX_WEB_CONNECTIONS) { peer.destroy(); return }
    this.#connections.add(peer)
    const slow = setTimeout(() => { peer.destroy() }, WEB_CONNECT_TIMEOUT_MS)
    peer.once('close', () => {
      clearTimeout(slow)
      this.#connections.delete(peer)
    })
    const connected = (): void => {
      clearTimeout(slow)
      this.#handOver(meeting, peer)
    }
    if (peer.connected) connected()
    else peer.once('connect', connected)
  }

  /** To who looks for the torrent, or to the store. */
  #handOver ({ searches, seeded }: Meeting, peer: WebRtcPeer): void {
    const { store, mayServe } = this.#options
    const [search] = searches
    if (this.#closed.signal.aborted || (search === undefined && !seeded)) { peer.destroy(); return }
    if (search === undefined) {
      try {
        store.serve(peer, mayServe === undefined ? {} : { mayServe })
      } catch {
        peer.destroy() // the store was closed
      }
      return
    }
    const [found, { signal }] = search
    const end = (): void => { peer.destroy() } // unused or used up
    signal.addEventListener('abort', end, { once: true })
    peer.once('close', () => { signal.removeEventListener('abort', end) })
    found({ id: `webrtc:${peer.id}`, open: async () => peer })
  }

  #arm (): void {
    clearTimeout(this.#timer)
    if (this.#waiting.size === 0 || this.#closed.signal.aborted) return
    this.#timer = setTimeout(() => { this.#joinDue() }, Math.max(0, Math.ceil(this.#budget.nextMs() - performance.now())))
  }

  #joinDue (): void {
    for (const infoHash of this.#waiting) {
      if (!this.#budget.take(1, performance.now())) break
      this.#waiting.delete(infoHash)
      const meeting = this.#meeting(infoHash)
      meeting.seeded = true
      void this.#update(meeting)
    }
    this.#arm()
  }

  /** Of a torrent that is no longer hot. */
  #forget (infoHash: InfoHash): void {
    this.#waiting.delete(infoHash)
    const meeting = this.#meetings.get(infoHash)
    if (meeting === undefined) return
    meeting.seeded = false
    void this.#update(meeting)
  }

  #checkOpen (): void {
    if (this.#closing !== null) throw new TorrentStoreError('CLOSED', 'the swarm was closed')
  }
}
