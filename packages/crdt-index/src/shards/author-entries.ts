// What an author wrote, all parts of a document merged: where several hold a key, the highest part has the say.
import type { AuthorEntry, CrdtIndex } from '../crdt-index.ts'
import { open, type LoadEnvelopes } from '../documents/document.ts'
import type { HotStates } from '../documents/hot-states.ts'
import type { CommunityAddress } from '../model.ts'
import type { CommunityState } from './communities.ts'

export interface AuthorEntriesPorts {
  readonly communities: ReadonlyMap<CommunityAddress, CommunityState>
  readonly load: LoadEnvelopes
  readonly hot: Pick<HotStates, 'touch'>
}

export function createAuthorEntries ({ communities, load, hot }: AuthorEntriesPorts): Pick<CrdtIndex, 'entries' | 'entry'> {
  return {
    async * entries (author): AsyncIterable<AuthorEntry> {
      for (const state of communities.values()) {
        for (const shard of state.shards.values()) {
          const seen = new Set<string>()
          for (const document of shard.documents(author).toReversed()) {
            if (document.held.size === 0) continue
            for (const [root, entries] of (await open(document, load)).entries) {
              for (const [key, value] of entries) {
                if (seen.has(`${root}/${key}`)) continue
                seen.add(`${root}/${key}`)
                yield { community: state.address, period: shard.period, root, key, value }
              }
            }
            hot.touch(document)
          }
        }
      }
    },
    async entry (author, community, period, root, key) {
      for (const document of communities.get(community)?.shards.get(period)?.documents(author).toReversed() ?? []) {
        if (document.held.size === 0) continue
        const value = (await open(document, load)).entries.get(root)?.get(key)
        hot.touch(document)
        if (value !== undefined) return value
      }
      return undefined
    }
  }
}
