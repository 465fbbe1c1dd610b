// A body decides only whether its text is shown: what its header says has to be what the signed index entry says.
import type { ItemView, Revision } from '@seedbed/crdt-index'
import type { BodyFields } from './body.ts'

/** The items that a comment's links lead to, as far as they are known. */
export type FindLinked = (item: ItemView, which: 'root' | 'parent') => ItemView | undefined

/**
 * What a body says otherwise than the entry of the revision that it should be; null when they agree. `listedTitle` is
 * the title under which a post was first listed.
 */
export function contradiction (fields: BodyFields, item: ItemView, revision: Revision, listedTitle: string | null, linked: FindLinked): string | null {
  if (fields.author !== item.author) return 'another author'
  if (fields.community !== item.community) return 'another community'
  if (fields.kind !== item.kind) return `a ${fields.kind}, not a ${item.kind}`
  if (fields.createdMs !== (revision.editedMs ?? item.createdMs)) return 'another time'
  if (fields.revises !== (revision.editedMs === null ? undefined : item.contentId)) return 'a revision of something else'
  if (fields.kind === 'post') return fields.title === (revision.title ?? listedTitle) ? null : 'another title'
  const root = linked(item, 'root')
  const parent = linked(item, 'parent')
  if (root !== undefined && root.contentId !== fields.root) return 'another root'
  if (parent !== undefined && parent.contentId !== fields.parent) return 'another parent'
  return null
}
