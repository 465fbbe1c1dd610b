// Where host names lead. One counts for the nearest address behind it, or anybody could lead us home by a name of his own.
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { AddressScope, scopeOf } from './address-scope.ts'

/** The addresses that a host leads to, an IP address to itself. Rejects if the name is not known. */
export async function addressesOf (host: string): Promise<string[]> {
  const bare = host.replace(/^\[|\]$/g, '')
  return isIP(bare.replace(/%.*$/, '')) === 0 ? (await lookup(bare, { all: true })).map(({ address }) => address) : [bare]
}

/** How near the nearest address is that a host leads to; null if one is of a kind that no peer has. Rejects if the name is not known. */
export async function reachOf (host: string): Promise<AddressScope | null> {
  let nearest: AddressScope = AddressScope.world
  for (const address of await addressesOf(host)) {
    const scope = scopeOf(address)
    if (scope === null) return null
    if (scope < nearest) nearest = scope
  }
  return nearest
}
