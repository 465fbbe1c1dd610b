import { open, type AuthorDocument, type LoadEnvelopes } from '../documents/document.ts'
import type { MaterializedDocument } from '../documents/materialize.ts'
import type { AuthorId } from '../model.ts'
import type { Shard } from './shard.ts'

/**
 * Opens the author's documents that hold something, but for `except`, as `Shard.project` wants them. To be called before
 * what they hold changes; the result puts back, at once, what grew cold since because others were used.
 */
export async function openParts (shard: Pick<Shard, 'documents'>, author: AuthorId, load: LoadEnvelopes, except?: AuthorDocument): Promise<() => void> {
  const opened = new Map<AuthorDocument, MaterializedDocument>()
  for (const part of shard.documents(author)) if (part !== except && part.held.size > 0) opened.set(part, await open(part, load))
  return () => { for (const [part, state] of opened) part.state ??= state }
}
