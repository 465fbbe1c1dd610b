import { parseCommunityAddress, type CommunityAddress, type CommunityInfo } from '@seedbed/crdt-index'
import { normaliseTitle } from '../bodies/text.ts'
import { looksLikeInvitation, parseInvitation } from '../discovery/invitation.ts'
import type { Introductions } from '../discovery/invitations.ts'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_DIFFICULTY, DEFAULT_JOIN_TIMEOUT_MS, MAX_DIFFICULTY } from '../limits.ts'
import type { Joined, SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import type { Intentions } from '../personal/joined-communities.ts'
import { communityOf, resolveCommunity } from '../queries/locate.ts'
import { publicCall } from '../translate-error.ts'

export function createCommunities ({ index, signer, writer }: NodeParts, online: boolean, introductions: Introductions, intentions: Intentions): SeedbedNode['communities'] {
  /** Waits until the words of a fresh member are there: slug from the genesis, title from the founder. */
  async function untilKnown (address: CommunityAddress, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => { if (index.community(address)?.title !== null && index.community(address)?.slug !== null) resolve() }
    const ends = [index.on('communities', look), index.on('change', look), index.on('sync', ({ community }) => {
      if (community === address && index.status(address).sync.state === 'synced' && index.community(address)?.slug !== null) resolve()
    })]
    const timer = setTimeout(resolve, timeoutMs)
    const aborted = (): void => { resolve() }
    signal?.addEventListener('abort', aborted)
    look()
    await promise
    signal?.removeEventListener('abort', aborted)
    clearTimeout(timer)
    for (const end of ends) end()
    signal?.throwIfAborted()
  }

  /** A long-running peer looks for its stamp before anybody waits for it. What fails here, the first write says. */
  function prepare (address: CommunityAddress): void {
    writer.admit(address, { background: true }).catch(() => {})
  }
  if (online) {
    index.on('communities', ({ community }) => { prepare(community) })
    for (const { address } of index.communities()) prepare(address)
  }

  return {
    create: async ({ slug, title, difficulty = DEFAULT_DIFFICULTY, signal }) => await publicCall(signal, async () => {
      if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(slug)) throw new SeedbedError('BAD_SLUG', `${JSON.stringify(slug)} is no slug: 1 to 40 lowercase letters, digits and inner hyphens`)
      if (!Number.isInteger(difficulty) || difficulty < 0 || difficulty > MAX_DIFFICULTY) throw new SeedbedError('USAGE', `a difficulty is a whole number from 0 to ${MAX_DIFFICULTY}`)
      return communityOf(index, await index.create({ founder: signer, slug, difficulty, ...(title === undefined ? {} : { title: normaliseTitle(title) }), ...(signal === undefined ? {} : { signal }) }))
    }),
    join: async (addressOrLink, { timeoutMs = DEFAULT_JOIN_TIMEOUT_MS, signal } = {}) => await publicCall(signal, async (): Promise<Joined> => {
      const { community: parsed, peers, post } = looksLikeInvitation(addressOrLink)
        ? parseInvitation(addressOrLink)
        : { community: parseCommunityAddress(addressOrLink.trim().toLowerCase()), peers: [], post: null }
      const before = index.community(parsed)
      const meeting = introductions.meet(peers, parsed, signal)
      meeting.catch(() => {}) // told below
      await intentions.intend(parsed, true) // first: what the author's devices know of it decides after a crash
      let community: CommunityInfo = await index.join(parsed) // meanwhile, so that whoever is met hears of it at once
      try {
        await meeting
      } catch (error) {
        if (before === undefined) {
          await intentions.intend(parsed, false)
          await index.leave(parsed)
        }
        throw error
      }
      if (online && (community.slug === null || index.status(parsed).shards.every(({ envelopes }) => envelopes === 0))) {
        await untilKnown(parsed, timeoutMs, signal)
        community = index.community(parsed) ?? community
      }
      return { ...communityOf(index, community), post }
    }),
    leave: async (address, { signal } = {}) => await publicCall(signal, async () => {
      const left = resolveCommunity(index, address).address
      await intentions.intend(left, false)
      await index.leave(left)
    }),
    retain: async (community, retain, { signal } = {}) => await publicCall(signal, async () => {
      const { address } = resolveCommunity(index, community)
      await index.retain(address, retain).catch((error: unknown) => {
        throw error instanceof TypeError ? new SeedbedError('USAGE', error.message, { cause: error }) : error
      })
    }),
    budget: async (community, maxBytes, { signal } = {}) => await publicCall(signal, async () => {
      const { address } = resolveCommunity(index, community)
      if (maxBytes !== null && !(typeof maxBytes === 'number' && maxBytes >= 0)) throw new SeedbedError('USAGE', 'a storage budget is a number of bytes, Infinity for none, or null')
      await index.budget(address, maxBytes)
    }),
    list: () => index.communities().map(community => communityOf(index, community)),
    resolve: addressOrSlug => resolveCommunity(index, addressOrSlug)
  }
}
