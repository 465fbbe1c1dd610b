// Who goes first when a community does not fit its storage budget: a total order over authors that does not depend on
// when anything arrived, nor on what is held.
import type { AuthorId } from '../model.ts'

/** What an author is to whoever keeps the community; lower ones are kept longer. */
export const Standing = { local: 1, followed: 2, moderator: 3, other: 4 } as const
export type Standing = typeof Standing[keyof typeof Standing]

export interface Rank {
  readonly standing: Standing
  /** The first 48 bits of the author's best admission stamp's hash: the lower, the more work it took. */
  readonly work: number
  readonly author: AuthorId
}

/**
 * Negative: the first one is kept longer. The stamp's hash is compared as a number, not only its leading zero bits: so
 * that who has as many is not ordered by the key, which is for the choosing at no cost.
 */
export function compareRanks (a: Rank, b: Rank): number {
  return a.standing - b.standing || a.work - b.work || (a.author < b.author ? -1 : a.author > b.author ? 1 : 0)
}
