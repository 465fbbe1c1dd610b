// What of a reconciliation waits for its end: deltas, while snapshots go both ways. Most deltas that a peer was behind with are
// covered by then, here or there, and never travel.
import { MAX_LATER_DELTAS } from '../limits.ts'
import { bytesToHex } from '../identity/encoding.ts'
import { authorOfItem, isSnapshotItem } from './item.ts'

export class LaterDeltas {
  readonly #items: Uint8Array[] = []
  /** Authors of whom the other side gets a snapshot. */
  readonly #given = new Set<string>()
  #isMoved = false

  /** Takes what a message showed, of which `need` is wanted here; returns what to ask for now: snapshots, and the deltas that have no room. */
  sort ({ named, need, have }: { readonly named: readonly Uint8Array[], readonly need: readonly Uint8Array[], readonly have: readonly Uint8Array[] }): Uint8Array[] {
    for (const item of have) {
      if (!isSnapshotItem(item)) continue
      this.#isMoved = true
      if (this.#given.size < MAX_LATER_DELTAS) this.#given.add(bytesToHex(authorOfItem(item)))
    }
    const now = need.filter(isSnapshotItem)
    if (named.some(isSnapshotItem)) this.#isMoved = true
    for (const item of need) {
      if (isSnapshotItem(item)) continue
      if (this.#items.length < MAX_LATER_DELTAS) this.#items.push(item.slice()) // a view would keep its whole message
      else now.push(item)
    }
    return now
  }

  /** Snapshots went one way or the other: deltas that were in the way may have gone since. */
  get isMoved (): boolean { return this.#isMoved }

  /** All that waits, whatever went the other way. */
  takeAll (): Uint8Array[] {
    return this.#items.splice(0)
  }

  /**
   * What to ask for in the end, once. Left out are deltas of authors of whom the other side was behind with a snapshot: it has
   * that now, and probably has them no longer. If not, as with an author who signed two pasts, the digests show it.
   */
  take (): { readonly items: Uint8Array[], readonly leftOut: number } {
    const items = this.#items.splice(0)
    const wanted = items.filter(item => !this.#given.has(bytesToHex(authorOfItem(item))))
    return { items: wanted, leftOut: items.length - wanted.length }
  }
}
