// How well the newest posts of a community are kept, in one short line.
import type { FeedPost } from '@seedbed/core'
import { count } from './quantities.ts'

/** `Seeds known: 48 of the newest 50 posts`; of the first page of its newest posts. */
export function seedWords ({ items, next }: { readonly items: ReadonlyArray<Pick<FeedPost, 'seeds'>>, readonly next: string | null }): string {
  const seeded = items.filter(({ seeds }) => seeds !== null && seeds > 0).length
  if (items.length === 0) return 'No posts yet'
  return `Seeds known: ${seeded} of ${next === null ? '' : 'the newest '}${count(items.length, 'post')}`
}
