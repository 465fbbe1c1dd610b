// Making invitation links, and following one.
import type { CommunityAddress } from '@seedbed/crdt-index'
import { SeedbedError } from '../errors.ts'
import { DIAL_TIMEOUT_MS, MAX_INVITATION_PEERS } from '../limits.ts'
import type { Network } from '../network/network.ts'
import type { SeedbedNode } from '../node.ts'
import type { Logger } from '../options.ts'
import type { NodeParts } from '../parts.ts'
import { listingsOf, resolveCommunity } from '../queries/locate.ts'
import { publicCall } from '../translate-error.ts'
import type { AddressBook } from './address-book.ts'
import { formatInvitation } from './invitation.ts'
import { AddressScope, parsePeerAddress } from './peer-address.ts'

export function createInvitations ({ index }: NodeParts, network: Network | null): SeedbedNode['invitations'] {
  return {
    create: async ({ community, post, signal }) => await publicCall(signal, async () => {
      const { address } = resolveCommunity(index, community)
      const listed = post === undefined ? null : listingsOf(index, post).find(item => item.community === address)
      if (listed === undefined) throw new SeedbedError('UNKNOWN_ID', `${post} is not listed in ${community}`)
      const peers = farthestFirst(network?.addresses() ?? [])
      return { link: formatInvitation({ community: address, peers, post: listed?.contentId ?? null }), community: address, peers, post: listed?.contentId ?? null }
    })
  }
}

/** This machine's own addresses go into a link only when there are no others: elsewhere they mean another machine. */
function farthestFirst (addresses: readonly string[]): string[] {
  const scoped = addresses.flatMap(text => {
    const parsed = parsePeerAddress(text)
    return parsed === null ? [] : { text, scope: parsed.scope }
  }).sort((a, b) => b.scope - a.scope)
  const far = scoped.filter(({ scope }) => scope !== AddressScope.machine)
  return (far.length > 0 ? far : scoped).map(({ text }) => text).slice(0, MAX_INVITATION_PEERS)
}

/** Meets the peers that a link names, before its community is joined. */
export interface Introductions {
  /**
   * Resolves once one of them is connected or all have failed: then they are in the address book, which goes on trying.
   */
  meet (peers: readonly string[], community: CommunityAddress, signal: AbortSignal | undefined): Promise<void>
}

export function createIntroductions ({ network, book, learned, logger }: { network: Network | null, book: AddressBook, learned: () => void, logger: Logger }): Introductions {
  return {
    async meet (peers, community, signal) {
      const parsed = peers.flatMap(text => parsePeerAddress(text) ?? [])
      for (const peer of new Set(parsed.map(({ peer }) => peer))) {
        book.learn({ peer, said: parsed.filter(address => address.peer === peer).map(({ address }) => address), communities: [community] })
      }
      if (network === null || peers.length === 0) return
      const timeout = AbortSignal.timeout(DIAL_TIMEOUT_MS)
      const limited = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
      await Promise.any(peers.map(async peer => await network.connect(peer, limited))).catch((error: unknown) => {
        logger.info('no peer of the invitation can be reached now; they are tried again', error)
      })
      signal?.throwIfAborted()
      learned()
    }
  }
}
