import type { ShardInfo } from '../crdt-index.ts'
import { bytesToHex } from '../identity/encoding.ts'
import { sha256 } from '../identity/sha256.ts'
import type { ShardSync } from '../sync/sync-status.ts'
import type { Shard } from './shard.ts'

/** What is here of each shard, and what is known of the rest. `held`: in reading order; `exchanged`: the same and more. */
export function describeShards (held: readonly Shard[], exchanged: readonly ShardSync[]): ShardInfo[] {
  const byPeriod = new Map(held.map(shard => [shard.period, shard]))
  const all = exchanged.length > 0 ? exchanged : held.map(({ period }) => ({ period, state: 'alone' as const, missing: 0, agreeing: 0 }))
  return all.map(({ period, state, missing, agreeing }) => {
    const shard = byPeriod.get(period)
    const envelopes = shard?.envelopeCount ?? 0
    return {
      period,
      envelopes,
      digest: bytesToHex(shard?.summary().digest ?? sha256(new Uint8Array())),
      holding: missing === 0 ? 'whole' : envelopes === 0 ? 'absent' : 'partial',
      state,
      missing,
      agreeing
    }
  })
}
