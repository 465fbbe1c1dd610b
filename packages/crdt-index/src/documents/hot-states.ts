// Live documents cost memory (about 600 bytes an entry with its Y.Doc), so only the lately used ones stay live.
import type { AuthorDocument } from './document.ts'

export interface HotStates {
  /** Marks the document as just used; may make others cold. */
  touch (document: AuthorDocument): void
  /**
   * Marks a document that came from elsewhere as stored. What nobody here used stays live only with what the next
   * delta goes on from: a newcomer would fill the room with what is read again in a moment.
   */
  pass (document: AuthorDocument): void
  forget (document: AuthorDocument): void
}

/** `maxEntries`: entries of all live documents together. The last used document always stays. */
export function createHotStates (maxEntries: number): HotStates {
  const weights = new Map<AuthorDocument, number>() // in order of use
  let total = 0
  const forget = (document: AuthorDocument): void => {
    total -= weights.get(document) ?? 0
    weights.delete(document)
  }
  const touch = (document: AuthorDocument): void => {
    forget(document)
    if (document.state === null) return
    let entries = 16 // an empty Y.Doc is not free either
    for (const map of document.state.entries.values()) entries += map.size
    weights.set(document, entries)
    total += entries
    for (const oldest of weights.keys()) {
      if (total <= maxEntries || oldest === document) break
      oldest.state = null
      forget(oldest)
    }
  }
  return {
    forget,
    touch,
    pass (document) {
      if (document.state === null || document.state.doc !== null || document.state.chains !== null || weights.has(document)) touch(document)
      else document.state = null
    }
  }
}
