// One shard of a community: its documents by author, their projection, and what reconciliation asks of it.
import { createDocument, type AuthorDocument } from '../documents/document.ts'
import { bytesToHex } from '../identity/encoding.ts'
import { AUTHOR_PREFIX_BYTES } from '../keeping/local-authors.ts'
import { sizeOf, type Usage } from '../keeping/usage.ts'
import { EnvelopeKind, META_PERIOD, type AuthorId, type CommunityAddress, type EntryChange, type EntryValue, type EnvelopeHash, type Period, type RootName, type ShardSummary, type SnapshotCover } from '../model.ts'
import type { ItemSet } from '../sync/item-set.ts'
import { createMetaView, type MetaView } from '../views/meta-view.ts'
import { createShardView, type ShardView } from '../views/shard-view.ts'
import { createHeldSet } from './held-set.ts'

export interface Recalled {
  readonly view: ShardView
  /** Whose changes go on to be told to the view: those of authors whose documents are here. */
  readonly isLive: (author: AuthorId) => boolean
}

export interface Shard {
  readonly community: CommunityAddress
  readonly period: Period
  /** Set exactly for the shard `meta`. */
  readonly meta: MetaView | null
  /** Set exactly for a month. */
  readonly month: ShardView | null
  /** What is shown in the place of `month`, which is not all here: the month as it was last known. */
  readonly recalled: Recalled | null
  recall (recalled: Recalled | null): void
  /** The author's documents by part, ascending, without holes at the end. */
  documents (author: AuthorId): readonly AuthorDocument[]
  document (author: AuthorId, part: number): AuthorDocument
  /** Every document that holds something. */
  all (): Iterable<AuthorDocument>
  /** Finds the document part of an envelope; throws nothing for what is not held. */
  locate (hash: EnvelopeHash): AuthorDocument | undefined
  /**
   * Brings the projection up to date with changes of an author's parts; returns what changed for the author as a whole.
   * The author's documents that hold something are open. At once: nobody sees an author half projected.
   */
  project (author: AuthorId, changesByPart: ReadonlyMap<number, readonly EntryChange[]>): readonly EntryChange[]
  /** Tells the shard that a document's held set changed. */
  held (document: AuthorDocument, added: readonly EnvelopeHash[], removed: readonly EnvelopeHash[]): void
  /** Counts what is held, and what will be, to this usage, and no longer to the one before. */
  countsTo (usage: Pick<Usage, 'count'> | null): void
  /** Forgets the author's documents if they hold nothing. */
  prune (author: AuthorId): void
  readonly envelopeCount: number
  readonly authorCount: number
  summary (): ShardSummary
  /** What reconciliation compares. */
  items (): ItemSet
  /** The highest snapshot of each document of the authors, who are named by the first bytes of their keys. */
  covers (prefixes: readonly Uint8Array[]): SnapshotCover[]
}

const NO_DOCUMENTS: readonly AuthorDocument[] = []

