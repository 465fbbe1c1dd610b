import type { AuthorDocument } from '../documents/document.ts'
import { shardsInReadingOrder, type CommunityState } from './communities.ts'

/**
 * Every envelope of a community that counts: shards in reading order, then by author and part, of a document in
 * canonical order, so that equal sets give equal sequences. `read` gives a document's envelopes between two commits:
 * otherwise a snapshot and what it replaced could both be missed.
 */
export async function * envelopesOf (community: CommunityState, read: (document: AuthorDocument) => Promise<ReadonlyArray<Uint8Array | undefined>>): AsyncGenerator<Uint8Array, void, undefined> {
  for (const shard of shardsInReadingOrder(community)) {
    for (const document of [...shard.all()].sort(byAuthorAndPart)) {
      for (const envelope of await read(document)) if (envelope !== undefined) yield envelope
    }
  }
}

function byAuthorAndPart ({ id: a }: AuthorDocument, { id: b }: AuthorDocument): number {
  return a.author < b.author ? -1 : a.author > b.author ? 1 : a.part - b.part
}
