// What this author's own vote on an item is.
import { parseVote, type ItemView, type VoteEntry } from '@seedbed/crdt-index'
import type { VoteValue } from '../node.ts'
import type { NodeParts } from '../parts.ts'

export async function voteOf (parts: NodeParts, item: ItemView): Promise<VoteValue> {
  return (await currentVote(parts, item))?.value ?? 0
}

/** Null: never voted. */
export async function currentVote ({ index, signer }: NodeParts, { community, period, item }: ItemView): Promise<VoteEntry | null> {
  const value = await index.entry(signer.author, community, period, 'votes', item)
  return value === undefined ? null : parseVote(item, value)
}
