import type { ShardInfo } from '../crdt-index.ts'
import { bytesToHex } from '../identity/encoding.ts'
import { sha256 } from '../identity/sha256.ts'
import { META_PERIOD, type Period } from '../model.ts'
import type { ShardSync } from '../sync/sync-status.ts'
import type { Shard } from './shard.ts'

export interface KeptHere {
  isKept (period: Period): boolean
  /** Authors are left out: nothing is here whole. */
  readonly isCut: boolean
}

/** What is here of each shard, and what is known of the rest. `exchanged`: in reading order. */
export function describeShards (held: Iterable<Shard>, exchanged: readonly ShardSync[], { isKept, isCut }: KeptHere): ShardInfo[] {
  const byPeriod = new Map([...held].filter(({ envelopeCount, recalled }) => envelopeCount > 0 || recalled !== null).map(shard => [shard.period, shard]))
  const bySync = new Map(exchanged.map(shard => [shard.period, shard]))
  const periods = [...new Set([...byPeriod.keys(), ...bySync.keys()])].sort((a, b) => a === META_PERIOD ? -1 : b === META_PERIOD ? 1 : b - a)
  return periods.map(period => {
    const shard = byPeriod.get(period)
    const { state = 'alone', missing = 0, agreeing = 0, elsewhere = 0 } = bySync.get(period) ?? {}
    const envelopes = shard?.envelopeCount ?? 0
    const kept = isKept(period)
    const recalled = shard?.recalled ?? null
    const isWhole = kept && !isCut && recalled === null && missing === 0
    return {
      period,
      envelopes,
      digest: bytesToHex(shard?.summary().digest ?? sha256(new Uint8Array())),
      holding: isWhole ? 'whole' : envelopes === 0 ? 'absent' : 'partial',
      kept,
      asOfMs: recalled?.view.asOfMs ?? null,
      elsewhere,
      state,
      missing,
      agreeing
    }
  })
}
