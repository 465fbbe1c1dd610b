// Entries of a document as typed objects, and back. Parsers return null for what has not the exact shape of its
// root: an overwriting struct is checked without knowing its root, so a misfit can reach a document of a hostile
// author and is ignored there. Encoders throw BAD_ENTRY.
import { CrdtIndexError } from '../errors.ts'
import { bytesToBase64url, decodeBase64url, hexToBytes } from '../identity/encoding.ts'
import { authorIdOfBytes, bytesOfItemId, contentIdOfBytes, itemIdOfBytes } from '../identity/ids.ts'
import type { AuthorId, ContentId, EntryValue, ItemId, RootName } from '../model.ts'
import { fitsEntry, fitsValue } from './shapes.ts'

export { entryTimeMs, fitsEntry, fitsPeriod, rootsOf } from './shapes.ts'

/** What a document stores: root map, key, value. */
export interface RawEntry {
  readonly root: RootName
  readonly key: string
  readonly value: EntryValue
}

export interface PostEntry {
  readonly contentId: ContentId
  /** Of the content, in bytes. */
  readonly length: number
  readonly createdMs: number
  readonly title: string
}

export interface CommentEntry {
  readonly contentId: ContentId
  readonly length: number
  readonly createdMs: number
  /** The post that the thread hangs below. */
  readonly root: ItemId
  /** The root, or the comment that this one answers. */
  readonly parent: ItemId
  /** At most 16. */
  readonly mentions: readonly AuthorId[]
}

export interface VoteEntry {
  readonly item: ItemId
  readonly value: -1 | 0 | 1
  /** Unix time in seconds. */
  readonly seconds: number
  /** The revision that the vote was cast for; null for the first one. */
  readonly revision: ContentId | null
}

export interface EditEntry {
  /** Of the new revision. */
  readonly contentId: ContentId
  readonly item: ItemId
  readonly length: number
  readonly editedMs: number
  /** Null for a comment. */
  readonly title: string | null
}

export interface DeletionEntry {
  readonly item: ItemId
  readonly seconds: number
}

export interface LabelEntry {
  readonly item: ItemId
  readonly label: string
  readonly reason: string
  readonly seconds: number
}

export interface ProfileEntry {
  readonly field: 'name' | 'about'
  readonly text: string
  readonly seconds: number
}

export interface CommunityEntry {
  readonly field: 'title' | 'about'
  readonly text: string
  readonly seconds: number
}

export interface RoleEntry {
  readonly author: AuthorId
  readonly role: 'moderator' | 'none'
  readonly seconds: number
}

export function parsePost (key: string, value: EntryValue): PostEntry | null {
  if (!fitsEntry('posts', key, value)) return null
  const [length, createdMs, title] = value as unknown as [number, number, string]
  return { contentId: contentIdOfKey(key), length, createdMs, title }
}

export function parseComment (key: string, value: EntryValue): CommentEntry | null {
  if (!fitsEntry('comments', key, value)) return null
  const [length, createdMs, root, parent, mentions = []] = value as unknown as [number, number, Uint8Array, Uint8Array, Uint8Array[]?]
  return { contentId: contentIdOfKey(key), length, createdMs, root: itemIdOfBytes(root), parent: itemIdOfBytes(parent), mentions: mentions.map(authorIdOfBytes) }
}

/** `isItem`: the key is known to be an item. */
export function parseVote (key: string, value: EntryValue, isItem = false): VoteEntry | null {
  if (!(isItem ? fitsValue('votes', value) : fitsEntry('votes', key, value))) return null
  const [vote, seconds, revision] = value as unknown as [-1 | 0 | 1, number, Uint8Array?]
  return { item: key as ItemId, value: vote, seconds, revision: revision === undefined ? null : contentIdOfBytes(revision) }
}

export function parseEdit (key: string, value: EntryValue): EditEntry | null {
  if (!fitsEntry('edits', key, value)) return null
  const [item, length, editedMs, title] = value as unknown as [Uint8Array, number, number, string | null]
  return { contentId: contentIdOfKey(key), item: itemIdOfBytes(item), length, editedMs, title }
}

export function parseDeletion (key: string, value: EntryValue): DeletionEntry | null {
  return fitsEntry('deletions', key, value) ? { item: key as ItemId, seconds: value[0] as number } : null
}

export function parseLabel (key: string, value: EntryValue): LabelEntry | null {
  if (!fitsEntry('labels', key, value)) return null
  const [label, reason, seconds] = value as unknown as [string, string, number]
  return { item: key as ItemId, label, reason, seconds }
}

export function parseProfile (key: string, value: EntryValue): ProfileEntry | null {
  return fitsEntry('profile', key, value) ? { field: key as ProfileEntry['field'], text: value[0] as string, seconds: value[1] as number } : null
}

export function parseCommunity (key: string, value: EntryValue): CommunityEntry | null {
  return fitsEntry('community', key, value) ? { field: key as CommunityEntry['field'], text: value[0] as string, seconds: value[1] as number } : null
}

export function parseRole (key: string, value: EntryValue): RoleEntry | null {
  if (!fitsEntry('roles', key, value)) return null
  return { author: authorIdOfBytes(bytesOfKey(key)), role: value[0] as RoleEntry['role'], seconds: value[1] as number }
}

export function encodePost ({ contentId, length, createdMs, title }: PostEntry): RawEntry {
  return checked('posts', keyOf(contentId), [length, createdMs, title])
}

export function encodeComment ({ contentId, length, createdMs, root, parent, mentions }: CommentEntry): RawEntry {
  const value: EntryValue = [length, createdMs, bytesOfItemId(root), bytesOfItemId(parent)]
  return checked('comments', keyOf(contentId), mentions.length === 0 ? value : [...value, mentions.map(hexToBytes)])
}

export function encodeVote ({ item, value, seconds, revision }: VoteEntry): RawEntry {
  return checked('votes', item, revision === null ? [value, seconds] : [value, seconds, hexToBytes(revision)])
}

export function encodeEdit ({ contentId, item, length, editedMs, title }: EditEntry): RawEntry {
  return checked('edits', keyOf(contentId), [bytesOfItemId(item), length, editedMs, title])
}

export function encodeDeletion ({ item, seconds }: DeletionEntry): RawEntry {
  return checked('deletions', item, [seconds])
}

export function encodeLabel ({ item, label, reason, seconds }: LabelEntry): RawEntry {
  return checked('labels', item, [label, reason, seconds])
}

export function encodeProfile ({ field, text, seconds }: ProfileEntry): RawEntry {
  return checked('profile', field, [text, seconds])
}

export function encodeCommunity ({ field, text, seconds }: CommunityEntry): RawEntry {
  return checked('community', field, [text, seconds])
}

export function encodeRole ({ author, role, seconds }: RoleEntry): RawEntry {
  return checked('roles', keyOf(author), [role, seconds])
}

/** The key under which a content or an author stands. */
export function keyOf (id: ContentId | AuthorId): string {
  return bytesToBase64url(hexToBytes(id))
}

function checked (root: RootName, key: string, value: EntryValue): RawEntry {
  if (!fitsEntry(root, key, value)) throw new CrdtIndexError('BAD_ENTRY', `an entry of ${root} is out of its bounds`)
  return { root, key, value }
}

function bytesOfKey (key: string): Uint8Array {
  return decodeBase64url(key) ?? new Uint8Array()
}

function contentIdOfKey (key: string): ContentId {
  return contentIdOfBytes(bytesOfKey(key))
}
