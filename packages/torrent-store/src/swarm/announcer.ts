// Tells the open swarm what is seeded, over two ways with a plan and a budget each: trackers, which cost one request,
// and the DHT, which costs up to 90 datagrams. What is heard on the way says how rare a torrent is; trackers are
// scraped for those that are too many to be announced often.
import { BACKGROUND_SCRAPE_IDS, MAX_COUNTED_PEERS, MAX_TIMER_MS, type SwarmLimits } from '../limits.ts'
import type { InfoHash } from '../torrent-ref.ts'
import { createAnnouncePlan, type AnnouncePlan } from './announce.ts'
import { createHotSet, type HotSet } from './hot-set.ts'
import type { PeerFinder, PeerSearch, SeedCount } from './peer-finder.ts'
import { describePlan, type SwarmPlan } from './plan-view.ts'
import { createSeed, peersOf, reasonOf, type Seed, type SeedFacts } from './seed.ts'
import { createTokenBucket, type TokenBucket } from '../token-bucket.ts'

export interface AnnouncerOptions {
  /** Only what is held is announced. */
  readonly store: { has (infoHash: InfoHash): Promise<boolean> }
  readonly finder: PeerFinder
  readonly maxHot: number
  readonly limits: SwarmLimits
  /** Milliseconds of a clock that does not run backwards. */
  readonly now: () => number
  /** Ends everything. */
  readonly signal: AbortSignal
}

export interface HotTorrent {
  readonly infoHash: InfoHash
  /** Other peers that trackers and the DHT named last. */
  readonly peers: number
  /** Wall clock, milliseconds, of the last announce that somebody took; null before. */
  readonly announcedMs: number | null
  /** Milliseconds until it may be announced again; 0: it waits for the budget. */
  readonly dueInMs: number
}

export interface Announcer {
  /** Any number of torrents; one that is there already takes the facts. */
  add (infoHash: InfoHash, facts: SeedFacts): void
  /** Tells the trackers that know of it. True if it was there. */
  remove (infoHash: InfoHash): boolean
  has (infoHash: InfoHash): boolean
  hot (): HotTorrent[]
  plan (count: number): SwarmPlan
  /** Takes back what is hot; the rest is forgotten by the trackers themselves. */
  close (): void
}

/** One way to be found. */
export interface Channel {
  readonly plan: AnnouncePlan
  /** Announces under way. */
  readonly open: Set<InfoHash>
  /** Resolves with when the torrent may be announced again at the earliest; rejects if nobody took it. */
  announce (seed: Seed, search: PeerSearch): Promise<number>
  heard (seed: Seed, peers: number): void
}

export function createAnnouncer (options: AnnouncerOptions): Announcer {
  return new BudgetedAnnouncer(options)
}

class BudgetedAnnouncer implements Announcer {
  readonly #options: AnnouncerOptions
  /** In the order of `heardMs`. */
  readonly #seeds = new Map<InfoHash, Seed>()
  readonly #hot: HotSet<Seed>
  readonly #trackers: Channel | null
  readonly #dht: Channel | null
  readonly #channels: readonly Channel[]
  readonly #scrapes: TokenBucket | null
  #scraping = false
  #timer: NodeJS.Timeout | undefined
  #wakeMs = Infinity

