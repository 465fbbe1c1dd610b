// Labels and moderators of a node. Reading needs them at once; what signs is loaded when it is first used.
import { SeedbedError } from '../errors.ts'
import type { NodeParts } from '../parts.ts'
import { rightfulListing } from '../queries/bodies.ts'
import { genesisUnknown, resolveCommunity } from '../queries/locate.ts'
import { publicCall } from '../translate-error.ts'
import { createModeratorList } from './list-moderators.ts'
import type { Labels, ModeratorList, Moderators } from './moderation.ts'
import type { Reading } from './reading.ts'

export function createModeration (parts: NodeParts, reading: Reading): { readonly labels: Labels, readonly moderators: Moderators } {
  const { index } = parts
  const list = createModeratorList(parts, reading)

  async function name (role: 'moderator' | 'none', { community, author, signal }: Parameters<Moderators['appoint']>[0]): Promise<ModeratorList> {
    return await publicCall(signal, async () => {
      const found = resolveCommunity(index, community)
      if (found.slug === null) throw genesisUnknown(found.address)
      await (await import('../actions/every-act.ts')).signRole(parts, found, { role, author, signal })
      return list(found.address)
    })
  }

  return {
    labels: {
      set: async ({ id, label, reason = '', timeoutMs, signal }) => await publicCall(signal, async () => {
        const { labelOf, wordsOf, signLabel } = await import('../actions/every-act.ts')
        const wanted = { label: labelOf(label), reason: wordsOf('reason', reason), signal }
        const item = await rightfulListing(parts, id, { timeoutMs, signal })
        if (item.deleted) throw new SeedbedError('DELETED', `${item.contentId} was deleted by its author`)
        return await signLabel(parts, item, wanted)
      }),
      clear: async (id, { timeoutMs, signal } = {}) => await publicCall(signal, async () => {
        const { signLabel } = await import('../actions/every-act.ts')
        return await signLabel(parts, await rightfulListing(parts, id, { timeoutMs, signal }), { label: null, reason: '', signal })
      }),
      list: async (id, { timeoutMs, signal } = {}) => await publicCall(signal, async () => {
        const item = await rightfulListing(parts, id, { timeoutMs, signal })
        const { authors } = reading.followed(item.community)
        return index.labels(item).filter(({ label }) => label !== 'none').map(label => ({ ...reading.describeLabel(item.community, label), counts: authors.has(label.author) }))
      })
    },
    moderators: {
      list,
      appoint: async options => await name('moderator', options),
      dismiss: async options => await name('none', options)
    }
  }
}
