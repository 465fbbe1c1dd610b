// What only who dropped a month needs, in one piece that others do not load.
import { open, type LoadEnvelopes } from '../documents/document.ts'
import type { AuthorId, DocumentEntries, EntryValue, RootName } from '../model.ts'
import type { Shard } from '../shards/shard.ts'
import { NONE } from '../views/columns.ts'
import type { Rows } from '../views/rows.ts'

export { createRecalledView } from '../views/recalled-shard.ts'
export { decodeLastKnown, encodeLastKnown, lastKnownOf } from './last-known.ts'

/**
 * Whether most of what is remembered is here again, of posts and of what others said to them. A peer can say that its digest is ours
 * when next to nothing is here, and one that keeps the month in part may have no more; neither takes away what was known. Some may be
 * gone for good.
 */
export function coversLastKnown ({ month, recalled }: Shard): boolean {
  if (month === null || recalled === null) return false
  const { rows: known, rows: { posts } } = recalled.view
  let here = 0
  let words = 0
  let wordsHere = 0
  for (let place = 0; place < posts.count; place++) {
    const knownRow = posts.row[place]!
    words += wordsTo(known, knownRow)
    const row = month.rowOf(known.itemOf(knownRow))
    if (row === NONE) continue
    here++
    wordsHere += Math.min(wordsTo(month.rows, row), wordsTo(known, knownRow)) // many to one post are none to the others
  }
  return 2 * here >= posts.count && (2 * wordsHere > words || words === 0)
}

/** Votes on a post and comments below it. */
function wordsTo ({ up, down, comments }: Pick<Rows, 'up' | 'down' | 'comments'>, row: number): number {
  return up[row]! + down[row]! + comments[row]!
}

/** The author's entries of the shard, all parts merged. */
export async function entriesOf (shard: Shard, author: AuthorId, load: LoadEnvelopes): Promise<DocumentEntries> {
  const merged = new Map<RootName, Map<string, EntryValue>>()
  for (const document of shard.documents(author)) {
    if (document.held.size === 0) continue
    for (const [root, entries] of (await open(document, load)).entries) {
      const known = merged.get(root) ?? new Map<string, EntryValue>()
      merged.set(root, known)
      for (const [key, value] of entries) known.set(key, value)
    }
  }
  return merged
}
