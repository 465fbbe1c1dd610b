// What a side of a session says of its shards, and what the two then have to compare: a month that either does not keep is
// neither pushed to it nor asked of it.
import { META_PERIOD, type CommunityAddress, type Period, type Replica, type ShardSummary } from '../model.ts'
import { EVERYTHING, isPartial } from '../keeping/keeping.ts'

export interface Offer {
  readonly shards: readonly ShardSummary[]
  /** Months from here on are kept, besides `meta` and those that `shards` lists; 0: all. */
  readonly since: Period
  /** Of `shards`: held in part for a reason that lasts, ascending. */
  readonly partial: readonly Period[]
}

/** Digest of a shard that holds nothing, as sessions name it. */
export const NO_DIGEST: Uint8Array = new Uint8Array(32)

export function offerOf (replica: Pick<Replica, 'shards' | 'keeping'>, community: CommunityAddress): Offer {
  const { keeping = EVERYTHING } = replica
  const held = replica.shards(community)
  const wanted = keeping.wantedOf(community).filter(period => !held.some(shard => shard.period === period))
  return {
    shards: [...held, ...wanted.map(period => ({ period, digest: NO_DIGEST, count: 0 }))],
    since: keeping.sinceOf(community),
    partial: held.map(({ period }) => period).filter(period => isPartial(keeping, community, period)).sort((a, b) => a - b)
  }
}

/** What the offer says of one shard; all of it where `only` is null. */
export function offerWithin (offer: Offer, only: Period | null): Offer {
  return only === null ? offer : { ...offer, shards: offer.shards.filter(({ period }) => period === only), partial: offer.partial.filter(period => period === only) }
}

/** Whether the side that made the offer takes anything of the month. */
export function takes ({ shards, since }: Offer, period: Period): boolean {
  return period === META_PERIOD || period >= since || shards.some(shard => shard.period === period)
}
