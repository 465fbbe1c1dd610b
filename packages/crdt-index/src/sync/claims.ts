// Sessions with several peers at once find the same envelopes missing. Each hash is asked of one peer at a time, so
// that a newcomer fetches nearly everything once (a session at its end does not wait for what others have under way)
// and from all peers together.
import { MAX_FETCHED_CLAIMS } from '../limits.ts'
import type { CommunityAddress } from '../model.ts'

/** What one session asks for, against the others of its community. */
export interface SessionClaims {
  /**
   * Takes a hash; false when another session asks for it at the moment, or has fetched it. Only a hint whom to ask
   * first: a session at its end asks for whatever is not fetched, so one that stalls keeps nothing from the others.
   */
  take (hash: Uint8Array): boolean
  isFetched (hash: Uint8Array): boolean
  /** The very envelope came. Beyond MAX_FETCHED_CLAIMS the longest known half is forgotten, and then at worst comes twice. */
  fetched (hash: Uint8Array): void
  /** The peer does not hold it, or it counts for nothing here by itself: others may have it, and what it counts with. */
  release (hash: Uint8Array): void
  /** Releases what was not fetched. The last session to end forgets the rest. */
  end (): void
}

export interface Claims {
  begin (community: CommunityAddress): SessionClaims
}

interface Shared {
  readonly taken: Set<string>
  /** Half of what is remembered; what was fetched before is in `older`. One by one the oldest would be found past all that were deleted. */
  fetched: Set<string>
  older: Set<string>
  sessions: number
}

export function createClaims (): Claims {
  const communities = new Map<CommunityAddress, Shared>()
  return {
    begin (community) {
      const shared: Shared = communities.get(community) ?? { taken: new Set<string>(), fetched: new Set<string>(), older: new Set<string>(), sessions: 0 }
      communities.set(community, shared)
      shared.sessions++
      const own = new Set<string>()
      const release = (key: string): void => { if (own.delete(key)) shared.taken.delete(key) }
      const isFetched = (key: string): boolean => shared.fetched.has(key) || shared.older.has(key)
      return {
        take (hash) {
          const key = keyOf(hash)
          if (shared.taken.has(key) || isFetched(key)) return false
          shared.taken.add(key)
          own.add(key)
          return true
        },
        isFetched: hash => isFetched(keyOf(hash)),
        fetched (hash) {
          const key = keyOf(hash)
          release(key)
          if (shared.fetched.size >= MAX_FETCHED_CLAIMS / 2) {
            shared.older = shared.fetched
            shared.fetched = new Set()
          }
          shared.fetched.add(key)
        },
        release: hash => { release(keyOf(hash)) },
        end () {
          for (const key of own) release(key)
          if (--shared.sessions === 0) communities.delete(community)
        }
      }
    }
  }
}

/** One character a byte: half of what hexadecimal takes. */
function keyOf (hash: Uint8Array): string {
  return String.fromCharCode.apply(null, hash as unknown as number[]) // without the iterator, which takes three times as long
}