export function createShard (community: CommunityAddress, period: Period, founder: AuthorId | null): Shard {
  /** By part, ascending. The lists are not changed: whoever has one keeps it. Most have one element, for which a map would take three times as much. */
  const byAuthor = new Map<AuthorId, readonly AuthorDocument[]>()
  /** By the beginning of the key, as items have it; of two that begin alike, the later. */
  const byPrefix = new Map<string, AuthorId>()
  const heldSet = createHeldSet()
  const meta = period === META_PERIOD ? createMetaView({ community, founder }) : null
  const month = period === META_PERIOD ? null : createShardView({ community, period })
  let recalled: Recalled | null = null
  let usage: Pick<Usage, 'count'> | null = null

  function document (author: AuthorId, part: number): AuthorDocument {
    const parts = byAuthor.get(author) ?? NO_DOCUMENTS
    const known = parts.find(({ id }) => id.part === part)
    if (known !== undefined) return known
    if (parts.length === 0) byPrefix.set(prefixOf(author), author)
    const made = createDocument({ community, period, author, part })
    const behind = parts.findIndex(({ id }) => id.part > part)
    byAuthor.set(author, parts.toSpliced(behind === -1 ? parts.length : behind, 0, made))
    return made
  }

  function documents (author: AuthorId): readonly AuthorDocument[] {
    return byAuthor.get(author) ?? NO_DOCUMENTS
  }

  return {
    community,
    period,
    meta,
    month,
    get recalled () { return recalled },
    recall (next) { recalled = next },
    document,
    documents,
    * all () {
      for (const parts of byAuthor.values()) for (const found of parts) if (found.held.size > 0) yield found
    },
    locate: heldSet.locate,
    project (author, changesByPart) {
      const highestFirst = documents(author).toReversed()
      const current = (root: RootName, key: string): EntryValue | undefined => {
        for (const { state } of highestFirst) {
          const value = state?.entries.get(root)?.get(key)
          if (value !== undefined) return value
        }
        return undefined
      }
      const effective = highestFirst.length === 1 ? changesByPart.get(highestFirst[0]?.id.part ?? 0) ?? [] : merge(highestFirst, changesByPart, current)
      if (effective.length > 0) {
        month?.apply(author, effective, current)
        if (recalled?.isLive(author) === true) recalled.view.apply(author, effective, current)
        meta?.apply(author, effective, current)
      }
      return effective
    },
    held (changed, added, removed) {
      heldSet.change(changed, added, removed)
      const bytes = sizeOf(changed.held.values())
      usage?.count(changed.id, bytes - changed.bytes)
      changed.bytes = bytes
    },
    countsTo (next) {
      for (const parts of byAuthor.values()) {
        for (const { id, bytes } of parts) {
          usage?.count(id, -bytes)
          next?.count(id, bytes)
        }
      }
      usage = next
    },
    prune (author) {
      const parts = byAuthor.get(author)
      if (parts !== undefined && parts.every(({ held }) => held.size === 0)) {
        byAuthor.delete(author)
        if (byPrefix.get(prefixOf(author)) === author) byPrefix.delete(prefixOf(author))
      }
    },
    get envelopeCount () { return heldSet.size },
    get authorCount () {
      let count = 0
      for (const parts of byAuthor.values()) if (parts.some(({ held }) => held.size > 0)) count++
      return count
    },
    summary: () => ({ period, digest: heldSet.digest(), count: heldSet.size }),
    items: heldSet.items,
    covers: prefixes => prefixes.flatMap(prefix => {
      const author = byPrefix.get(bytesToHex(prefix))
      return author === undefined ? [] : documents(author).flatMap(({ id: { part }, held }) => {
        const [highest] = held.values() // canonical order: the highest snapshot is the first, if there is one
        return highest?.kind === EnvelopeKind.snapshot ? [{ author: prefix, part, seen: highest.seen }] : []
      })
    })
  }
}

/** In hexadecimal. */
function prefixOf (author: AuthorId): string {
  return author.slice(0, 2 * AUTHOR_PREFIX_BYTES)
}

/** A key that several parts hold has the value of the highest part, before a change as after it. */
function merge (highestFirst: readonly AuthorDocument[], changesByPart: ReadonlyMap<number, readonly EntryChange[]>, current: (root: RootName, key: string) => EntryValue | undefined): EntryChange[] {
  const changed = new Map<number, Map<string, EntryChange>>()
  const keys = new Map<string, { root: RootName, key: string }>()
  for (const [part, changes] of changesByPart) {
    const byKey = new Map<string, EntryChange>()
    for (const change of changes) {
      const name = `${change.root}/${change.key}`
      byKey.set(name, change)
      keys.set(name, change)
    }
    changed.set(part, byKey)
  }
  const before = (name: string, root: RootName, key: string): EntryValue | undefined => {
    for (const { id, state } of highestFirst) {
      const change = changed.get(id.part)?.get(name)
      const value = change === undefined ? state?.entries.get(root)?.get(key) : change.before
      if (value !== undefined) return value
    }
    return undefined
  }
  return [...keys].map(([name, { root, key }]) => ({ root, key, before: before(name, root, key), after: current(root, key) }))
}
