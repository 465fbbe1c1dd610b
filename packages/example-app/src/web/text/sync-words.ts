// How a community's exchange with others stands, for people who never heard of synchronisation.
import { count } from './quantities.ts'

export interface SyncFacts {
  readonly state: 'alone' | 'behind' | 'syncing' | 'synced'
  readonly peers: number
  /** Signed changes that others say they have and that are not here. */
  readonly missing: number
}

/** `unsent`: own writes that nobody else is known to have. */
export function syncWords ({ state, peers, missing }: SyncFacts, unsent: number): string {
  const waiting = unsent === 0 ? '' : ` ${count(unsent, 'thing')} of yours ${unsent === 1 ? 'waits' : 'wait'} to be sent.`
  switch (state) {
    case 'alone': return `Nobody else of this community is connected.${waiting}`
    case 'behind': return `${missing === 0 ? 'Not compared to the end with' : `Others have ${count(missing, 'change')} more than is here; asking`} ${count(peers, 'peer')}.${waiting}`
    case 'syncing': return `Exchanging with ${count(peers, 'peer')}${missing === 0 ? '' : `; ${count(missing, 'change')} to come`}.${waiting}`
    case 'synced': return `Up to date with ${count(peers, 'peer')}.${waiting}`
  }
}

/** The same in one word or two. */
export const SYNC_TAGS: Readonly<Record<SyncFacts['state'], string>> = { alone: 'alone', behind: 'behind', syncing: 'exchanging', synced: 'up to date' }
