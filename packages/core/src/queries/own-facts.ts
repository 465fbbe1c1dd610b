// What this node itself did with an item: the only part of a description that needs the database.
import type { ContentId, ItemView } from '@seedbed/crdt-index'
import { infoHashOf } from '../bodies/library.ts'
import type { VoteValue } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import { voteOf } from './own-vote.ts'

export interface OwnFacts {
  readonly vote: VoteValue
  /** Whether the first of the revisions asked about is here; false where nobody asks. */
  readonly held: boolean
  /** Whether this peer serves one of them to anybody. */
  readonly seeding: boolean
}

export type OwnFactsOf = (item: ItemView, revisions: readonly ContentId[]) => OwnFacts | Promise<OwnFacts>

/** `asksHeld`: false saves a look into the database for each item that nothing pins. */
export function ownFactsFrom (parts: NodeParts, { asksHeld }: { asksHeld: boolean }): OwnFactsOf {
  const { pins, torrents, serves } = parts
  const isHere = async (revision: ContentId): Promise<boolean> => await torrents.has(infoHashOf(revision))
  const isPinned = async (revision: ContentId): Promise<boolean> => serves && await pins.isPinned(revision)
  return async (item, revisions) => {
    let seeding = false
    let held = false
    for (const revision of new Set(revisions)) {
      if (!asksHeld) {
        seeding ||= await isPinned(revision) && await isHere(revision)
      } else if (await isHere(revision)) {
        held ||= revision === revisions[0]
        seeding ||= await isPinned(revision)
      }
    }
    return { vote: await voteOf(parts, item), held, seeding }
  }
}
