// One torrent that is seeded: what is known of it, small enough for many thousands of them.
import type { InfoHash } from '../torrent-ref.ts'
import { weighAnnounce, type AnnounceReason, type SeedPriority } from './announce-weight.ts'

/** What the owner knows of a torrent; it decides who is announced sooner where the budget does not suffice for all. */
export interface SeedFacts {
  /** Default `own`. */
  readonly priority?: SeedPriority
  /** Wall clock, milliseconds, at which its content was made. Default: not known, which counts as old. */
  readonly createdMs?: number
}

export interface Seed {
  readonly infoHash: InfoHash
  priority: SeedPriority
  createdMs: number | undefined
  /** Other peers of it that trackers named or counted last; undefined: none was asked yet. */
  trackerPeers: number | undefined
  /** The same of the DHT. */
  dhtPeers: number | undefined
  /** Wall clock of the last announce that somebody took; null before. */
  announcedMs: number | null
  /** When a tracker last spoke of it, or it was added: on the clock of the plan. */
  heardMs: number
  /** By index of our own trackers, those that know of us: until when each wants to be left alone, on the clock of the plan. */
  places: Array<number | undefined>
}

export function createSeed (infoHash: InfoHash, { priority = 'own', createdMs }: SeedFacts, nowMs: number): Seed {
  return { infoHash, priority, createdMs, trackerPeers: undefined, dhtPeers: undefined, announcedMs: null, heardMs: nowMs, places: [] }
}

/** Other peers of it, as far as anybody said. */
export function peersOf ({ trackerPeers, dhtPeers }: Seed): number | undefined {
  return trackerPeers === undefined && dhtPeers === undefined ? undefined : Math.max(trackerPeers ?? 0, dhtPeers ?? 0)
}

export function reasonOf (seed: Seed, wallMs: number): AnnounceReason {
  return weighAnnounce({ priority: seed.priority, ageMs: seed.createdMs === undefined ? undefined : wallMs - seed.createdMs, peers: peersOf(seed) })
}
