// From what people type to what the index knows: communities by address or slug, posts and comments by id.
import { parseContentId, type CommunityInfo, type ContentId, type CrdtIndex, type ItemView } from '@seedbed/crdt-index'
import { SeedbedError } from '../errors.ts'
import type { Community } from '../node.ts'

const ADDRESS = /^[0-9a-f]{64}$/

export function communityOf (index: Pick<CrdtIndex, 'moderators'>, { address, slug, title, founder, difficulty, joinedAtMs }: CommunityInfo): Community {
  return { address, slug, title, founder, moderators: index.moderators(address), difficulty, joinedAtMs }
}

/** Errors: UNKNOWN_COMMUNITY, AMBIGUOUS_COMMUNITY. */
export function resolveCommunity (index: CrdtIndex, addressOrSlug: string): Community {
  const typed = addressOrSlug.trim()
  const wanted = ADDRESS.test(typed.toLowerCase()) ? typed.toLowerCase() : typed // a slug has no upper case to be forgiven
  const found = index.communities().filter(({ address, slug }) => ADDRESS.test(wanted) ? address === wanted : slug === wanted)
  const [first, second] = found
  if (first === undefined) throw new SeedbedError('UNKNOWN_COMMUNITY', `no joined community is called ${JSON.stringify(wanted)}`)
  if (second !== undefined) throw new SeedbedError('AMBIGUOUS_COMMUNITY', `${found.length} joined communities are called ${JSON.stringify(wanted)}; use an address: ${found.map(({ address }) => address).join(', ')}`)
  return communityOf(index, first)
}

/** Errors: BAD_ID. */
export function parseId (text: string): ContentId {
  return parseContentId(text.trim().toLowerCase())
}

/**
 * Every listing of the id, the oldest first: anybody may list anybody's content under any time, and only the first
 * revision's header tells whose it is (queries/bodies.ts). Errors: BAD_ID, UNKNOWN_ID.
 */
export function listingsOf (index: CrdtIndex, id: string): [ItemView, ...ItemView[]] {
  const contentId = parseId(id)
  const [first, ...rest] = index.find(contentId).sort((a, b) => a.createdMs - b.createdMs)
  if (first === undefined) throw new SeedbedError('UNKNOWN_ID', `no joined community lists ${contentId}`)
  return [first, ...rest]
}

export function genesisUnknown (address: string): SeedbedError {
  return new SeedbedError('UNKNOWN_COMMUNITY', `${address} is joined, but no peer that knows it was met yet: connect to one first`)
}
