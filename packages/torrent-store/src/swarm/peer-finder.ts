// One peer's talk with trackers and the DHT: asking them for peers, telling them of a torrent, taking it back.
import { MAX_FAREWELLS, MAX_TRACKER_BACKOFF_DOUBLINGS, type SwarmLimits } from '../limits.ts'
import type { InfoHash, PartialTorrentRef } from '../torrent-ref.ts'
import type { Seed } from './seed.ts'
import { TrackerRefusal, type Announce, type PeerAddress, type TrackerCount } from './tracker-message.ts'
import { announceTo, canScrape, isHintedTrackerUrl, isTrackerUrl, mayTell, scrapeFrom, type TrackerAnswer } from './tracker.ts'
import { reachOf } from './address-reach.ts'
import { AddressScope } from './address-scope.ts'
import { openDhtNode, type DhtNode, type DhtNodeOptions } from './webtorrent.ts'

export interface PeerFinderOptions {
  /** Address of our own listener: a peer that is ourselves is none. */
  readonly host: string
  /** Port that others find us at; undefined: nobody does. */
  readonly port: number | undefined
  readonly trackers: readonly string[]
  /** Null: no DHT. */
  readonly dht: Pick<DhtNodeOptions, 'port' | 'bootstrap'> | null
  readonly peerId: Uint8Array
  readonly limits: SwarmLimits
  readonly now: () => number
}

export interface PeerSearch {
  readonly onPeer: (peer: PeerAddress) => void
  readonly signal: AbortSignal
}

/** What the trackers that answered count together; peers known to two of them count twice. */
export interface SeedCount extends TrackerCount {
  /** Trackers that know the torrent. */
  readonly trackers: number
}

/** Trackers of a magnet link or .torrent file. */
export interface TrackerHints {
  readonly urls: readonly string[]
  /** Whether they may lead into this machine or its network. */
  readonly near: boolean
}

export interface PeerFinder {
  readonly hasTrackers: boolean
  readonly hasDht: boolean
  /** Whether any tracker counts peers for whoever asks. */
  readonly canScrape: boolean
  /**
   * Asks the trackers, those of `hints` too that may be asked, and the DHT, until all have answered. Trackers list whoever asks, so that
   * they are told once `signal` aborts that we are off again, unless `isSeeded` then. Rejects if none answered.
   */
  find (ref: PartialTorrentRef, hints: TrackerHints, search: PeerSearch, isSeeded: () => boolean): Promise<void>
  /**
   * Tells our own trackers that we seed it, but for those that want to be left alone and those that keep failing.
   * Resolves with when one that knows of us may be told again; rejects if none does.
   */
  tellTrackers (seed: Seed, search: PeerSearch): Promise<number>
  /** Tells the DHT that we seed it. Rejects if no node took it. */
  tellDht (infoHash: InfoHash, search: PeerSearch): Promise<void>
  /** Takes back what the trackers were told. */
  takeBack (seed: Seed): void
  /** Asks our own trackers to count; torrents that none knows are absent. Rejects if none answered. */
  count (infoHashes: readonly InfoHash[], signal: AbortSignal): Promise<Map<InfoHash, SeedCount>>
  /** The DHT node, started on first use; null if there is to be none. LISTEN_FAILED. */
  dht (): Promise<DhtNode | null>
  /** Stops the DHT node and waits for farewells. */
  close (): Promise<void>
}

export function createPeerFinder (options: PeerFinderOptions): PeerFinder {
  return new Finder(options)
}

/** Announced where there is no listener: trackers insist on a port, and nobody listens on this one. */
const NO_PORT = 1

type ListedAs = Pick<Announce, 'infoHash' | 'left' | 'event'>

/** One of our own trackers. */
interface OwnTracker {
  readonly url: string
  /** Announces that failed in a row, and until when it is left alone for that. */
  failures: number
  quietUntilMs: number
}

class Finder implements PeerFinder {
  readonly #options: PeerFinderOptions
  readonly #own: readonly OwnTracker[]
  /** What is under way, by tracker and infohash: whoever greets a tracker again lets the farewell arrive first. */
  readonly #farewells = new Map<string, Promise<void>>()
  #opening: Promise<DhtNode> | null = null
  #closed = false

