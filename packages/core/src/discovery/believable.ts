// Of what peers say of themselves and of others, only addresses that mean the same here as there: one met on the open
// internet may not send us to hosts of our own network or machine.
import type { Identified, Network } from '../network/network.ts'
import { AddressScope, parsePeerAddress } from './peer-address.ts'
import type { Hearsay } from './peer-exchange.ts'

/** Listen addresses that a peer tells of itself. */
export function believable ({ peerId, remoteAddress, listenAddresses }: Identified, listensOnLoopback: boolean): string[] {
  const reach = parsePeerAddress(remoteAddress, peerId)?.scope ?? AddressScope.world
  return listenAddresses.filter(text => {
    const scope = parsePeerAddress(text, peerId)?.scope
    return scope !== undefined && scope >= reach && (scope !== AddressScope.machine || listensOnLoopback)
  })
}

/**
 * Addresses of a third peer. Those through the peer that told of it are as good as the connection with it, over which
 * they are dialled: whatever it calls itself there, it is named by the address that it was reached at, so that nobody is
 * sent elsewhere once that connection is gone.
 */
export function believableHearsay ({ addresses, from }: Hearsay, network: Pick<Network, 'connections'>): string[] {
  const connected = network.connections().find(({ peerId }) => peerId === from)?.addresses ?? []
  const reached = connected.flatMap(address => parsePeerAddress(address, from) ?? [])
  const reach = Math.min(AddressScope.world, ...reached.map(({ scope }) => scope))
  const relay = reached.find(({ address }) => !address.includes('/p2p-circuit'))
  const believed = addresses.flatMap(({ address, scope }) => {
    const through = address.indexOf(`/p2p/${from}/p2p-circuit`)
    if (through !== -1 && relay !== undefined) return `${relay.address}${address.slice(through)}`
    return scope >= reach ? address : []
  })
  return [...new Set(believed)]
}
