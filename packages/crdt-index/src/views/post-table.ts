// The posts that feeds may list, dense and in blocks: each block has bounds of what is in it, so that a feed looks
// only into blocks that may hold one of its best.
import { GROWTH, grown, NONE, type Floats, type Ints } from './columns.ts'

const BLOCK_BITS = 9
/** Few enough that a visited block costs 2 µs, many enough that the bounds of a million posts are read in 20 µs. */
export const BLOCK_POSTS: number = 1 << BLOCK_BITS

/** Votes by place, counted in keys or in steps of a weight. Bounds of a block only grow until it is empty again. */
export class Totals<T extends Ints | Floats> {
  score: T
  votes: T
  /** By block: no score is higher. */
  maxScore: T
  /** By block: nowhere has the smaller one of the two sides more votes. */
  maxMinor: T

  constructor (column: new (length: number) => T) {
    this.score = new column(0)
    this.votes = new column(0)
    this.maxScore = new column(0)
    this.maxMinor = new column(0)
  }

  grow (places: number, blocks: number): void {
    this.score = grown(this.score, places)
    this.votes = grown(this.votes, places)
    this.maxScore = grown(this.maxScore, blocks)
    this.maxMinor = grown(this.maxMinor, blocks)
  }

  set (place: number, up: number, down: number): void {
    const score = up - down
    const minor = Math.min(up, down)
    const block = place >> BLOCK_BITS
    this.score[place] = score
    this.votes[place] = up + down
    if (score > this.maxScore[block]!) this.maxScore[block] = score
    if (minor > this.maxMinor[block]!) this.maxMinor[block] = minor
  }

  /** The first of a block sets its bounds. */
  begin (place: number, up: number, down: number): void {
    const block = place >> BLOCK_BITS
    this.maxScore[block] = up - down
    this.maxMinor[block] = Math.min(up, down)
    this.set(place, up, down)
  }
}

/** Places are numbers from 0 to `count` - 1, in no order, and change when a post goes. */
export class PostTable {
  /** Unix milliseconds; `time` counts from here. */
  readonly fromMs: number
  count = 0
  row: Ints = new Int32Array(0)
  time: Uint32Array<ArrayBuffer> = new Uint32Array(0)
  /** By block: nothing is newer. */
  newest: Uint32Array<ArrayBuffer> = new Uint32Array(0)
  readonly keys: Totals<Ints> = new Totals<Ints>(Int32Array)
  /** Null unless the view is weighed. */
  weights: Totals<Floats> | null = null
  #place: Ints = new Int32Array(0)

  constructor (fromMs: number) { this.fromMs = fromMs }

  get blocks (): number { return Math.ceil(this.count / BLOCK_POSTS) }

  add (row: number, createdMs: number, up: number, down: number, upWeight: number, downWeight: number): void {
    const place = this.count++
    if (place === this.row.length) this.#grow(Math.ceil(Math.max(BLOCK_POSTS / 8, place * GROWTH)))
    if (row >= this.#place.length) this.#place = grown(this.#place, Math.ceil(Math.max(row + 1, this.#place.length * GROWTH)), NONE)
    this.row[place] = row
    this.#place[row] = place
    this.#put(place, createdMs - this.fromMs)
    this.#putTotals(place, up, down, upWeight, downWeight)
  }

  /** The last one takes the place. */
  remove (row: number): void {
    const place = this.#place[row]!
    const last = --this.count
    this.#place[row] = NONE
    if (place === last) return
    const moved = this.row[last]!
    this.row[place] = moved
    this.#place[moved] = place
    this.#put(place, this.time[last]!)
    const { score, votes } = this.keys
    const sum = votes[last]!
    const difference = score[last]!
    const weightSum = this.weights?.votes[last] ?? 0
    const weightDifference = this.weights?.score[last] ?? 0
    this.#putTotals(place, (sum + difference) / 2, (sum - difference) / 2, (weightSum + weightDifference) / 2, (weightSum - weightDifference) / 2)
  }

  /** NONE for what is no post, or deleted. */
  placeOf (row: number): number { return this.#place[row] ?? NONE }

  setTime (row: number, createdMs: number): void {
    const place = this.placeOf(row)
    if (place !== NONE) this.#put(place, createdMs - this.fromMs)
  }

  #put (place: number, time: number): void {
    const block = place >> BLOCK_BITS
    this.time[place] = time
    if (time > this.newest[block]! || place % BLOCK_POSTS === 0 && place === this.count - 1) this.newest[block] = time
  }

  #putTotals (place: number, up: number, down: number, upWeight: number, downWeight: number): void {
    // Only the place after all others may begin a block: in front of others, their bounds hold on.
    const begins = place % BLOCK_POSTS === 0 && place === this.count - 1
    if (begins) this.keys.begin(place, up, down)
    else this.keys.set(place, up, down)
    if (begins) this.weights?.begin(place, upWeight, downWeight)
    else this.weights?.set(place, upWeight, downWeight)
  }

  #grow (places: number): void {
    const blocks = Math.ceil(places / BLOCK_POSTS)
    this.row = grown(this.row, places)
    this.time = grown(this.time, places)
    this.newest = grown(this.newest, blocks)
    this.keys.grow(places, blocks)
    this.weights?.grow(places, blocks)
  }

  /** Makes columns of weights anew, from the columns of the rows. */
  weigh (upWeight: Floats, downWeight: Floats): void {
    const weights = new Totals<Floats>(Float64Array)
    weights.grow(this.row.length, this.newest.length)
    this.weights = weights
    for (let place = 0; place < this.count; place++) {
      const row = this.row[place]!
      if (place % BLOCK_POSTS === 0) weights.begin(place, upWeight[row]!, downWeight[row]!)
      else weights.set(place, upWeight[row]!, downWeight[row]!)
    }
  }
}
