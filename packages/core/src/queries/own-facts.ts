// What this node itself did with an item: the only part of a description that needs the database.
import type { ContentId, ItemView } from '@seedbed/crdt-index'
import { voteOf } from '../actions/votes.ts'
import type { VoteValue } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import { isSeeding } from './bodies.ts'

export interface OwnFacts {
  readonly vote: VoteValue
  /** Whether this peer serves one of the revisions asked about to anybody. */
  readonly seeding: boolean
}

export type OwnFactsOf = (item: ItemView, revisions: readonly ContentId[]) => OwnFacts | Promise<OwnFacts>

export function ownFactsFrom (parts: NodeParts): OwnFactsOf {
  return async (item, revisions) => {
    let seeding = false
    for (const revision of new Set(revisions)) seeding ||= await isSeeding(parts, revision)
    return { vote: await voteOf(parts, item), seeding }
  }
}
