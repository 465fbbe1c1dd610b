// Fills the address book: of a connected peer that shares a community it keeps the address that we reached it at and
// those that it says it listens on.
import { topicOf, type CrdtIndex } from '@seedbed/crdt-index'
import type { Network, Identified } from '../network/network.ts'
import type { AddressBook } from './address-book.ts'
import { believable } from './believable.ts'

export interface Meetings {
  /** Addresses that a connected peer tells of itself, as far as they can be passed on. */
  addressesOf (peer: string): string[]
  close (): void
}

export function keepMeetings ({ network, index, book, learned }: { network: Network, index: CrdtIndex, book: AddressBook, learned: () => void }): Meetings {
  /** What connected peers said; dropped with the connection. */
  const identified = new Map<string, Identified>()

  /** Read once: those who ask for others are many, and each is told of each. */
  const passedOn = new WeakMap<Identified, { readonly loopback: boolean, readonly addresses: string[] }>()

  function keep (peer: Identified): void {
    const communities = index.communities().map(({ address }) => address).filter(address => network.transport.peers(topicOf(address)).includes(peer.peerId))
    if (communities.length === 0) return
    book.learn({ peer: peer.peerId, communities, said: believable(peer, network.listensOnLoopback()), ...(peer.direction === 'outbound' ? { worked: [peer.remoteAddress] } : {}) })
    learned()
  }

  const ends = [
    network.onIdentified(peer => {
      const known = identified.get(peer.peerId)
      // Of two connections with one peer the one that we opened says more: its address works.
      if (known?.direction === 'outbound' && peer.direction === 'inbound') return
      identified.set(peer.peerId, peer)
      keep(peer)
    }),
    network.onPeer(({ peerId, connected }) => { if (!connected) identified.delete(peerId) }),
    network.transport.onPeer(({ peer, joined }) => {
      const met = identified.get(peer)
      if (joined && met !== undefined) keep(met)
    }),
    index.on('communities', () => { for (const met of identified.values()) keep(met) })
  ]
  return {
    addressesOf (peer) {
      const met = identified.get(peer)
      if (met === undefined) return []
      const loopback = network.listensOnLoopback()
      const known = passedOn.get(met)
      if (known?.loopback === loopback) return known.addresses
      const addresses = believable(met, loopback)
      passedOn.set(met, { loopback, addresses })
      return addresses
    },
    close () { for (const end of ends) end() }
  }
}
