import type { InfoHash } from '../torrent-ref.ts'

/**
 * The torrents that have state open in the swarm, `maxHot` of them. In a page: a place at WebSocket trackers, with
 * offers of connections. In Node, where an announce leaves nothing open: those announced or seeded last, which the
 * trackers are told of on closing.
 */
export interface HotSet<Entry extends { readonly infoHash: InfoHash }> {
  /** Adds a torrent, or makes it the most recent one; returns the one that had to go. */
  touch (entry: Entry): Entry | undefined
  get (infoHash: InfoHash): Entry | undefined
  delete (infoHash: InfoHash): Entry | undefined
  /** The least recent first. */
  values (): Entry[]
}

export function createHotSet<Entry extends { readonly infoHash: InfoHash }> (maxHot: number): HotSet<Entry> {
  const entries = new Map<InfoHash, Entry>() // in insertion order
  return {
    touch (entry) {
      entries.delete(entry.infoHash)
      entries.set(entry.infoHash, entry)
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
