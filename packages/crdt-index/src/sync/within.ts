// The part of a shard that a peer holds which keeps a month for some authors only. Items begin with their author's key, so
// an author is a range of items, and a reconciliation can be about some ranges alone.
import { compareBytes } from '../identity/encoding.ts'

/** From `lower` on, before `upper`; null: to the end. */
export interface ItemSpan { readonly lower: Uint8Array, readonly upper: Uint8Array | null }

export const ALL_ITEMS: readonly ItemSpan[] = [{ lower: new Uint8Array(0), upper: null }]

/** The spans of items that begin with the prefixes, which ascend. */
export function spansOf (prefixes: readonly Uint8Array[]): ItemSpan[] {
  return prefixes.map(lower => ({ lower, upper: afterPrefix(lower) }))
}

/** What a range and the spans have in common, ascending. */
export function intersect ({ lower, upper }: ItemSpan, spans: readonly ItemSpan[]): ItemSpan[] {
  const common: ItemSpan[] = []
  for (const span of spans) {
    const from = compareBytes(span.lower, lower) > 0 ? span.lower : lower
    const to = span.upper === null || (upper !== null && compareBytes(upper, span.upper) < 0) ? upper : span.upper
    if (to === null || compareBytes(from, to) < 0) common.push({ lower: from, upper: to })
  }
  return common
}

/** Whether the whole range lies in one of the spans. */
export function isWithin ({ lower, upper }: ItemSpan, spans: readonly ItemSpan[]): boolean {
  return spans.some(span => compareBytes(span.lower, lower) <= 0 && (span.upper === null || (upper !== null && compareBytes(upper, span.upper) <= 0)))
}

/** The lowest bytes above everything that begins with the prefix; null: there are none. */
function afterPrefix (prefix: Uint8Array): Uint8Array | null {
  const after = prefix.slice()
  for (let at = after.length - 1; at >= 0; at--) {
    if (after[at] === 255) continue
    after[at]!++
    return after.subarray(0, at + 1)
  }
  return null
}
