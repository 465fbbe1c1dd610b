// Range-based set reconciliation (Meyer, "Range-Based Set Reconciliation", 2022): the sides compare fingerprints of
// ranges, cut what differs into smaller ranges, and list what is small. Each side works on a snapshot of its set, so
// a range it has not answered yet stays answerable: what does not fit one message waits in a backlog, and a flag asks
// the other side for another turn. No item is ever named twice.
import { RECONCILE_ITEM_BYTES, MAX_RECONCILE_BACKLOG_BYTES, MAX_RECONCILE_ROUNDS, RECONCILE_FANOUT, RECONCILE_LEAF, RECONCILE_MESSAGE_BYTES } from '../limits.ts'
import { compareBytes, concatBytes, equalBytes } from '../identity/encoding.ts'
import { atOnce } from '../slices.ts'
import type { ItemSet } from './item-set.ts'
import { bad, decodeReconcileMessage, ReconcileWriter, type Range } from './reconcile-codec.ts'
import { ALL_ITEMS, intersect, isWithin, type ItemSpan } from './within.ts'

export interface ReconciliationOptions {
  readonly set: ItemSet
  /** Makes crafted fingerprint collisions useless; both sides use the same. */
  readonly salt?: Uint8Array
  /** Largest message to write; at least 2,048 bytes. Default 512 KiB. */
  readonly maxMessageBytes?: number
  /** The reconciliation is about these items alone, ascending and apart; nothing is said about others. Default: all. */
  readonly within?: readonly ItemSpan[]
}

export interface ReconciliationStep {
  /** What to send, or null when nothing is left to say: both sides are done. */
  readonly reply: Uint8Array | null
  /** Items of this side that the other one lacks, learnt from this message. */
  readonly have: Uint8Array[]
  /** Items of the other side that this one lacks, learnt from this message. */
  readonly need: Uint8Array[]
}

/** One side of a reconciliation; one side calls `start`, then both receive in turns. */
export interface Reconciliation {
  start (): Uint8Array
  /** Throws BAD_FRAME on what no honest side sends. Yields now and then: a full message takes a quarter of a second. */
  receiving (message: Uint8Array): Generator<void, ReconciliationStep, undefined>
  /** The same at once. */
  receive (message: Uint8Array): ReconciliationStep
}

/** The most that one answered fingerprint adds: all parts with full bounds, a list of a leaf, and a gap before. */
const ROOM_FOR_ONE_RANGE = Math.max(RECONCILE_FANOUT * (1 + RECONCILE_ITEM_BYTES + 16), RECONCILE_LEAF * RECONCILE_ITEM_BYTES) + 2 * (1 + RECONCILE_ITEM_BYTES) + 4
/** Least room in which a part of a difference is worth beginning: gap, head, bound, counts and one item. */
const ROOM_FOR_ONE_DIFFERENCE = 2 * (1 + RECONCILE_ITEM_BYTES) + 8 + RECONCILE_ITEM_BYTES + 4
/** Of no range: what waits under it is described when there is room. */
const NO_FINGERPRINT = new Uint8Array(0)