  constructor (options: PeerFinderOptions) {
    this.#options = options
    this.#own = this.#trackers([]).map(url => ({ url, failures: 0, quietUntilMs: -Infinity }))
  }

  get hasTrackers (): boolean { return this.#own.length > 0 }
  get hasDht (): boolean { return this.#options.dht !== null }
  get canScrape (): boolean { return this.#own.some(({ url }) => canScrape(url)) }

  async find (ref: PartialTorrentRef, hints: TrackerHints, search: PeerSearch, isSeeded: () => boolean): Promise<void> {
    const { infoHash, length } = ref
    const { signal } = search
    await anyOf([
      ...this.#trackers(hints.urls).map(async tracker => {
        if (!hints.near && !this.#options.trackers.includes(tracker)) await mustLeadOut(tracker)
        signal.throwIfAborted()
        let listed = !isSeeded()
        onceAborted(signal, () => { if (listed && !isSeeded()) this.#farewell(tracker, infoHash) })
        try {
          const { peers } = await this.#tell(tracker, listed ? { infoHash, left: length ?? 1, event: 'started' } : { infoHash, left: 0 }, signal)
          await this.#believe(tracker, peers, search)
        } catch (error) {
          listed &&= signal.aborted // a question that was cut short may have arrived
          throw error
        }
      }),
      ...this.hasDht ? [this.#overDht(async dht => { await dht.lookup(infoHash, this.#limited(search)) })] : []
    ])
  }

  async tellTrackers (seed: Seed, search: PeerSearch): Promise<number> {
    const { now } = this.#options
    const isQuiet = (tracker: OwnTracker, index: number): boolean => Math.max(tracker.quietUntilMs, seed.places[index] ?? -Infinity) > now()
    const asked = [...this.#own.entries()].filter(([index, tracker]) => !isQuiet(tracker, index))
    const results = await Promise.allSettled(asked.map(async ([index, tracker]) => { await this.#tellOwn(tracker, index, seed, search) }))
    const told = seed.places.filter(place => place !== undefined)
    if (told.length === 0) throw results.find(result => result.status === 'rejected')?.reason ?? new Error('no tracker answers')
    return Math.min(...told)
  }

  async tellDht (infoHash: InfoHash, search: PeerSearch): Promise<void> {
    await this.#overDht(async dht => {
      const limited = this.#limited(search)
      await dht.announce(infoHash, this.#options.port ?? NO_PORT, limited)
      limited.signal.throwIfAborted()
    })
  }

  takeBack (seed: Seed): void {
    for (const [index, { url }] of this.#own.entries()) if (seed.places[index] !== undefined) this.#farewell(url, seed.infoHash)
    seed.places = []
  }

  async count (infoHashes: readonly InfoHash[], signal: AbortSignal): Promise<Map<InfoHash, SeedCount>> {
    const { maxTrackerAnswerBytes: maxAnswerBytes, trackerTimeoutMs: timeoutMs } = this.#options.limits
    const counts = new Map<InfoHash, SeedCount>()
    await anyOf(this.#own.filter(({ url }) => canScrape(url)).map(async ({ url }) => {
      for (const [infoHash, count] of await scrapeFrom(url, infoHashes, { signal, maxAnswerBytes, timeoutMs })) {
        if (count.seeders + count.leechers + count.completed === 0) continue // how a UDP tracker says that it does not know it
        const { seeders, leechers, completed, trackers } = counts.get(infoHash) ?? { seeders: 0, leechers: 0, completed: 0, trackers: 0 }
        counts.set(infoHash, { seeders: seeders + count.seeders, leechers: leechers + count.leechers, completed: completed + count.completed, trackers: trackers + 1 })
      }
    }))
    return counts
  }

  async dht (): Promise<DhtNode | null> {
    const { dht, host, peerId } = this.#options
    if (dht === null || this.#closed) return null
    const opening = this.#opening ??= openDhtNode({ ...dht, host, peerId })
    opening.catch(() => { if (this.#opening === opening) this.#opening = null }) // the next one who needs it tries again
    return await opening
  }

  async close (): Promise<void> {
    this.#closed = true
    const dht = await this.#opening?.catch(() => null)
    await Promise.all([dht?.close(), ...this.#farewells.values()])
  }

  #trackers (hints: readonly string[]): string[] {
    return [...new Set([...this.#options.trackers.filter(isTrackerUrl), ...hints.filter(isHintedTrackerUrl)])].slice(0, this.#options.limits.maxTrackers)
  }

  async #overDht (talk: (dht: DhtNode) => Promise<void>): Promise<void> {
    const dht = await this.dht()
    if (dht !== null) await talk(dht)
  }

  #limited ({ onPeer, signal }: PeerSearch): PeerSearch {
    return { onPeer: peer => { this.#report([peer], { onPeer, signal }) }, signal: AbortSignal.any([signal, AbortSignal.timeout(this.#options.limits.dhtLookupMs)]) }
  }

  /** Passes on whom a tracker may name. */
  async #believe (tracker: string, peers: readonly PeerAddress[], search: PeerSearch): Promise<void> {
    const isOurs = this.#options.trackers.includes(tracker)
    const believed = await Promise.all(peers.map(async peer => await mayTell(tracker, isOurs, peer)))
    this.#report(peers.filter((_, index) => believed[index]), search)
  }

  #report (peers: readonly PeerAddress[], { onPeer }: PeerSearch): void {
    const { host, port } = this.#options
    for (const peer of peers) if (peer.host !== host || peer.port !== port) onPeer(peer)
  }

  async #tellOwn (tracker: OwnTracker, index: number, seed: Seed, search: PeerSearch): Promise<void> {
    const { now, limits } = this.#options
    const isNew = seed.places[index] === undefined
    seed.places[index] ??= -Infinity // a question that is cut short may have arrived: it is taken back too
    try {
      const { peers, intervalMs } = await this.#tell(tracker.url, { infoHash: seed.infoHash, left: 0, ...(isNew ? { event: 'started' } : {}) }, search.signal)
      seed.places[index] = now() + intervalMs
      tracker.failures = 0
      await this.#believe(tracker.url, peers, search)
    } catch (error) {
      if (isNew && !search.signal.aborted) seed.places[index] = undefined
      // Who answers nobody is asked ever more seldom, whatever the torrent: it would hold up those for the others.
      // A refusal is an answer, and those under way when it fell silent count once.
      if (!(error instanceof TrackerRefusal) && !search.signal.aborted && tracker.quietUntilMs <= now()) {
        tracker.quietUntilMs = now() + limits.announceRetryMs * 2 ** Math.min(tracker.failures++, MAX_TRACKER_BACKOFF_DOUBLINGS)
      }
      throw error
    }
  }

  #farewell (tracker: string, infoHash: InfoHash): void {
    const key = `${tracker} ${infoHash}`
    if (this.#farewells.has(key) || this.#farewells.size >= MAX_FAREWELLS) return
    const told = this.#send(tracker, { infoHash, left: 0, event: 'stopped' }, AbortSignal.timeout(this.#options.limits.farewellMs))
    this.#farewells.set(key, told.then(() => {}, () => {}).then(() => { this.#farewells.delete(key) }))
  }

  async #tell (tracker: string, announce: ListedAs, signal: AbortSignal): Promise<TrackerAnswer> {
    await this.#farewells.get(`${tracker} ${announce.infoHash}`)
    return await this.#send(tracker, announce, signal)
  }

  async #send (tracker: string, announce: ListedAs, signal: AbortSignal): Promise<TrackerAnswer> {
    const { peerId, port = NO_PORT, limits } = this.#options
    return await announceTo(tracker, { ...announce, peerId, port }, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(limits.trackerTimeoutMs)]), maxAnswerBytes: limits.maxTrackerAnswerBytes
    })
  }
}

/** A stranger's tracker: see address-scope.ts. */
async function mustLeadOut (tracker: string): Promise<void> {
  if (await reachOf(new URL(tracker).hostname) !== AddressScope.world) throw new Error('the tracker of a link leads into this machine or its network')
}

function onceAborted (signal: AbortSignal, work: () => void): void {
  if (signal.aborted) work()
  else signal.addEventListener('abort', work, { once: true })
}

/** Waits for all; rejects if none succeeded. */
async function anyOf (work: ReadonlyArray<Promise<void>>): Promise<void> {
  const results = await Promise.allSettled(work)
  const failed = results.filter(result => result.status === 'rejected')
  if (failed.length === results.length) throw failed[0]?.reason ?? new Error('there is no tracker to ask, and no DHT')
}
