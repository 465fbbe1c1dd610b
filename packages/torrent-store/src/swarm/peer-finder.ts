// One peer's talk with trackers and the DHT: asking them for peers, telling them of a torrent, taking it back.
import type { InfoHash, PartialTorrentRef } from '../torrent-ref.ts'
import type { SwarmLimits } from '../limits.ts'
import type { HotEntry } from './hot-set.ts'
import type { Announce, PeerAddress } from './tracker-message.ts'
import { announceTo, isTrackerUrl, type TrackerAnswer } from './tracker.ts'
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

export interface PeerFinder {
  /**
   * Asks the trackers, those of `hints` too, and the DHT, until all have answered. Trackers list whoever asks, so that
   * they are told once `signal` aborts that we are off again, unless `isSeeded` then. Rejects if none answered.
   */
  find (ref: PartialTorrentRef, hints: readonly string[], search: PeerSearch, isSeeded: () => boolean): Promise<void>
  /** Tells the trackers that are not to be left alone, and the DHT, that we seed it. Rejects if none took it. */
  announce (entry: HotEntry, search: PeerSearch): Promise<void>
  /** Takes back what the trackers were told. */
  takeBack (entry: HotEntry): void
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

class Finder implements PeerFinder {
  readonly #options: PeerFinderOptions
  /** What is under way, by tracker and infohash: whoever greets a tracker again lets the farewell arrive first. */
  readonly #farewells = new Map<string, Promise<void>>()
  #opening: Promise<DhtNode> | null = null
  #closed = false

  constructor (options: PeerFinderOptions) {
    this.#options = options
  }

  async find (ref: PartialTorrentRef, hints: readonly string[], search: PeerSearch, isSeeded: () => boolean): Promise<void> {
    const { infoHash, length } = ref
    const { signal } = search
    await anyOf([
      ...this.#trackers(hints).map(async tracker => {
        let listed = !isSeeded()
        onceAborted(signal, () => { if (listed && !isSeeded()) this.#farewell(tracker, infoHash) })
        try {
          const { peers } = await this.#tell(tracker, listed ? { infoHash, left: length ?? 1, event: 'started' } : { infoHash, left: 0 }, signal)
          this.#report(peers, search)
        } catch (error) {
          listed &&= signal.aborted // a question that was cut short may have arrived
          throw error
        }
      }),
      ...this.#overDht(async dht => { await dht.lookup(infoHash, this.#limited(search)) })
    ])
  }

  async announce (entry: HotEntry, search: PeerSearch): Promise<void> {
    const { infoHash, toldTrackers, quietUntilMs } = entry
    const { now, port = NO_PORT } = this.#options
    await anyOf([
      ...this.#trackers([]).map(async tracker => {
        if ((quietUntilMs.get(tracker) ?? -Infinity) > now()) return
        const { peers, intervalMs } = await this.#tell(tracker, { infoHash, left: 0, ...(toldTrackers.has(tracker) ? {} : { event: 'started' }) }, search.signal)
        toldTrackers.add(tracker)
        quietUntilMs.set(tracker, now() + intervalMs)
        this.#report(peers, search)
      }),
      ...this.#overDht(async dht => {
        const limited = this.#limited(search)
        await dht.announce(infoHash, port, limited)
        limited.signal.throwIfAborted()
      })
    ])
  }

  takeBack ({ infoHash, toldTrackers }: HotEntry): void {
    for (const tracker of toldTrackers) this.#farewell(tracker, infoHash)
    toldTrackers.clear()
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
    return [...new Set([...this.#options.trackers, ...hints])].filter(isTrackerUrl).slice(0, this.#options.limits.maxTrackers)
  }

  #overDht (talk: (dht: DhtNode) => Promise<void>): Array<Promise<void>> {
    if (this.#options.dht === null) return []
    return [this.dht().then(async dht => { if (dht !== null) await talk(dht) })]
  }

  #limited ({ onPeer, signal }: PeerSearch): PeerSearch {
    return { onPeer: peer => { this.#report([peer], { onPeer, signal }) }, signal: AbortSignal.any([signal, AbortSignal.timeout(this.#options.limits.dhtLookupMs)]) }
  }

  #report (peers: readonly PeerAddress[], { onPeer }: PeerSearch): void {
    const { host, port } = this.#options
    for (const peer of peers) if (peer.host !== host || peer.port !== port) onPeer(peer)
  }

  #farewell (tracker: string, infoHash: InfoHash): void {
    const key = `${tracker} ${infoHash}`
    if (this.#farewells.has(key)) return
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
