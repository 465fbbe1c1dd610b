// Whom one fetch dials: every address once, within one budget, whoever named it. Trackers and the DHT name peers, and
// peers that are connected name others (BEP 11), which helps where those have nothing themselves.
import { isIP } from 'node:net'
import type { FetchCandidate } from '../hedged-fetch.ts'
import { MAX_PEX_MESSAGES, type SwarmLimits } from '../limits.ts'
import { addressesOf } from './address-reach.ts'
import { AddressScope, mayName, scopeOf } from './address-scope.ts'
import { peerCandidate } from './peer-candidate.ts'
import { readPexMessage } from './pex-message.ts'
import type { PeerAddress } from './tracker-message.ts'

export interface PeerSearchBudget {
  /** A peer that the caller named: dialled beside the budget. */
  named (peer: PeerAddress): FetchCandidate
  /** A peer that a stranger's link named: the same out in the world, also where its name leads; null for what is nearer. */
  linked (peer: PeerAddress): FetchCandidate | null
  /** A peer that trackers or the DHT named goes to `found`, unless it is known or the budget is used up. */
  readonly add: (peer: PeerAddress) => void
  /** Where candidates go from now on. */
  begin (found: (candidate: FetchCandidate) => void): void
}

export function createPeerSearchBudget ({ maxPeersPerSearch, utpDelayMs }: Pick<SwarmLimits, 'maxPeersPerSearch' | 'utpDelayMs'>): PeerSearchBudget {
  const known = new Set<string>()
  let dialled = 0
  let exchanged = 0
  let found: ((candidate: FetchCandidate) => void) | null = null

  function candidateOf ({ host, port }: PeerAddress): FetchCandidate {
    let messages = 0
    return {
      ...peerCandidate(host, port, utpDelayMs),
      onPeerExchange: message => {
        if (++messages > MAX_PEX_MESSAGES) return
        // Half of the budget at most: peers that make up others leave room for what trackers and the DHT know.
        for (const peer of readPexMessage(message)) if (exchanged < maxPeersPerSearch / 2 && mayName(host, peer.host) && add(peer)) exchanged++
      }
    }
  }
  function add (peer: PeerAddress): boolean {
    if (found === null || dialled >= maxPeersPerSearch) return false
    const candidate = candidateOf(peer)
    if (known.has(candidate.id)) return false
    known.add(candidate.id)
    dialled++
    found(candidate)
    return true
  }

  function named (peer: PeerAddress): FetchCandidate {
    const candidate = candidateOf(peer)
    known.add(candidate.id)
    return candidate
  }

  return {
    named,
    linked (peer) {
      const { host, port } = peer
      if (scopeOf(host) !== AddressScope.world) return null
      if (isIP(host) !== 0) return named(peer)
      return { ...named(peer), open: async options => await peerCandidate(await worldAddressOf(host), port, utpDelayMs).open(options) }
    },
    add,
    begin (next) { found = next }
  }
}

/** What is dialled is the address that was looked at: a name may lead elsewhere the next time. */
async function worldAddressOf (host: string): Promise<string> {
  const address = (await addressesOf(host)).find(address => scopeOf(address) === AddressScope.world)
  if (address === undefined) throw new Error(`${host} leads into this machine or its network`)
  return address
}
