// The votes of a shard, counted by key and, if the reader weighs keys, by weight.
import type { VoteEntry } from '../documents/schema.ts'
import type { Columns, Restoring, Saving } from '../checkpoint/columns.ts'
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
    this.#countWeight(author, row, vote.value, difference)
    if (vote.revision !== null) this.byRevision.add(row, vote.revision, difference)
  }

  /** Weighs by another function, or by another generation of it; null: all alike. Throws what the function throws. */
  weigh (weightOf: WeightOf | null, generation: number): void {
    if (weightOf === null) {
      if (this.#weighing !== null) this.#forgetWeights()
      return
    }
    if (this.#weighing?.weightOf === weightOf && this.#weighing.generation === generation) return
    const rows = this.#rows
    const weighing: Weighing = { weightOf, generation, steps: [] }
    const up = new Float64Array(rows.kind.length)
    const down = new Float64Array(rows.kind.length)
    this.#ballots.forEach((author, row, value) => {
      if (rows.kind[row] !== RowKind.undefined && rows.author[row] === author) return
      const column = value === 1 ? up : down
      column[row]! += this.#stepsOf(weighing, author)
    })
    rows.upWeight = up
    rows.downWeight = down
    rows.posts.weigh(up, down)
    this.#weighing = weighing
  }

  /** Weights are not saved: they are the reader's, and may be others after a restart. */
  * save (columns: Map<string, Uint8Array>): Saving {
    this.#ballots.save(columns)
    yield * this.byRevision.save(columns)
  }

  * restore (columns: Columns): Restoring {
    yield * this.#ballots.restore(columns)
    yield * this.byRevision.restore(columns)
  }

  /** Votes as they are weighed. */
  upOf (row: number): number { return this.#weighing === null ? this.#rows.up[row]! : this.#rows.upWeight[row]! / WEIGHT_STEPS }

  downOf (row: number): number { return this.#weighing === null ? this.#rows.down[row]! : this.#rows.downWeight[row]! / WEIGHT_STEPS }

  /** What the function throws is not for whoever wrote the vote: it is asked again by the next query. */
  #countWeight (author: number, row: number, value: 1 | -1, difference: 1 | -1): void {
    if (this.#weighing === null) return
    try {
      const weights = value === 1 ? this.#rows.upWeight : this.#rows.downWeight
      weights[row]! += difference * this.#stepsOf(this.#weighing, author)
    } catch {
      this.#forgetWeights()
    }
  }

  #forgetWeights (): void {
    this.#weighing = null
    this.#rows.upWeight = this.#rows.downWeight = new Float64Array(0)
    this.#rows.posts.weights = null
  }

  #stepsOf ({ weightOf, steps }: Weighing, author: number): number {
    return steps[author] ??= weightSteps(weightOf(this.#rows.authorNumbered(author)))
  }
}
