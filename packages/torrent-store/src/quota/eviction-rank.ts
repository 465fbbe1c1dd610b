// Which cached body goes first: the one with the lowest rank.
import { RARITY_SECONDS } from '../limits.ts'

/** What is known of a cached body. */
export interface EvictionFacts {
  /**
   * Unix seconds of its last use: put or read here. What other peers fetch from us is no use: otherwise whoever asks
   * often enough decides what stays, and what has to go for it, and every request would cost a write. That others want
   * a body, and hardly have it, shows in `seeds`.
   */
  readonly usedSeconds: number
  /** Other peers that are known to seed it; undefined: nobody asked. */
  readonly seeds?: number | undefined
}

/**
 * rank = usedSeconds + floor(604,800 / (1 + seeds)), or usedSeconds alone when no number of seeds is known.
 *
 * A body that nobody else is known to seed stays as long as one that was used a week later and has many seeds; with
 * one known seed half a week later, with six a day. Hence, whatever peers claim about seeds: of two bodies with the
 * same seeds the one that was used longer ago goes first; of two used at the same time the one with more seeds goes
 * first; and what was used more than a week before another never outlives it. Unknown counts as many, so that what
 * nobody asked about is in no better place than what was found to be common.
 */
export function evictionRank ({ usedSeconds, seeds }: EvictionFacts): number {
  if (seeds === undefined || !(seeds >= 0)) return usedSeconds
  return usedSeconds + Math.floor(RARITY_SECONDS / (1 + seeds))
}
