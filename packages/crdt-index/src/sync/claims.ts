// Sessions with several peers at once find the same envelopes missing. Each hash is asked of one peer at a time, so
// that a newcomer fetches nearly everything once (a session at its end does not wait for what others have under way)
// and from all peers together.
import type { CommunityAddress } from '../model.ts'

/** What one session asks for, against the others of its community. */
export interface SessionClaims {
  /** Takes a hash; false when another session asks for it at the moment, or has fetched it. */
  take (hash: Uint8Array): boolean
  isFetched (hash: Uint8Array): boolean
  fetched (hash: Uint8Array): void
  /** The peer does not hold it: others may. */
  release (hash: Uint8Array): void
  /** Releases what was not fetched. The last session to end forgets the rest. */
  end (): void
}

export interface Claims {
  begin (community: CommunityAddress): SessionClaims
}

const FETCHED = Symbol('fetched')

export function createClaims (): Claims {
  const communities = new Map<CommunityAddress, { readonly owners: Map<string, symbol>, sessions: number }>()
  return {
    begin (community) {
      const session = Symbol('session')
      const shared = communities.get(community) ?? { owners: new Map<string, symbol>(), sessions: 0 }
      communities.set(community, shared)
      shared.sessions++
      const { owners } = shared
      const taken = new Set<string>()
      return {
        take (hash) {
          const key = keyOf(hash)
          if (owners.has(key)) return false
          owners.set(key, session)
          taken.add(key)
          return true
        },
        isFetched: hash => owners.get(keyOf(hash)) === FETCHED,
        fetched (hash) {
          const key = keyOf(hash)
          owners.set(key, FETCHED)
          taken.delete(key)
        },
        release (hash) {
          const key = keyOf(hash)
          if (taken.delete(key)) owners.delete(key)
        },
        end () {
          for (const key of taken) owners.delete(key)
          taken.clear()
          if (--shared.sessions === 0) communities.delete(community)
        }
      }
    }
  }
}

/** One character a byte: half of what hexadecimal takes. */
function keyOf (hash: Uint8Array): string {
  return String.fromCharCode(...hash)
}
