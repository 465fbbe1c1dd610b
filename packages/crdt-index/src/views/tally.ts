// The votes of a shard, counted by key and, if the reader weighs keys, by weight.
import type { VoteEntry } from '../documents/schema.ts'
import { WEIGHT_STEPS } from '../limits.ts'
import { Ballots } from './ballots.ts'
import { NONE } from './columns.ts'
import { RevisionVotes } from './revisions.ts'
import { RowKind, type Rows } from './rows.ts'
import { weightSteps, type WeightOf } from './weights.ts'

interface Weighing {
  readonly weightOf: WeightOf
  readonly generation: number
  /** Steps by author number, as far as they were asked for. */
  readonly steps: number[]
}

export class Tally {
  readonly byRevision: RevisionVotes = new RevisionVotes()
  readonly #rows: Rows
  readonly #ballots = new Ballots()
  #weighing: Weighing | null = null

  constructor (rows: Rows) { this.#rows = rows }

  /** Replaces an author's vote; on an own listed item it is remembered and not counted. */
  vote (author: number, row: number, old: VoteEntry | null | undefined, next: VoteEntry | null | undefined): void {
    const rows = this.#rows
    this.#ballots.set(author, row, next?.value ?? 0)
    if (rows.kind[row] !== RowKind.undefined && rows.author[row] === author) return
    this.count(author, row, old, -1)
    this.count(author, row, next, 1)
    const place = rows.posts.placeOf(row)
    if (place === NONE) return
    rows.posts.keys.set(place, rows.up[row]!, rows.down[row]!)
    rows.posts.weights?.set(place, rows.upWeight[row]!, rows.downWeight[row]!)
  }

  /** Counts a vote, or takes it out; posts that are listed for feeds are not told. */
  count (author: number, row: number, vote: VoteEntry | null | undefined, difference: 1 | -1): void {
    if (!vote || vote.value === 0) return
    const rows = this.#rows
    const keys = vote.value === 1 ? rows.up : rows.down
    keys[row]! += difference
    if (this.#weighing !== null) {
      const weights = vote.value === 1 ? rows.upWeight : rows.downWeight
      weights[row]! += difference * this.#stepsOf(this.#weighing, author)
    }
    if (vote.revision !== null) this.byRevision.add(row, vote.revision, difference)
  }

  /** Weighs by another function, or by another generation of it; null: all alike. */
  weigh (weightOf: WeightOf | null, generation: number): void {
    const rows = this.#rows
    const known = this.#weighing
    if (weightOf === null) {
      if (known === null) return
      this.#weighing = null
      rows.upWeight = rows.downWeight = new Float64Array(0)
      rows.posts.weights = null
      return
    }
    if (known?.weightOf === weightOf && known.generation === generation) return
    const weighing = this.#weighing = { weightOf, generation, steps: [] }
    const up = rows.upWeight = new Float64Array(rows.kind.length)
    const down = rows.downWeight = new Float64Array(rows.kind.length)
    this.#ballots.forEach((author, row, value) => {
      if (rows.kind[row] !== RowKind.undefined && rows.author[row] === author) return
      const column = value === 1 ? up : down
      column[row]! += this.#stepsOf(weighing, author)
    })
    rows.posts.weigh(up, down)
  }

  /** Votes as they are weighed. */
  upOf (row: number): number { return this.#weighing === null ? this.#rows.up[row]! : this.#rows.upWeight[row]! / WEIGHT_STEPS }

  downOf (row: number): number { return this.#weighing === null ? this.#rows.down[row]! : this.#rows.downWeight[row]! / WEIGHT_STEPS }

  #stepsOf ({ weightOf, steps }: Weighing, author: number): number {
    return steps[author] ??= weightSteps(weightOf(this.#rows.authorNumbered(author)))
  }
}
