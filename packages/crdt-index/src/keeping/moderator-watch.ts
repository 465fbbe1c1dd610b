// Whom a community's founder names as moderators, and whether that has changed.
import { META_PERIOD, type AuthorId } from '../model.ts'
import type { CommunityState } from '../shards/communities.ts'

export interface ModeratorWatch {
  /** As of the last call of `changed`. */
  has (author: AuthorId): boolean
  /** Whether others are named than at the last call. */
  changed (): boolean
}

export function watchModerators (state: Pick<CommunityState, 'shards'>): ModeratorWatch {
  let authors: ReadonlySet<AuthorId> = new Set()
  let names = ''
  let version = -1
  const watch: ModeratorWatch = {
    has: author => authors.has(author),
    changed () {
      const meta = state.shards.get(META_PERIOD)?.meta
      if ((meta?.version ?? 0) === version) return false
      version = meta?.version ?? 0
      const named = meta?.moderators() ?? []
      if (named.join() === names) return false
      names = named.join()
      authors = new Set(named)
      return true
    }
  }
  watch.changed()
  return watch
}
