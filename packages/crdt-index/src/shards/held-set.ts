// The envelopes that a shard holds, as peers compare them: by hash, for the digest, and as items of a reconciliation. Kept in
// order from one question to the next, so that after a change only what changed is put in its place.
import type { AuthorDocument } from '../documents/document.ts'
import { compareBytes, concatBytes, hexToBytes } from '../identity/encoding.ts'
import { sha256 } from '../identity/sha256.ts'
import { RECONCILE_ITEM_BYTES } from '../limits.ts'
import { EnvelopeKind, type EnvelopeHash } from '../model.ts'
import { itemOf } from '../sync/item.ts'
import { itemSetOf, type ItemSet } from '../sync/item-set.ts'
import { updateBlocks, type Block, type KeyChange } from '../sync/sorted-blocks.ts'

const HASH_BYTES = 32
/** Changes that may wait for the next question: sorting them takes some 3 ms, and all of a large shard at once 50. */
const SETTLED_TOGETHER = 1024

export interface HeldSet {
  readonly size: number
  /** The document that the envelope is part of. */
  locate (hash: EnvelopeHash): AuthorDocument | undefined
  /** The document holds what it holds now. */
  change (document: AuthorDocument, added: readonly EnvelopeHash[], removed: readonly EnvelopeHash[]): void
  /** sha256 over the hashes in ascending order. */
  digest (): Uint8Array
  items (): ItemSet
}

export function createHeldSet (): HeldSet {
  const documents = new Map<EnvelopeHash, AuthorDocument>()
  /** Whose place in the order is not known yet: with the document that each was or is part of. */
  const pending = new Map<EnvelopeHash, AuthorDocument>()
  let hashes: readonly Block[] = []
  let items: readonly Block[] = []
  let digest: Uint8Array | null = null
  let itemSet: ItemSet | null = null

  function settle (): void {
    if (pending.size === 0) return
    const ofHashes: KeyChange[] = []
    const ofItems: KeyChange[] = []
    for (const [hash, { id, held }] of pending) {
      const key = hexToBytes(hash)
      const author = hexToBytes(id.author)
      const isThere = documents.has(hash)
      const kind = held.get(hash)?.kind ?? EnvelopeKind.delta
      ofHashes.push({ key, isThere })
      // Of what is gone nobody knows the kind any more: it is neither.
      for (const each of [EnvelopeKind.snapshot, EnvelopeKind.delta]) if (!isThere || each === kind) ofItems.push({ key: itemOf(author, each, key), isThere })
    }
    const ascending = (a: KeyChange, b: KeyChange): number => compareBytes(a.key, b.key)
    hashes = updateBlocks(hashes, HASH_BYTES, ofHashes.sort(ascending))
    items = updateBlocks(items, RECONCILE_ITEM_BYTES, ofItems.sort(ascending))
    pending.clear()
    digest = itemSet = null
  }

  return {
    get size () { return documents.size },
    locate: hash => documents.get(hash),
    change (document, added, removed) {
      for (const hash of removed) {
        documents.delete(hash)
        pending.set(hash, document)
      }
      for (const hash of added) {
        documents.set(hash, document)
        pending.set(hash, document)
      }
      if (pending.size >= SETTLED_TOGETHER) settle()
    },
    digest () {
      settle()
      return digest ??= sha256(concatBytes(...hashes.map(({ data }) => data)))
    },
    items () {
      settle()
      return itemSet ??= itemSetOf(items)
    }
  }
}
