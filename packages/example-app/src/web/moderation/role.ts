import type { Community } from '@seedbed/core'

/** What somebody is in a community; null for most. */
export function roleIn (community: Pick<Community, 'founder' | 'moderators'> | undefined, author: string): 'founder' | 'moderator' | null {
  if (community === undefined) return null
  return community.founder === author ? 'founder' : community.moderators.some(one => one === author) ? 'moderator' : null
}
