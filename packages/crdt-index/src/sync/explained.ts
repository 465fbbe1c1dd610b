// Differences that last: with this peer, these two digests came out of a reconciliation that both sides took to its end, and
// a side knows why. As long as both are the same, so is the outcome.
import { EXPLAINED_RETRY_MS, MAX_EXPLAINED } from '../limits.ts'
import { bytesToHex } from '../identity/encoding.ts'
import type { Clock, CommunityAddress, Period } from '../model.ts'

export interface ShardPair {
  readonly community: CommunityAddress
  readonly peer: string
  readonly period: Period
  readonly own: Uint8Array
  readonly other: Uint8Array
}

export interface Explained {
  has (pair: ShardPair): boolean
  add (pair: ShardPair): void
  /** What is kept of the community has changed. */
  forget (community: CommunityAddress): void
}

/** The longest untouched go first. An explanation holds for a while only: what keeps something out there may pass unseen. */
export function createExplained (clock: Clock): Explained {
  const pairs = new Map<string, { readonly digests: string, readonly untilMs: number }>()
  const nameOf = ({ community, peer, period }: ShardPair): string => `${community}/${period}/${peer}`
  const digestsOf = ({ own, other }: ShardPair): string => bytesToHex(own) + bytesToHex(other)
  return {
    has (pair) {
      const known = pairs.get(nameOf(pair))
      return known !== undefined && known.digests === digestsOf(pair) && known.untilMs > clock()
    },
    add (pair) {
      const name = nameOf(pair)
      pairs.delete(name)
      pairs.set(name, { digests: digestsOf(pair), untilMs: clock() + EXPLAINED_RETRY_MS })
      for (const oldest of pairs.keys()) {
        if (pairs.size <= MAX_EXPLAINED) break
        pairs.delete(oldest)
      }
    },
    forget (community) {
      for (const name of [...pairs.keys()]) if (name.startsWith(`${community}/`)) pairs.delete(name)
    }
  }
}
