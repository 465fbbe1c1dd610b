// Which hosts of this machine and its network a page may dial. libp2p dials more than it is told to: to keep a place at a
// relay, or to go through one, it takes whatever addresses the other side ever claimed to have. A far peer that claims
// one of our router and then hangs up would make us knock there.
import { multiaddr } from '@multiformats/multiaddr'
import { AddressScope, scopeOfHost } from '../discovery/peer-address.ts'
import { MAX_NEAR_DIALS } from '../limits.ts'

export interface NearDials {
  /** This peer itself wants to dial the address, or to go through the relay in it. */
  allow (address: string): void
  /** True for what means the same everywhere, and for what was allowed. */
  mayDial (address: string): boolean
}

export function createNearDials (): NearDials {
  const allowed = new Set<string>()
  return {
    allow (address) {
      const host = hostOf(address)
      if (scopeOfHost(host) === AddressScope.world) return
      allowed.delete(host)
      allowed.add(host)
      const oldest = allowed.size > MAX_NEAR_DIALS ? allowed.values().next().value : undefined
      if (oldest !== undefined) allowed.delete(oldest)
    },
    mayDial (address) {
      const host = hostOf(address)
      return scopeOfHost(host) === AddressScope.world || allowed.has(host)
    }
  }
}

/** What a socket is opened to: everything before the first peer's id. */
function hostOf (address: string): string {
  return multiaddr(address).toString().split('/p2p/', 1)[0] ?? ''
}
