// What a session knows of each shard: whether the digests agree, and what the peer has there by its own account.
import { CrdtIndexError } from '../errors.ts'
import type { Period } from '../model.ts'
import { equalBytes } from '../identity/encoding.ts'
import { NO_DIGEST, takes, type Offer } from './offer.ts'

export interface ShardResult {
  readonly period: Period
  /** The digests agree now. */
  readonly equal: boolean
  /** Envelopes that the peer has by its own account and did not deliver, at least; 0 where the digests agree. */
  readonly missing: number
  /** One side keeps only a part of the month, or nothing of it: the two differ, and nothing is amiss. */
  readonly partial?: true
  /** With `partial`: it was gone into all the same, to its end. */
  readonly settled?: true
  /** Though they differ, the peer has all that is here. */
  readonly given?: true
  /** Envelopes that the peer says it has of a month that is not kept here. */
  readonly elsewhere?: number
}

export interface SessionProgress {
  readonly shards: readonly ShardResult[]
  /** Envelopes still expected, at least. */
  readonly missing: number
}

/** `claimed`: how many more than here, by the peer's count. `named`: by hash. `delivered`: of these, taken here or not. */
interface ShardExchange { equal: boolean, wasEqual: boolean, claimed: number, named: number, delivered: number, partial: boolean, settled: boolean, given: boolean, elsewhere: number }

/** What the two sides say of one shard before they compare it. */
export interface ShardDifference { readonly period: Period, readonly own: Uint8Array, readonly other: Uint8Array }

export class SessionShards {
  readonly #shards = new Map<Period, ShardExchange>()

  /** The shards that the peer takes and whose digests differ. Throws BAD_FRAME. */
  compare (own: Offer, others: Offer): ShardDifference[] {
    const theirs = new Map(others.shards.map(shard => [shard.period, shard]))
    const ours = new Map(own.shards.map(shard => [shard.period, shard]))
    if (theirs.size !== others.shards.length) throw new CrdtIndexError('BAD_FRAME', 'sync: a shard is named twice')
    const differing: ShardDifference[] = []
    for (const period of new Set([...ours.keys(), ...theirs.keys()])) {
      const [a, b] = [ours.get(period), theirs.get(period)]
      const difference = { period, own: a?.digest ?? NO_DIGEST, other: b?.digest ?? NO_DIGEST }
      if (equalBytes(difference.own, difference.other)) continue
      const [isTakenHere, isTakenThere] = [takes(own, period), takes(others, period)]
      const isPartialHere = own.partial.includes(period)
      Object.assign(this.#of(period), {
        partial: !isTakenHere || !isTakenThere || isPartialHere || others.partial.includes(period),
        claimed: !isTakenHere || isPartialHere ? 0 : Math.max(0, (b?.count ?? 0) - (a?.count ?? 0)),
        elsewhere: isTakenHere && !isPartialHere ? 0 : b?.count ?? 0
      })
      if (isTakenThere) differing.push(difference)
    }
    return differing
  }

  /** Whether the two may go into the shard: it differed as they compared. */
  has (period: Period): boolean { return this.#shards.has(period) }

  /** A repeat names again whatever differs. */
  repeat (period: Period): void {
    Object.assign(this.#of(period), { claimed: 0, named: 0, delivered: 0 })
  }

  /** The shard is gone into. `partial`: as what is kept says now, which may be more or less than when the session began. */
  begin (period: Period, partial: boolean): void {
    Object.assign(this.#of(period), partial ? { partial } : { partial, elsewhere: 0 })
  }

  named (period: Period, envelopes: number): void { this.#of(period).named += envelopes }

  delivered (period: Period, envelopes: number): void { this.#of(period).delivered += envelopes }

  /** From here on the peer's count says nothing: whatever it has was named. */
  settled (period: Period): void { Object.assign(this.#of(period), { claimed: 0, settled: true }) }

  /** The peer took whatever is here. */
  given (period: Period): void { this.#of(period).given = true }

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
    return [...this.#shards].map(([period, { equal, claimed, named, delivered, partial, settled, given, elsewhere }]) => ({
      period,
      equal,
      missing: equal ? 0 : Math.max(0, Math.max(claimed, named) - delivered),
      ...partial && !equal ? { partial: true as const } : {},
      ...partial && settled && !equal ? { settled: true as const } : {},
      ...given && !equal ? { given: true as const } : {},
      ...elsewhere > 0 && !equal ? { elsewhere } : {}
    }))
  }

  progress (): SessionProgress {
    const shards = this.results()
    return { shards, missing: shards.reduce((sum, { missing }) => sum + missing, 0) }
  }

  #of (period: Period): ShardExchange {
    let shard = this.#shards.get(period)
    if (shard === undefined) this.#shards.set(period, shard = { equal: false, wasEqual: false, claimed: 0, named: 0, delivered: 0, partial: false, settled: false, given: false, elsewhere: 0 })
    return shard
  }
}
