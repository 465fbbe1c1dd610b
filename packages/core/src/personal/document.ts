/**
 * The personal document: a Yjs document of flat root maps that every device of its author may write. Yjs merges whatever
 * they write; what is read back is checked, because another version of this program, or a stolen device, may write
 * anything. What does not fit is left out, never repaired.
 *
 *     communities   address -> 1 joined, 0 left
 *     follows       author -> 1
 *     mutes         author -> 1
 *     moderators    community address -> [author, …]: whose labels count there, instead of the founder's choice
 *     saved         post id -> [community address, saved at, Unix ms]
 *     read          post id -> read at, Unix ms
 *     drafts        key -> [title or null, text, changed at, Unix ms]
 */
import type { AuthorId, CommunityAddress } from '@seedbed/crdt-index'
import * as Y from 'yjs'
import { utf8Length } from '../bodies/text.ts'
import { MAX_DRAFT_KEY_CHARS, MAX_DRAFTS, MAX_DRAFTS_BYTES, MAX_FOLLOWED_MODERATORS, MAX_PERSONAL_AUTHORS, MAX_PERSONAL_COMMUNITIES, MAX_READ_MARKS, MAX_SAVED, MAX_TEXT_INPUT_BYTES } from '../limits.ts'
import type { PostId } from '../answers.ts'
import type { Draft, PersonalState, Saved } from './personal.ts'

export type PersonalContent = Omit<PersonalState, 'sync'>
export type PersonalRoot = 'communities' | 'follows' | 'mutes' | 'moderators' | 'saved' | 'read' | 'drafts'

const ROOTS: readonly PersonalRoot[] = ['communities', 'follows', 'mutes', 'moderators', 'saved', 'read', 'drafts']
const ADDRESS = /^[0-9a-f]{64}$/
const POST_ID = /^[0-9a-f]{40}$/

/** A document in which the roots are maps, whatever an update says they are. */
export function createPersonalDoc (): Y.Doc {
  const doc = new Y.Doc()
  for (const root of ROOTS) doc.getMap(root)
  return doc
}

export function entriesOf (doc: Y.Doc, root: PersonalRoot): Y.Map<unknown> {
  return doc.getMap(root)
}

/** What each community is meant to be on every device: true joined, false left. */
export function readCommunities (doc: Y.Doc): Map<CommunityAddress, boolean> {
  const communities = new Map<CommunityAddress, boolean>()
  for (const [key, value] of sorted(entriesOf(doc, 'communities'))) {
    if (ADDRESS.test(key) && (value === 0 || value === 1) && communities.size < MAX_PERSONAL_COMMUNITIES) communities.set(key as CommunityAddress, value === 1)
  }
  return communities
}

export function readContent (doc: Y.Doc): PersonalContent {
  return {
    communities: [...readCommunities(doc)].filter(([, joined]) => joined).map(([address]) => address),
    follows: readAuthors(entriesOf(doc, 'follows')),
    mutes: readAuthors(entriesOf(doc, 'mutes')),
    moderators: readModerators(entriesOf(doc, 'moderators')),
    saved: readSaved(entriesOf(doc, 'saved')),
    read: Object.fromEntries(readMarks(entriesOf(doc, 'read'))),
    drafts: readDrafts(entriesOf(doc, 'drafts'))
  }
}

function readAuthors (map: Y.Map<unknown>): AuthorId[] {
  return sorted(map).filter(([key, value]) => ADDRESS.test(key) && value === 1).slice(0, MAX_PERSONAL_AUTHORS).map(([key]) => key as AuthorId)
}

function readModerators (map: Y.Map<unknown>): PersonalContent['moderators'] {
  const moderators: Record<CommunityAddress, readonly AuthorId[]> = {}
  let communities = 0
  for (const [key, value] of sorted(map)) {
    if (!ADDRESS.test(key) || !Array.isArray(value) || communities >= MAX_PERSONAL_COMMUNITIES) continue
    if (value.length > MAX_FOLLOWED_MODERATORS || !value.every((author): author is AuthorId => typeof author === 'string' && ADDRESS.test(author))) continue
    moderators[key as CommunityAddress] = [...new Set(value)]
    communities++
  }
  return moderators
}

function readSaved (map: Y.Map<unknown>): Saved[] {
  const saved: Saved[] = []
  for (const [key, value] of sorted(map)) {
    if (!POST_ID.test(key) || !Array.isArray(value)) continue
    const [community, savedAtMs] = value as readonly unknown[]
    if (typeof community === 'string' && ADDRESS.test(community) && isTime(savedAtMs)) saved.push({ id: key as PostId, community: community as CommunityAddress, savedAtMs })
  }
  return saved.sort((a, b) => b.savedAtMs - a.savedAtMs).slice(0, MAX_SAVED)
}

/** Newest first. */
export function readMarks (map: Y.Map<unknown>): Array<[PostId, number]> {
  const marks: Array<[PostId, number]> = []
  for (const [key, value] of sorted(map)) if (POST_ID.test(key) && isTime(value)) marks.push([key as PostId, value])
  return marks.sort(([, a], [, b]) => b - a).slice(0, MAX_READ_MARKS)
}

export function readDrafts (map: Y.Map<unknown>): Draft[] {
  const drafts: Draft[] = []
  for (const [key, value] of sorted(map)) {
    if (!isDraftKey(key) || !Array.isArray(value)) continue
    const [title, text, updatedAtMs] = value as readonly unknown[]
    if ((title === null || typeof title === 'string') && typeof text === 'string' && isTime(updatedAtMs) && draftBytes({ title, text }) <= MAX_TEXT_INPUT_BYTES) drafts.push({ key, title, text, updatedAtMs })
  }
  drafts.sort((a, b) => b.updatedAtMs - a.updatedAtMs)
  let bytes = 0
  return drafts.slice(0, MAX_DRAFTS).filter(draft => (bytes += draftBytes(draft)) <= MAX_DRAFTS_BYTES)
}

export function draftBytes ({ title, text }: Pick<Draft, 'title' | 'text'>): number {
  return utf8Length(title ?? '') + utf8Length(text)
}

export function isDraftKey (key: string): boolean {
  return key !== '' && key.length <= MAX_DRAFT_KEY_CHARS
}

function isTime (value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** In an order that every device agrees on, so that all leave out the same where there is too much. */
function sorted (map: Y.Map<unknown>): Array<[string, unknown]> {
  return [...map.entries()].sort(([a], [b]) => a < b ? -1 : 1)
}
