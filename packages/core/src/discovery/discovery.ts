// How this peer finds others again: the address book, who fills it, and who dials from it. Without a network the book
// still takes down whom an invitation names.
import { platform } from '#platform'
import type { CrdtIndex } from '@seedbed/crdt-index'
import type { Level } from 'level'
import { YIELD_TO_DIAL_MS } from '../limits.ts'
import type { Network } from '../network/network.ts'
import { transportOf } from '../network/peer-transport.ts'
import type { Logger } from '../options.ts'
import type { SeedboxRegistry } from '../seedboxes/create-seedboxes.ts'
import { openAddressBook } from './address-book.ts'
import { createBookDialler } from './book-dialler.ts'
import { believableHearsay } from './believable.ts'
import { createIntroductions, type Introductions } from './invitations.ts'
import { keepMeetings } from './meetings.ts'
import { createPeerExchange } from './peer-exchange.ts'

export interface Discovery {
  readonly introductions: Introductions
  close (): Promise<void>
}

export interface DiscoveryOptions {
  readonly db: Level
  readonly index: CrdtIndex
  readonly network: Network | null
  readonly rendezvous: Pick<SeedboxRegistry, 'seedboxes' | 'onChange'>
  /** Whether this peer introduces pages to each other in communities that it takes no part in. */
  readonly introduces: boolean
  readonly clock: () => number
  readonly logger: Logger
}

export async function createDiscovery ({ db, index, network, rendezvous, introduces, clock, logger }: DiscoveryOptions): Promise<Discovery> {
  const book = await openAddressBook(db, clock, logger)
  if (network === null) return { introductions: createIntroductions({ network, book, learned: () => {}, logger }), close: book.close }
  const closing = new AbortController()
  const joined = (): ReturnType<typeof index.communities>[number]['address'][] => index.communities().map(({ address }) => address)
  const dialler = createBookDialler({
    book,
    joined,
    isConnected: network.isDirect,
    listensOnLoopback: network.listensOnLoopback,
    dial: network.dialPeer,
    canDial: platform.canDial,
    enough: platform.enoughPeers,
    // Of two pages that hear of each other one dials, or they would end with two connections.
    yieldMs: (peer, addresses) => network.peerId > peer && addresses.every(address => transportOf(address) === 'webrtc') ? YIELD_TO_DIAL_MS : 0
  })
  const meetings = keepMeetings({ network, index, book, learned: dialler.look })
  const exchange = createPeerExchange({
    transport: network.transport,
    joined,
    ownAddresses: network.addresses,
    asks: platform.asksForPeers,
    introducers: () => rendezvous.seedboxes.list().flatMap(({ peerId, connected, relay }) => connected && relay ? peerId : []),
    introduces,
    addressesOf: meetings.addressesOf,
    onHearsay (hearsay) {
      const addresses = believableHearsay(hearsay, network)
      if (addresses.length === 0 || network.isDirect(hearsay.peer)) return
      book.learn({ peer: hearsay.peer, told: addresses, communities: [hearsay.community] })
      dialler.look()
    }
  })
  const wake = async (): Promise<void> => {
    await network.wake(closing.signal)
    dialler.now()
    await Promise.all(joined().map(async address => { await index.sync(address, { signal: closing.signal }) }))
  }
  const ends = [
    meetings.close,
    exchange.close,
    network.onPeer(({ connected }) => {
      exchange.changed()
      if (!connected) dialler.look()
    }),
    network.onAddresses(exchange.changed),
    rendezvous.onChange(exchange.changed),
    network.onIdentified(exchange.changed),
    index.on('communities', () => {
      exchange.changed()
      dialler.look()
    }),
    platform.onWake(() => { wake().catch((error: unknown) => { if (!closing.signal.aborted) logger.debug('not everybody could be asked after the network came back', error) }) })
  ]
  dialler.look()
  return {
    introductions: createIntroductions({ network, book, learned: dialler.look, logger }),
    async close () {
      closing.abort()
      for (const end of ends) end()
      dialler.close()
      await book.close()
    }
  }
}
