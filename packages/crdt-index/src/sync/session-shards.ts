// What a session knows of each shard: whether the digests agree, and what the peer has there by its own account.
import { CrdtIndexError } from '../errors.ts'
import { META_PERIOD, type Period, type ShardSummary } from '../model.ts'
import { equalBytes } from '../identity/encoding.ts'

export interface ShardResult {
  readonly period: Period
  /** The digests agree now. */
  readonly equal: boolean
  /** Envelopes that the peer has by its own account and did not deliver, at least; 0 where the digests agree. */
  readonly missing: number
}

export interface SessionProgress {
  readonly shards: readonly ShardResult[]
  /** Envelopes still expected, at least. */
  readonly missing: number
}

/** `claimed`: how many more than here, by the peer's count. `named`: by hash. `delivered`: of these, taken here or not. */
interface ShardExchange { equal: boolean, wasEqual: boolean, claimed: number, named: number, delivered: number }

export class SessionShards {
  readonly #shards = new Map<Period, ShardExchange>()

  /** Periods whose digests differ, in the order in which they are worth having. Throws BAD_FRAME. */
  compare (own: readonly ShardSummary[], others: readonly ShardSummary[]): Period[] {
    const theirs = new Map(others.map(shard => [shard.period, shard]))
    const ours = new Map(own.map(shard => [shard.period, shard]))
    if (theirs.size !== others.length) throw new CrdtIndexError('BAD_FRAME', 'sync: a shard is named twice')
    const differing = [...new Set([...ours.keys(), ...theirs.keys()])].filter(period => {
      const [a, b] = [ours.get(period), theirs.get(period)]
      return a === undefined || b === undefined || !equalBytes(a.digest, b.digest)
    })
    for (const period of differing) this.#of(period).claimed = Math.max(0, (theirs.get(period)?.count ?? 0) - (ours.get(period)?.count ?? 0))
    return differing.sort((a, b) => a === META_PERIOD ? -1 : b === META_PERIOD ? 1 : b - a)
  }

  /** A repeat names again whatever differs. */
  repeat (period: Period): void {
    Object.assign(this.#of(period), { claimed: 0, named: 0, delivered: 0 })
  }

  named (period: Period, envelopes: number): void { this.#of(period).named += envelopes }

  delivered (period: Period, envelopes: number): void { this.#of(period).delivered += envelopes }

  /** From here on the peer's count says nothing: whatever it has was named. */
  settled (period: Period): void { this.#of(period).claimed = 0 }

  /** Takes down a comparison of digests; true when a shard that differed is found equal, once a shard. */
  agree (period: Period, equal: boolean): boolean {
    const shard = this.#shards.get(period)
    if (shard === undefined) return false
    shard.equal = equal
    if (!equal || shard.wasEqual) return false
    shard.wasEqual = true
    return true
  }

  results (): ShardResult[] {
    return [...this.#shards].map(([period, { equal, claimed, named, delivered }]) => ({ period, equal, missing: equal ? 0 : Math.max(0, Math.max(claimed, named) - delivered) }))
  }

  progress (): SessionProgress {
    const shards = this.results()
    return { shards, missing: shards.reduce((sum, { missing }) => sum + missing, 0) }
  }

  #of (period: Period): ShardExchange {
    let shard = this.#shards.get(period)
    if (shard === undefined) this.#shards.set(period, shard = { equal: false, wasEqual: false, claimed: 0, named: 0, delivered: 0 })
    return shard
  }
}
