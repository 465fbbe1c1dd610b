// A reconciliation item: 7 bytes of the author key, the kind, the envelope's hash. One author's envelopes lie together, the
// snapshots before the deltas, so that who needs items can ask for snapshots first.
import { AUTHOR_PREFIX_BYTES } from '../keeping/local-authors.ts'
import { RECONCILE_ITEM_BYTES } from '../limits.ts'
import { EnvelopeKind } from '../model.ts'

const KIND_AT = AUTHOR_PREFIX_BYTES
const HASH_AT = KIND_AT + 1

/** Snapshots sort before deltas. */
const SNAPSHOT = 0
const DELTA = 1

/** `author` and `hash` have 32 bytes. */
export function itemOf (author: Uint8Array, kind: EnvelopeKind, hash: Uint8Array): Uint8Array {
  const item = new Uint8Array(RECONCILE_ITEM_BYTES)
  item.set(author.subarray(0, AUTHOR_PREFIX_BYTES))
  item[KIND_AT] = kind === EnvelopeKind.snapshot ? SNAPSHOT : DELTA
  item.set(hash, HASH_AT)
  return item
}

/** A view of the first bytes of the author's key. */
export function authorOfItem (item: Uint8Array): Uint8Array {
  return item.subarray(0, KIND_AT)
}

/** A view of the hash. */
export function hashOfItem (item: Uint8Array): Uint8Array {
  return item.subarray(HASH_AT)
}

export function isSnapshotItem (item: Uint8Array): boolean {
  return item[KIND_AT] === SNAPSHOT
}
