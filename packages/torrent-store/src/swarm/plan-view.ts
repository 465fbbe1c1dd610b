// The announce plan, to look at: what is next, when, and why.
import type { InfoHash } from '../torrent-ref.ts'
import type { AnnounceReason, SeedPriority } from './announce-weight.ts'
import type { Channel } from './announcer.ts'
import { peersOf, reasonOf, type Seed } from './seed.ts'

export interface NextAnnounce extends AnnounceReason {
  readonly infoHash: InfoHash
  /** Milliseconds until its turn if nothing changes; 0: at once. */
  readonly inMs: number
  /** Other peers that were named last; null: nobody was asked yet. */
  readonly peers: number | null
  /** Wall clock, milliseconds, of its last announce that somebody took; null before. */
  readonly announcedMs: number | null
}

export interface ChannelPlan {
  /** Announces a second, and how many a quiet time may save up. */
  readonly perSecond: number
  readonly burst: number
  /** Announces that may go at once. */
  readonly tokens: number
  /** Milliseconds until the next token; 0: there is one. */
  readonly nextTokenInMs: number
  /** Announces under way. */
  readonly underWay: number
  /** Milliseconds in which the budget has a turn for every torrent: the time between two announces of one, if it is longer than the interval. */
  readonly roundMs: number
  /** The next turns, in order. */
  readonly next: readonly NextAnnounce[]
}

export interface SwarmPlan {
  /** Torrents that are seeded, by priority. */
  readonly seeds: Readonly<Record<SeedPriority, number>>
  /** Null: there are none. */
  readonly trackers: ChannelPlan | null
  readonly dht: ChannelPlan | null
}

export interface PlanViewOptions {
  readonly seeds: ReadonlyMap<InfoHash, Seed>
  readonly trackers: Channel | null
  readonly dht: Channel | null
  /** Turns to show of each. */
  readonly count: number
  readonly nowMs: number
  readonly wallMs: number
}

export function describePlan ({ seeds, trackers, dht, count, nowMs, wallMs }: PlanViewOptions): SwarmPlan {
  const counts = { own: 0, upvoted: 0, cached: 0 }
  for (const { priority } of seeds.values()) counts[priority]++

  function describe ({ plan, open }: Channel): ChannelPlan {
    const { perSecond, burst, tokens, nextTokenMs } = plan.budget(nowMs)
    const next = plan.next(count, nowMs).flatMap(({ infoHash, atMs }): NextAnnounce[] => {
      const seed = seeds.get(infoHash)
      return seed === undefined ? [] : [{ infoHash, inMs: atMs - nowMs, peers: peersOf(seed) ?? null, announcedMs: seed.announcedMs, ...reasonOf(seed, wallMs) }]
    })
    return { perSecond, burst, tokens, nextTokenInMs: Math.max(0, nextTokenMs - nowMs), underWay: open.size, roundMs: plan.size / perSecond * 1000, next }
  }

  return { seeds: counts, trackers: trackers === null ? null : describe(trackers), dht: dht === null ? null : describe(dht) }
}
