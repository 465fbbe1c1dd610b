// How many bytes of a community each author takes up here, kept up to date as documents change: nothing is counted twice.
import { DOCUMENT_OVERHEAD_BYTES, ENVELOPE_OVERHEAD_BYTES, KEPT_META_PARTS } from '../limits.ts'
import { META_PERIOD, type AuthorId, type DocumentId } from '../model.ts'

export interface Usage {
  /** All that is held, what is never dropped too. */
  readonly bytes: number
  /** Authors that hold something that may be dropped, and how much. */
  readonly byAuthor: ReadonlyMap<AuthorId, number>
  /** A document takes up so many bytes more, or less. */
  count (document: DocumentId, difference: number): void
  /** Whether the document is what the community is defined by. */
  isFixed (document: Omit<DocumentId, 'community'>): boolean
  /** Called when an author begins to hold something that may be dropped, and when the last of it is gone. */
  onAuthor: ((author: AuthorId, holds: boolean) => void) | null
}

export function createUsage (founder: AuthorId | null): Usage {
  const byAuthor = new Map<AuthorId, number>()
  let bytes = 0
  const usage: Usage = {
    get bytes () { return bytes },
    byAuthor,
    count (document, difference) {
      bytes += difference
      if (difference === 0 || usage.isFixed(document)) return
      const { author } = document
      const before = byAuthor.get(author) ?? 0
      const after = before + difference
      if (after > 0) byAuthor.set(author, after)
      else byAuthor.delete(author)
      if (before > 0 !== after > 0) usage.onAuthor?.(author, after > 0)
    },
    isFixed: ({ period, author, part }) => period === META_PERIOD && author === founder && part < KEPT_META_PARTS,
    onAuthor: null
  }
  return usage
}

/** What a document takes up. */
export function sizeOf (held: Iterable<{ readonly byteLength: number }>): number {
  let bytes = 0
  for (const { byteLength } of held) bytes += byteLength + ENVELOPE_OVERHEAD_BYTES
  return bytes === 0 ? 0 : bytes + DOCUMENT_OVERHEAD_BYTES
}
