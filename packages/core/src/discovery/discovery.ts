// How this peer finds others again: the address book, who fills it, and who dials from it. Without a network the book
// still takes down whom an invitation names.
import type { CrdtIndex } from '@seedbed/crdt-index'
import type { Level } from 'level'
import type { Network } from '../network/network.ts'
import type { Logger } from '../options.ts'
import { openAddressBook } from './address-book.ts'
import { createBookDialler } from './book-dialler.ts'
import { createIntroductions, type Introductions } from './invitations.ts'
import { keepMeetings } from './meetings.ts'

export interface Discovery {
  readonly introductions: Introductions
  close (): Promise<void>
}

export async function createDiscovery ({ db, index, network, clock, logger }: { db: Level, index: CrdtIndex, network: Network | null, clock: () => number, logger: Logger }): Promise<Discovery> {
  const book = await openAddressBook(db, clock, logger)
  if (network === null) return { introductions: createIntroductions({ network, book, learned: () => {}, logger }), close: book.close }
  const dialler = createBookDialler({
    book,
    joined: () => index.communities().map(({ address }) => address),
    isConnected: network.isConnected,
    listensOnLoopback: network.listensOnLoopback,
    dial: network.dialPeer
  })
  const ends = [
    keepMeetings({ network, index, book, learned: dialler.look }),
    network.onPeer(({ connected }) => { if (!connected) dialler.look() }),
    index.on('communities', dialler.look)
  ]
  dialler.look()
  return {
    introductions: createIntroductions({ network, book, learned: dialler.look, logger }),
    async close () {
      for (const end of ends) end()
      dialler.close()
      await book.close()
    }
  }
}
