import { parseCommunityAddress, type CommunityAddress, type CommunityInfo } from '@seedbed/crdt-index'
import { normaliseTitle } from '../bodies/text.ts'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_JOIN_TIMEOUT_MS } from '../limits.ts'
import type { Community, SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import { communityOf, resolveCommunity } from '../queries/locate.ts'
import { publicCall } from '../translate-error.ts'

export function createCommunities ({ index, signer }: NodeParts, online: boolean): SeedbedNode['communities'] {
  /** Waits until the words of a fresh member are there: slug from the genesis, title from the founder. */
  async function untilKnown (address: CommunityAddress, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => { if (index.community(address)?.title !== null && index.community(address)?.slug !== null) resolve() }
    const ends = [index.on('communities', look), index.on('change', look), index.on('sync', ({ community }) => {
      if (community === address && index.status(address).sync.state === 'synced' && index.community(address)?.slug !== null) resolve()
    })]
    const timer = setTimeout(resolve, timeoutMs)
    signal?.addEventListener('abort', () => { resolve() })
    look()
    await promise
    clearTimeout(timer)
    for (const end of ends) end()
    signal?.throwIfAborted()
  }

  return {
    create: async ({ slug, title, signal }) => await publicCall(signal, async () => {
      if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(slug)) throw new SeedbedError('BAD_SLUG', `${JSON.stringify(slug)} is no slug: 1 to 40 lowercase letters, digits and inner hyphens`)
      return communityOf(await index.create({ founder: signer, slug, ...(title === undefined ? {} : { title: normaliseTitle(title) }) }))
    }),
    join: async (address, { timeoutMs = DEFAULT_JOIN_TIMEOUT_MS, signal } = {}) => await publicCall(signal, async (): Promise<Community> => {
      const parsed = parseCommunityAddress(address.trim().toLowerCase())
      let community: CommunityInfo = await index.join(parsed)
      if (online && (community.slug === null || index.status(parsed).shards.length === 0)) {
        await untilKnown(parsed, timeoutMs, signal)
        community = index.community(parsed) ?? community
      }
      return communityOf(community)
    }),
    leave: async (address, { signal } = {}) => await publicCall(signal, async () => {
      await index.leave(resolveCommunity(index, address).address)
    }),
    list: () => index.communities().map(communityOf),
    resolve: addressOrSlug => resolveCommunity(index, addressOrSlug)
  }
}
