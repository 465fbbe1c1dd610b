// How much a key's vote counts for this reader. Keys are free, so a total by keys counts keys and not people; whom to
// believe is the reader's choice and changes nothing of what is stored or relayed.
import { MAX_WEIGHT, WEIGHT_STEPS } from '../limits.ts'
import type { AuthorId } from '../model.ts'

/**
 * The weight of an author's votes, 0 to MAX_WEIGHT in steps of 1 / WEIGHT_STEPS; what is less, more or no number counts as the
 * nearest of these, or as 0. Pure: another set of weights is another function.
 */
export type WeightOf = (author: AuthorId) => number

/** Whole steps: sums of them are exact in any order, as sums of fractions are not. */
export function weightSteps (weight: number): number {
  return weight > 0 ? Math.round(Math.min(weight, MAX_WEIGHT) * WEIGHT_STEPS) : 0
}
