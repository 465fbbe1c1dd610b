// Which communities this peer takes part in, and what the personal document says of that, kept equal. Whoever acted last
// decides: a change made here goes into the document, one that came from another device is carried out here. At the
// start the document decides where it says something; what it does not know is added, never left.
import type { CommunityAddress, CrdtIndex } from '@seedbed/crdt-index'
import type * as Y from 'yjs'
import type { Logger } from '../options.ts'
import { entriesOf, readCommunities } from './document.ts'

/** An action says what it is about to do, so that what it did is known after a crash in between. */
export interface Intentions {
  /** Durable when it resolves. Errors: STORAGE_FAILED. */
  intend (address: CommunityAddress, joined: boolean): Promise<void>
}

export interface JoinedCommunities extends Intentions {
  close (): void
}

export interface JoinedCommunitiesOptions {
  readonly doc: Y.Doc
  readonly index: Pick<CrdtIndex, 'communities' | 'community' | 'join' | 'leave' | 'on'>
  readonly durable: () => Promise<void>
  readonly logger: Logger
}

export function createJoinedCommunities ({ doc, index, durable, logger }: JoinedCommunitiesOptions): JoinedCommunities {
  const entries = entriesOf(doc, 'communities')
  /** To be carried out here because another device said so: what the index tells of them meanwhile is no news. */
  const carrying = new Set<string>()
  let order: Promise<void> = Promise.resolve()
  let closed = false

  function note (address: CommunityAddress, joined: boolean): void {
    if (entries.get(address) !== (joined ? 1 : 0)) doc.transact(() => { entries.set(address, joined ? 1 : 0) })
  }

  /** Joins and leaves what the document says. */
  function carryOut (): void {
    order = order.then(async () => { for (const address of readCommunities(doc).keys()) await carryOutOne(address) })
  }

  async function carryOutOne (address: CommunityAddress): Promise<void> {
    const value = entries.get(address) // as it is now: it may have been joined here while others were carried out
    try {
      if (closed || (value === 1) === (index.community(address) !== undefined)) return
      carrying.add(address)
      if (value === 1) await index.join(address)
      else await index.leave(address)
    } catch (error) { // the next one may do
      if (!closed) logger.warn('a community could not be joined or left as on another device', error)
    } finally {
      carrying.delete(address)
    }
  }

  const observe = (event: Y.YMapEvent<unknown>): void => {
    if (event.transaction.local) return
    for (const key of event.keysChanged) carrying.add(key)
    carryOut()
  }
  entries.observe(observe)
  const end = index.on('communities', ({ community }) => { if (!carrying.has(community)) note(community, index.community(community) !== undefined) })

  const known = readCommunities(doc)
  const unknown = index.communities().filter(({ address }) => !known.has(address))
  if (unknown.length > 0) doc.transact(() => { for (const { address } of unknown) note(address, true) })
  carryOut()

  return {
    async intend (address, joined) {
      note(address, joined)
      await durable()
    },
    close () {
      closed = true
      end()
      entries.unobserve(observe)
    }
  }
}
