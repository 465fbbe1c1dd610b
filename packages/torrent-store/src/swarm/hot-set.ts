import type { InfoHash } from '../torrent-ref.ts'

/** A torrent that is announced to the open swarm. */
export interface HotEntry {
  readonly infoHash: InfoHash
  /** Other peers of it that trackers and the DHT named at the last announce. */
  peers: number
  /** Wall clock of the last announce that somebody took; null before. */
  announcedMs: number | null
  /** Trackers that know of us, and would go on naming us. */
  readonly toldTrackers: Set<string>
  /** Until when a tracker wants to be left alone. */
  readonly quietUntilMs: Map<string, number>
}

/** The most recently seeded torrents, `maxHot` of them. */
export interface HotSet {
  /** Adds a torrent, or makes it the most recent one; returns the one that had to go. */
  touch (infoHash: InfoHash): HotEntry | undefined
  get (infoHash: InfoHash): HotEntry | undefined
  delete (infoHash: InfoHash): HotEntry | undefined
  /** The least recent first. */
  values (): HotEntry[]
}

export function createHotSet (maxHot: number): HotSet {
  const entries = new Map<InfoHash, HotEntry>() // in insertion order
  return {
    touch (infoHash) {
      const entry = entries.get(infoHash) ?? { infoHash, peers: 0, announcedMs: null, toldTrackers: new Set<string>(), quietUntilMs: new Map<string, number>() }
      entries.delete(infoHash)
      entries.set(infoHash, entry)
      const [oldest] = entries.values()
      if (entries.size <= maxHot || oldest === undefined) return undefined
      entries.delete(oldest.infoHash)
      return oldest
    },
    get: infoHash => entries.get(infoHash),
    delete (infoHash) {
      const entry = entries.get(infoHash)
      entries.delete(infoHash)
      return entry
    },
    values: () => [...entries.values()]
  }
}
