import { compareBytes, hexToBytes } from '../identity/encoding.ts'
import type { AuthorId } from '../model.ts'
import type { LocalAuthors } from './keeping.ts'

/** Bytes of an author's key at the beginning of a reconciliation item. */
export const AUTHOR_PREFIX_BYTES = 7

/** Who writes here, or once did. */
export function createLocalAuthors (): LocalAuthors & { add (author: AuthorId): void } {
  const authors = new Set<AuthorId>()
  let prefixes: readonly Uint8Array[] = []
  return {
    isLocal: author => authors.has(author),
    localPrefixes: () => prefixes,
    add (author) {
      if (authors.has(author)) return
      authors.add(author)
      prefixes = [...authors].map(each => hexToBytes(each).slice(0, AUTHOR_PREFIX_BYTES)).sort(compareBytes)
    }
  }
}
