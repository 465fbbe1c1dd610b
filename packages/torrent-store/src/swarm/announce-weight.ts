// Who is announced sooner when the budget does not suffice for all: own before upvoted before cached, new before old,
// rare before common. A pure function of facts.

/** Why a torrent is seeded: it is one's own, one voted for it, or it merely lies here. */
export type SeedPriority = 'own' | 'upvoted' | 'cached'

export interface AnnounceFacts {
  readonly priority: SeedPriority
  /** Since its content was made, milliseconds; undefined: not known, which counts as old. */
  readonly ageMs: number | undefined
  /** Other peers of it that trackers and the DHT spoke of last; undefined: nobody was asked yet, which counts as rare. */
  readonly peers: number | undefined
}

export interface AnnounceReason {
  readonly priority: SeedPriority
  /** Made within a day, within 30 days, or before. */
  readonly recency: 'day' | 'month' | 'older'
  /** Up to 2 other peers, up to 10, or more. */
  readonly rarity: 'rare' | 'few' | 'common'
  /**
   * How patient it is, in rounds of the budget (the time in which every torrent could have one announce): 1/16 for
   * what is own, new and rare, to 4. A torrent that is due yields its turn to the less patient ones for this long.
   */
  readonly weight: number
}

const DAY_MS = 86_400_000
const PRIORITY = { own: 1, upvoted: 2, cached: 4 } as const
const RECENCY = { day: 1, month: 2, older: 4 } as const
const RARITY = { rare: 1, few: 2, common: 4 } as const
const SCALE = 16

export const MAX_ANNOUNCE_WEIGHT: number = PRIORITY.cached * RECENCY.older * RARITY.common / SCALE

/** Each fact counts up to four times: no tracker that makes up peers can do more than that. */
export function weighAnnounce ({ priority, ageMs = Infinity, peers = 0 }: AnnounceFacts): AnnounceReason {
  const recency = ageMs <= DAY_MS ? 'day' : ageMs <= 30 * DAY_MS ? 'month' : 'older'
  const rarity = peers <= 2 ? 'rare' : peers <= 10 ? 'few' : 'common'
  return { priority, recency, rarity, weight: PRIORITY[priority] * RECENCY[recency] * RARITY[rarity] / SCALE }
}