export function createReconciliation (options: ReconciliationOptions): Reconciliation {
  const set = options.salt === undefined ? options.set : options.set.salted(options.salt)
  const maxMessageBytes = Math.max(options.maxMessageBytes ?? RECONCILE_MESSAGE_BYTES, 2048)
  const spans = options.within ?? ALL_ITEMS
  let backlog: Range[] = []
  let rounds = 0

  /** Says what this side has in a range: all of it when small, fingerprints of its parts otherwise. */
  const describe = (writer: ReconcileWriter, { lower, upper }: Pick<Range, 'lower' | 'upper'>, from: number, to: number): void => {
    const count = to - from
    if (count <= RECONCILE_LEAF) {
      writer.list({ lower, upper }, set.slice(from, to))
      return
    }
    let partLower = lower
    let partFrom = from
    for (let part = 1; part <= RECONCILE_FANOUT; part++) {
      const partTo = from + Math.floor(count * part / RECONCILE_FANOUT)
      const partUpper = part === RECONCILE_FANOUT ? upper : set.boundBefore(partTo)
      writer.fingerprint({ lower: partLower, upper: partUpper }, set.fingerprint(partFrom, partTo))
      if (partUpper !== null) partLower = partUpper
      partFrom = partTo
    }
  }

  /** Answers a list by the difference; returns what of the list did not fit. */
  const compareLists = (writer: ReconcileWriter, range: Range & { mode: 'list' }, have: Uint8Array[], need: Uint8Array[]): Range | null => {
    const to = set.lowerBound(range.upper)
    const theirCount = range.items.length / RECONCILE_ITEM_BYTES
    const mine: Uint8Array[] = []
    const wanted: number[] = []
    let room = writer.room - ROOM_FOR_ONE_DIFFERENCE
    let index = set.lowerBound(range.lower)
    let position = 0
    let cut: Uint8Array | null = null
    while (index < to || position < theirCount) {
      const own = index < to ? set.item(index) : null
      const their = position < theirCount ? range.items.subarray(position * RECONCILE_ITEM_BYTES, (position + 1) * RECONCILE_ITEM_BYTES) : null
      const order = own === null ? 1 : their === null ? -1 : compareBytes(own, their)
      if (order !== 0 && room < 0) {
        cut = (order < 0 ? own : their) as Uint8Array
        break
      }
      if (order < 0) {
        mine.push(own as Uint8Array)
        room -= RECONCILE_ITEM_BYTES
      } else if (order > 0) {
        wanted.push(position)
        need.push(their as Uint8Array)
        room -= 4
      }
      if (order <= 0) index++
      if (order >= 0) position++
    }
    for (const item of mine) have.push(item)
    if (mine.length > 0 || wanted.length > 0) writer.difference({ lower: range.lower, upper: cut ?? range.upper }, mine, wanted)
    return cut === null ? null : { mode: 'list', lower: cut, upper: range.upper, items: range.items.subarray(position * RECONCILE_ITEM_BYTES) }
  }

  /** Says what this side has in each span; returns those that did not fit, to be asked about again. */
  const describeSpans = (writer: ReconcileWriter, described: readonly ItemSpan[]): Range[] => {
    const waiting: Range[] = []
    for (const span of described) {
      const [from, to] = [set.lowerBound(span.lower), set.lowerBound(span.upper)]
      if (writer.room < ROOM_FOR_ONE_RANGE) waiting.push({ mode: 'fingerprint', ...span, fingerprint: NO_FINGERPRINT })
      else describe(writer, span, from, to)
    }
    return waiting
  }

  const learnDifference = (range: Range & { mode: 'difference' }, have: Uint8Array[], need: Uint8Array[]): void => {
    const from = set.lowerBound(range.lower)
    const to = set.lowerBound(range.upper)
    for (let offset = 0; offset < range.items.length; offset += RECONCILE_ITEM_BYTES) need.push(range.items.subarray(offset, offset + RECONCILE_ITEM_BYTES))
    for (const position of range.wanted) {
      if (from + position >= to) throw bad('a position lies outside its range')
      have.push(set.item(from + position))
    }
  }

  return {
    start () {
      const writer = new ReconcileWriter(maxMessageBytes)
      backlog = describeSpans(writer, spans)
      return writer.finish(backlog.length > 0)
    },
    receive (message) { return atOnce(this.receiving(message)) },
    * receiving (message) {
      if (++rounds > MAX_RECONCILE_ROUNDS) throw bad('too many messages')
      const { more, ranges } = decodeReconcileMessage(message)
      const have: Uint8Array[] = []
      const need: Uint8Array[] = []
      const writer = new ReconcileWriter(maxMessageBytes)
      const waiting: Range[] = []
      for (const range of inOrder(backlog, ranges)) {
        yield
        if (range.mode === 'difference') learnDifference(range, have, need)
        else if (writer.room < ROOM_FOR_ONE_RANGE) waiting.push(range)
        else if (range.mode === 'list') {
          for (const part of partsOf(range, spans)) {
            const rest = writer.room < ROOM_FOR_ONE_RANGE ? part : compareLists(writer, part, have, need)
            if (rest !== null) waiting.push(rest)
          }
        } else if (!isWithin(range, spans)) waiting.push(...describeSpans(writer, intersect(range, spans)))
        else {
          const from = set.lowerBound(range.lower)
          const to = set.lowerBound(range.upper)
          if (!equalBytes(set.fingerprint(from, to), range.fingerprint)) describe(writer, range, from, to)
        }
      }
      if (waiting.reduce((bytes, range) => bytes + rangeBytes(range), 0) > MAX_RECONCILE_BACKLOG_BYTES) throw bad('too many ranges wait')
      backlog = waiting
      const done = writer.isEmpty && backlog.length === 0 && !more
      return { reply: done ? null : writer.finish(backlog.length > 0), have, need }
    }
  }
}

/** What a list says about the spans. */
function partsOf (range: Range & { mode: 'list' }, spans: readonly ItemSpan[]): Array<Range & { mode: 'list' }> {
  if (isWithin(range, spans)) return [range]
  const items = Array.from({ length: range.items.length / RECONCILE_ITEM_BYTES }, (_, index) => range.items.subarray(index * RECONCILE_ITEM_BYTES, (index + 1) * RECONCILE_ITEM_BYTES))
  return intersect(range, spans).map(({ lower, upper }) => ({
    mode: 'list', lower, upper,
    items: concatBytes(...items.filter(item => compareBytes(item, lower) >= 0 && (upper === null || compareBytes(item, upper) < 0)))
  }))
}

/** Merges two ascending lists of ranges that may not overlap: nothing is said again about a range that waits for its answer. */
function inOrder (waiting: readonly Range[], received: readonly Range[]): Range[] {
  const merged = [...waiting, ...received].sort((a, b) => compareBytes(a.lower, b.lower))
  for (const [index, range] of merged.entries()) {
    const previous = merged[index - 1]
    if (previous !== undefined && (previous.upper === null || compareBytes(previous.upper, range.lower) > 0)) throw bad('ranges overlap')
  }
  return merged
}

function rangeBytes (range: Range): number {
  return 64 + (range.mode === 'fingerprint' ? 0 : range.items.length)
}
