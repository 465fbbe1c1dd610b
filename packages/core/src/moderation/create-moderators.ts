// Who moderates a community: the founder names moderators, and every reader may follow others instead.
import { parseAuthorId, type AuthorId } from '@seedbed/crdt-index'
import { profileOf } from '../actions/profiles.ts'
import { genesisUnknown } from '../actions/publish.ts'
import { SeedbedError } from '../errors.ts'
import type { NodeParts } from '../parts.ts'
import { resolveCommunity } from '../queries/locate.ts'
import { publicCall } from '../translate-error.ts'
import type { Moderator, ModeratorList, Moderators } from './moderation.ts'
import type { Reading } from './reading.ts'

export function createModerators ({ index, signer, writer }: NodeParts, reading: Reading): Moderators {
  function list (community: string): ModeratorList {
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

  async function name (role: 'moderator' | 'none', { community, author, signal }: Parameters<Moderators['appoint']>[0]): Promise<ModeratorList> {
    return await publicCall(signal, async () => {
      const named = parseAuthorId(author.trim().toLowerCase())
      const { address, slug, founder } = resolveCommunity(index, community)
      if (slug === null) throw genesisUnknown(address)
      if (founder !== signer.author) throw new SeedbedError('NOT_FOUNDER', founder === null ? `${slug} has no founder, so nobody names its moderators` : `${slug} was begun by ${founder}, who alone names its moderators`)
      if (named === founder) throw new SeedbedError('USAGE', 'the founder moderates without being named')
      if (index.moderators(address).includes(named) !== (role === 'moderator')) {
        await writer.admit(address, signal === undefined ? {} : { signal })
        await writer.appoint({ community: address, author: named, role })
      }
      return list(address)
    })
  }

  return {
    list,
    appoint: async options => await name('moderator', options),
    dismiss: async options => await name('none', options)
  }
}
