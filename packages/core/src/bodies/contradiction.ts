// A body decides only whether its text is shown: what its header says has to be what the signed index entry says.
import type { ItemView } from '@seedbed/crdt-index'
import type { BodyFields } from './body.ts'

/** The items that a comment's links lead to, as far as they are known. */
export type FindLinked = (item: ItemView, which: 'root' | 'parent') => ItemView | undefined

/** What a body says otherwise than its entry; null when they agree. */
export function contradiction (fields: BodyFields, item: ItemView, linked: FindLinked): string | null {
  if (fields.author !== item.author) return 'another author'
  if (fields.community !== item.community) return 'another community'
  if (fields.createdMs !== item.createdMs) return 'another time'
  if (fields.kind !== item.kind) return `a ${fields.kind}, not a ${item.kind}`
  if (fields.revises !== undefined) return 'a later revision'
  if (fields.kind === 'post') return item.kind === 'post' && fields.title === item.title ? null : 'another title'
  const root = linked(item, 'root')
  const parent = linked(item, 'parent')
  if (root !== undefined && root.contentId !== fields.root) return 'another root'
  if (parent !== undefined && parent.contentId !== fields.parent) return 'another parent'
  return null
}
