// Whose labels count in a community, and why.
import type { AuthorId } from '@seedbed/crdt-index'
import { profileOf } from '../actions/profiles.ts'
import type { NodeParts } from '../parts.ts'
import { resolveCommunity } from '../queries/locate.ts'
import type { Moderator, Moderators } from './moderation.ts'
import type { Reading } from './reading.ts'

export function createModeratorList ({ index }: Pick<NodeParts, 'index'>, reading: Reading): Moderators['list'] {
  return community => {
    const { address, founder } = resolveCommunity(index, community)
    const { authors, chosen } = reading.followed(address)
    const appointed = index.moderators(address).filter(author => author !== founder)
    const known = new Set<AuthorId>([...founder === null ? [] : [founder], ...appointed])
    const describe = (role: Moderator['role']) => (author: AuthorId): Moderator => ({ author, profile: profileOf(index, address, author), role, followed: authors.has(author) })
    return {
      community: address,
      items: [
        ...founder === null ? [] : [describe('founder')(founder)],
        ...appointed.map(describe('moderator')),
        ...[...authors].filter(author => !known.has(author)).map(describe('chosen'))
      ],
      chosen
    }
  }
}
