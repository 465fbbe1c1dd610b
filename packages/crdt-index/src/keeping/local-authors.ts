import { compareBytes, hexToBytes } from '../identity/encoding.ts'
import type { AuthorId } from '../model.ts'
import type { LocalAuthors } from './keeping.ts'

/** Bytes of an author's key at the beginning of a reconciliation item. */
export const AUTHOR_PREFIX_BYTES = 7

export interface GrowingLocalAuthors extends LocalAuthors {
  all (): readonly AuthorId[]
  add (author: AuthorId): void
}

/** Who writes here, or once did. */
export function createLocalAuthors (): GrowingLocalAuthors {
  const authors = new Set<AuthorId>()
  let prefixes: readonly Uint8Array[] = []
  return {
    isLocal: author => authors.has(author),
    localPrefixes: () => prefixes,
    all: () => [...authors],
    add (author) {
      if (authors.has(author)) return
      authors.add(author)
      prefixes = [...authors].map(each => hexToBytes(each).slice(0, AUTHOR_PREFIX_BYTES)).sort(compareBytes)
    }
  }
}
