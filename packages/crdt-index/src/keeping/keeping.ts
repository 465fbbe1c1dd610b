// What of a community is kept here. Two rooms decide it: retention.ts which months, a storage budget whose words; both are
// asked for every envelope and every reconciliation item, so their answers are look-ups.
import { META_PERIOD, type AuthorId, type CommunityAddress, type DocumentId, type EnvelopeHeader, type Period } from '../model.ts'

/** Whose words are kept. */
export interface AuthorKeeping {
  /** Looks at the stamp of a valid envelope; to be called before `keepsAuthor` is asked about it. `byteLength`: the envelope's. */
  meet (header: EnvelopeHeader, byteLength: number): void
  keepsAuthor (document: DocumentId): boolean
  /** The same by the first 7 bytes of the key, as reconciliation items have them; true where the prefix alone does not tell. */
  keepsPrefix (community: CommunityAddress, prefix: Uint8Array): boolean
  /** Whether anybody is left out: then shards differ from those of others for a reason that lasts. */
  leavesOut (community: CommunityAddress): boolean
}

/** Which months are kept. */
export interface MonthKeeping {
  /** Whether the month is wanted as a whole; `meta` always is. */
  keepsPeriod (community: CommunityAddress, period: Period): boolean
  /** Whether somebody waits for the month: it goes before the others. */
  isWanted (community: CommunityAddress, period: Period): boolean
  /** The first month that is kept without being wanted by name; 0: all. */
  sinceOf (community: CommunityAddress): Period
  /** The months before `sinceOf` that are kept, ascending. */
  wantedOf (community: CommunityAddress): readonly Period[]
}

/** Who writes here: kept in every month, so that nobody loses what they wrote. */
export interface LocalAuthors {
  isLocal (author: AuthorId): boolean
  /** The first 7 bytes of their keys, ascending. */
  localPrefixes (): readonly Uint8Array[]
}

/** What of a community is kept here. */
export interface Keeping extends AuthorKeeping, MonthKeeping, LocalAuthors {}

export const EVERYBODY: AuthorKeeping = { meet () {}, keepsAuthor: () => true, keepsPrefix: () => true, leavesOut: () => false }
export const EVERY_MONTH: MonthKeeping = { keepsPeriod: () => true, isWanted: () => false, sinceOf: () => META_PERIOD, wantedOf: () => [] }
export const NOBODY_HERE: LocalAuthors = { isLocal: () => false, localPrefixes: () => [] }
export const EVERYTHING: Keeping = { ...EVERYBODY, ...EVERY_MONTH, ...NOBODY_HERE }

/** Whether an envelope of the document is stored here. */
export function keepsDocument (keeping: Keeping, document: DocumentId): boolean {
  return keeping.isLocal(document.author) || (keeping.keepsPeriod(document.community, document.period) && keeping.keepsAuthor(document))
}

/** Whether the shard is held in part for a reason that lasts, so that its digest tells nobody anything. */
export function isPartial (keeping: Keeping, community: CommunityAddress, period: Period): boolean {
  return !keeping.keepsPeriod(community, period) || keeping.leavesOut(community)
}
