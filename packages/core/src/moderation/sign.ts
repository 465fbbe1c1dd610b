// What moderators sign: labels, and the founder's word on who moderates. Loaded when somebody first does either; so it
// imports as little as it can, which would otherwise be cut out of what a page loads at once.
import { MAX_LABEL_BYTES, MAX_MODERATORS, MAX_REASON_BYTES, parseAuthorId, parseLabel, treatmentOfLabel, type ItemView } from '@seedbed/crdt-index'
import { SeedbedError } from '../errors.ts'
import type { Community } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import type { Labelled } from './moderation.ts'

type Signing = Pick<NodeParts, 'index' | 'signer' | 'writer'>

/** How an entry says that a label was taken back. */
const NONE = 'none'

/** One line of a label or reason, without white space around it. Errors: USAGE, TEXT_NOT_UTF8. */
export function wordsOf (what: 'label' | 'reason', words: string): string {
  const line = words.trim()
  const maxBytes = what === 'label' ? MAX_LABEL_BYTES : MAX_REASON_BYTES
  if (/\p{Surrogate}/u.test(line)) throw new SeedbedError('TEXT_NOT_UTF8', `the ${what} has half a surrogate pair and cannot be written as UTF-8`)
  if (/[\p{Cc}\u2028\u2029]/u.test(line)) throw new SeedbedError('USAGE', `a ${what} is one line without control characters`)
  if (new TextEncoder().encode(line).length > maxBytes) throw new SeedbedError('USAGE', `a ${what} has at most ${maxBytes} bytes of UTF-8`)
  return line
}

/** Errors: USAGE, TEXT_NOT_UTF8. */
export function labelOf (words: string): string {
  const label = wordsOf('label', words).toLowerCase()
  if (label === '') throw new SeedbedError('USAGE', 'a label needs a name')
  if (label === NONE) throw new SeedbedError('USAGE', `${NONE} is no label: take the own one back instead`)
  return label
}

/** `label` null takes it back. Nothing is signed that is so already. Errors: STORAGE_FAILED. */
export async function signLabel ({ index, signer, writer }: Signing, item: ItemView, { label, reason, signal }: { label: string | null, reason: string, signal: AbortSignal | undefined }): Promise<Labelled> {
  const { community, period, contentId } = item
  const name = label ?? NONE
  const value = await index.entry(signer.author, community, period, 'labels', item.item)
  const before = value === undefined ? null : parseLabel(item.item, value)
  if ((before?.label ?? NONE) !== name || (before?.reason ?? '') !== reason) {
    await writer.admit(community, signal === undefined ? {} : { signal })
    await writer.label({ community, period, item: item.item, label: name, reason })
  }
  return {
    id: contentId, community, label, reason,
    byDefault: index.community(community)?.founder === signer.author || index.moderators(community).includes(signer.author),
    treatment: treatmentOfLabel({ author: signer.author, label: name, reason, labelledMs: 0 })
  }
}

/** Nothing is signed that is so already. Errors: BAD_ID, NOT_FOUNDER, USAGE, STORAGE_FAILED. */
export async function signRole ({ index, signer, writer }: Signing, { address, slug, founder }: Community, { role, author, signal }: { role: 'moderator' | 'none', author: string, signal?: AbortSignal | undefined }): Promise<void> {
  const named = parseAuthorId(author.trim().toLowerCase())
  if (founder !== signer.author) throw new SeedbedError('NOT_FOUNDER', founder === null ? `${slug} has no founder, so nobody names its moderators` : `${slug} was begun by ${founder}, who alone names its moderators`)
  if (named === founder) throw new SeedbedError('USAGE', 'the founder moderates without being named')
  const moderators = index.moderators(address)
  if (moderators.includes(named) === (role === 'moderator')) return
  if (role === 'moderator' && moderators.length >= MAX_MODERATORS) throw new SeedbedError('USAGE', `a community has at most ${MAX_MODERATORS} moderators; dismiss one first`)
  await writer.admit(address, signal === undefined ? {} : { signal })
  await writer.appoint({ community: address, author: named, role })
}
