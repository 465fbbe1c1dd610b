// Whom somebody means: a key, a name that an author gave themselves, or the four words of a key.
import { SeedbedError, type AuthorId, type Profile, type SeedbedNode } from '@seedbed/core'

/** In the help of what takes one. */
export const WHO = 'Key of 64 hex characters, a name, or the words of a key.'
const KEY = /^[0-9a-f]{64}$/i
/** Namesakes that an error lists. */
const LISTED = 5

/** `communities`: where names are looked for; default all joined ones. Errors: UNKNOWN_AUTHOR, AMBIGUOUS_AUTHOR. */
export function authorNamed (node: SeedbedNode, who: string, communities: readonly string[] = node.communities.list().map(({ address }) => address)): AuthorId {
  const name = who.trim().replace(/^@/, '')
  if (KEY.test(name)) return name.toLowerCase() as AuthorId
  const found = new Map<AuthorId, Profile>()
  for (const community of communities) for (const profile of node.profiles.find(name, community)) found.set(profile.author, profile)
  const [first, second] = [...found.keys()]
  if (first === undefined) throw new SeedbedError('UNKNOWN_AUTHOR', `nobody who wrote here goes by ${JSON.stringify(name.slice(0, 100))} as far as is known; give their key`)
  if (second !== undefined) throw new SeedbedError('AMBIGUOUS_AUTHOR', `${found.size} authors go by ${JSON.stringify(name.slice(0, 100))}; give the words of one: ${[...found.values()].slice(0, LISTED).map(({ fingerprint }) => fingerprint).join(', ')}`)
  return first
}
