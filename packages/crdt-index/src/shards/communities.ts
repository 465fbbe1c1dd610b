// Which communities this peer takes part in, and the shards it holds of each.
import type { Genesis } from '../envelope/genesis.ts'
import { META_PERIOD, type CommunityAddress, type Period } from '../model.ts'
import { createUsage, type Usage } from '../keeping/usage.ts'
import { createShard, type Shard } from './shard.ts'

export interface CommunityState {
  readonly address: CommunityAddress
  readonly joinedAtMs: number
  /** Null while only the address is known: nothing can be checked against it, so nothing is held yet. */
  readonly genesis: Genesis | null
  readonly genesisBytes: Uint8Array | undefined
  readonly shards: ReadonlyMap<Period, Shard>
  shard (period: Period): Shard
  /** What the shards take up. */
  readonly usage: Usage
  /** Takes a shard that was made elsewhere in the place of the one of its period, if any. */
  adopt (shard: Shard): void
}

export function createCommunityState ({ address, joinedAtMs, genesis, genesisBytes }: Pick<CommunityState, 'address' | 'joinedAtMs' | 'genesis' | 'genesisBytes'>): CommunityState {
  const shards = new Map<Period, Shard>()
  const usage = createUsage(genesis?.founder ?? null)
  return {
    address,
    joinedAtMs,
    genesis,
    genesisBytes,
    shards,
    usage,
    shard (period) {
      let shard = shards.get(period)
      if (shard === undefined) {
        shards.set(period, shard = createShard(address, period, genesis?.founder ?? null))
        shard.countsTo(usage)
      }
      return shard
    },
    adopt (shard) {
      const before = shards.get(shard.period)
      before?.countsTo(null)
      if (shard.recalled === null) shard.recall(before?.recalled ?? null)
      shards.set(shard.period, shard)
      shard.countsTo(usage)
    }
  }
}

/** `meta` first, then the newest month: the order in which a newcomer can use them. */
export function shardsInReadingOrder (state: CommunityState): Shard[] {
  return [...state.shards.values()].sort((a, b) => a.period === META_PERIOD ? -1 : b.period === META_PERIOD ? 1 : b.period - a.period)
}