  constructor (options: AnnouncerOptions) {
    const { finder, limits, now, maxHot } = options
    this.#options = options
    this.#hot = createHotSet(maxHot)
    const planAt = (announcesPerSecond: number, burst: number): AnnouncePlan => createAnnouncePlan({ announcesPerSecond, burst, intervalMs: limits.announceIntervalMs, nowMs: now() })
    this.#trackers = finder.hasTrackers
      ? {
          plan: planAt(limits.trackerAnnouncesPerSecond, limits.trackerAnnounceBurst),
          open: new Set(),
          announce: async (seed, search) => await finder.tellTrackers(seed, search),
          heard: (seed, peers) => { this.#heard(seed, peers) }
        }
      : null
    this.#dht = finder.hasDht
      ? {
          plan: planAt(limits.announcesPerSecond, limits.announceBurst),
          open: new Set(),
          announce: async ({ infoHash }, search) => { await finder.tellDht(infoHash, search); return -Infinity },
          heard: (seed, peers) => { seed.dhtPeers = peers }
        }
      : null
    this.#channels = [this.#trackers, this.#dht].filter(channel => channel !== null)
    this.#scrapes = finder.canScrape ? createTokenBucket(limits.scrapesPerSecond, 1, now()) : null
  }

  add (infoHash: InfoHash, facts: SeedFacts): void {
    const nowMs = this.#options.now()
    const seed = this.#seeds.get(infoHash) ?? createSeed(infoHash, facts, nowMs)
    seed.priority = facts.priority ?? seed.priority
    seed.createdMs = facts.createdMs ?? seed.createdMs
    this.#seeds.set(infoHash, seed)
    this.#hot.touch(seed)
    this.#weigh(seed)
    this.#arm()
  }

  remove (infoHash: InfoHash): boolean {
    const seed = this.#seeds.get(infoHash)
    if (seed === undefined) return false
    this.#seeds.delete(infoHash)
    this.#hot.delete(infoHash)
    for (const { plan } of this.#channels) plan.remove(infoHash)
    this.#options.finder.takeBack(seed)
    return true
  }

  has (infoHash: InfoHash): boolean {
    return this.#seeds.has(infoHash)
  }

  hot (): HotTorrent[] {
    const nowMs = this.#options.now()
    return this.#hot.values().map(seed => {
      const readyMs = Math.min(...this.#channels.map(({ plan }) => plan.readyMs(seed.infoHash) ?? nowMs))
      return { infoHash: seed.infoHash, peers: peersOf(seed) ?? 0, announcedMs: seed.announcedMs, dueInMs: Number.isFinite(readyMs) ? Math.max(0, readyMs - nowMs) : 0 }
    })
  }

  plan (count: number): SwarmPlan {
    return describePlan({ seeds: this.#seeds, trackers: this.#trackers, dht: this.#dht, count, nowMs: this.#options.now(), wallMs: Date.now() })
  }

  close (): void {
    clearTimeout(this.#timer)
    for (const seed of this.#hot.values()) this.#options.finder.takeBack(seed)
    this.#seeds.clear()
  }

  #weigh (seed: Seed): void {
    const { weight } = reasonOf(seed, Date.now())
    for (const { plan } of this.#channels) plan.add(seed.infoHash, this.#options.now(), weight)
  }

  /** One timer for everything; it moves only to an earlier time, or when it has run. */
  #arm (): void {
    if (this.#options.signal.aborted) return
    const nowMs = this.#options.now()
    const wakes = this.#channels.map(({ plan, open }) => open.size < this.#options.limits.maxOpenAnnounces ? plan.wakeMs(nowMs) ?? Infinity : Infinity)
    const wakeMs = Math.min(...wakes, this.#scrapeMs())
    if (wakeMs >= this.#wakeMs) return
    clearTimeout(this.#timer)
    this.#wakeMs = wakeMs
    this.#timer = setTimeout(() => { this.#work() }, Math.min(Math.max(0, Math.ceil(wakeMs - nowMs)), MAX_TIMER_MS))
    this.#timer.unref() // announcing is no reason for a process to stay
  }

  #work (): void {
    this.#wakeMs = Infinity
    const { now, limits: { maxOpenAnnounces } } = this.#options
    for (const channel of this.#channels) {
      while (channel.open.size < maxOpenAnnounces) {
        const infoHash = channel.plan.take(now())
        if (infoHash === undefined) break
        const seed = this.#seeds.get(infoHash)
        // One that takes longer than its interval is not begun twice: trackers would hear twice that it started.
        if (seed !== undefined && !channel.open.has(infoHash)) void this.#announce(channel, seed)
      }
    }
    if (this.#scrapeMs() <= now() && this.#scrapes?.take(1, now()) === true) void this.#scrape()
    this.#arm()
  }

  /** Never rejects: what fails is tried again. */
  async #announce (channel: Channel, seed: Seed): Promise<void> {
    const { store, finder, limits, now, signal } = this.#options
    const { infoHash } = seed
    channel.open.add(infoHash)
    try {
      const held = await store.has(infoHash).catch(() => true) // a read that fails says nothing
      if (!held) { if (this.#seeds.get(infoHash) === seed) this.remove(infoHash); return }
      const peers = new Set<string>()
      const onPeer: PeerSearch['onPeer'] = ({ host, port }) => { if (peers.size < MAX_COUNTED_PEERS) peers.add(`${host} ${port}`) }
      const againMs = await channel.announce(seed, { onPeer, signal }).catch(() => null)
      const current = this.#seeds.get(infoHash)
      if (current === undefined) {
        finder.takeBack(seed) // it went while we announced it
      } else if (current !== seed) {
        for (const [index, place] of seed.places.entries()) current.places[index] ??= place // it went and came back
        if (againMs === null) channel.plan.postpone(infoHash, now() + limits.announceRetryMs)
      } else if (againMs === null) {
        channel.plan.postpone(infoHash, now() + limits.announceRetryMs)
      } else {
        seed.announcedMs = Date.now()
        this.#hot.touch(seed)
        channel.heard(seed, peers.size)
        this.#weigh(seed)
        if (againMs > (channel.plan.readyMs(infoHash) ?? 0)) channel.plan.postpone(infoHash, againMs)
      }
    } finally {
      channel.open.delete(infoHash)
      this.#arm()
    }
  }

  /** When the torrents that trackers have not spoken of for longest are to be scraped. */
  #scrapeMs (): number {
    const [oldest] = this.#seeds.values()
    if (this.#scrapes === null || this.#scraping || oldest === undefined) return Infinity
    return Math.max(oldest.heardMs + this.#options.limits.scrapeIntervalMs, this.#scrapes.nextMs())
  }

  async #scrape (): Promise<void> {
    const { finder, limits, now, signal } = this.#options
    const seeds: Seed[] = []
    for (const seed of this.#seeds.values()) {
      if (seeds.length === BACKGROUND_SCRAPE_IDS || seed.heardMs + limits.scrapeIntervalMs > now()) break
      seeds.push(seed)
    }
    this.#scraping = true
    const counts = await finder.count(seeds.map(({ infoHash }) => infoHash), signal).catch(() => new Map<InfoHash, SeedCount>())
    this.#scraping = false
    for (const seed of seeds) {
      if (this.#seeds.get(seed.infoHash) !== seed) continue
      const count = counts.get(seed.infoHash)
      const ourselves = seed.places.filter(place => place !== undefined).length
      this.#heard(seed, count === undefined ? seed.trackerPeers : Math.max(0, count.seeders + count.leechers - ourselves)) // no answer: others first
      this.#weigh(seed)
    }
    this.#arm()
  }

  #heard (seed: Seed, peers: number | undefined): void {
    seed.trackerPeers = peers
    seed.heardMs = this.#options.now()
    this.#seeds.delete(seed.infoHash)
    this.#seeds.set(seed.infoHash, seed)
  }
}
