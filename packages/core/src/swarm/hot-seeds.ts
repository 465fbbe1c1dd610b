// Which of the pinned bodies live in the open swarm: all own and upvoted ones where announces come out of a budget, the
// newest where each holds something open, as in a page. Everything pinned is served anyway; these can also be found by
// strangers, through trackers and the DHT: own ones sooner than upvoted ones, new ones sooner than old ones.
import { parseVote, type ContentId, type ItemId } from '@seedbed/crdt-index'
import { contentIdOfKey } from '../bodies/content-key.ts'
import { infoHashOf } from '../bodies/library.ts'
import type { Logger } from '../options.ts'
import type { NodeParts } from '../parts.ts'
import type { OpenSwarm } from './open-torrents.ts'
import { TorrentStoreError, type SeedFacts } from '@seedbed/torrent-store'

export interface HotSeeds { close (): void }

export function createHotSeeds ({ index, signer, pins, recent }: Pick<NodeParts, 'index' | 'signer' | 'pins' | 'recent'>, swarm: Pick<OpenSwarm, 'seed' | 'unseed' | 'maxSeeds'>, logger: Logger): HotSeeds {
  const closing = new AbortController()

  /** Announces what is pinned and here, and stops announcing what is not pinned any more. */
  async function refresh (id: ContentId): Promise<void> {
    if (closing.signal.aborted) return
    try {
      if (await pins.isPinned(id)) await swarm.seed(infoHashOf(id), factsOf(id))
      if (!await pins.isPinned(id)) swarm.unseed(infoHashOf(id)) // perhaps not any more: a vote may be taken back meanwhile
    } catch (error) {
      if (closing.signal.aborted || (error instanceof TorrentStoreError && error.code === 'NOT_FOUND')) return
      logger.warn(`${id} could not be announced`, error)
    }
  }

  function factsOf (id: ContentId): SeedFacts {
    const items = index.findRevision(id)
    const own = items.find(({ author }) => author === signer.author)
    const item = own ?? items[0]
    return { priority: own === undefined ? 'upvoted' : 'own', ...(item === undefined ? {} : { createdMs: item.createdMs }) }
  }

  async function atStart (): Promise<void> {
    const found: Array<{ id: ContentId, timeMs: number }> = []
    for await (const { community, period, root, key, value } of index.entries(signer.author)) {
      const vote = root === 'votes' ? parseVote(key, value) : null
      if (vote?.value === 1) {
        const item = index.item(community, period, key as ItemId)
        if (item !== undefined) found.push({ id: vote.revision ?? item.contentId, timeMs: vote.seconds * 1000 })
      } else if (root === 'posts' || root === 'comments' || root === 'edits') {
        const id = contentIdOfKey(key)
        const [item] = index.findRevision(id)
        if (item !== undefined) found.push({ id, timeMs: item.createdMs })
      }
    }
    found.sort((a, b) => a.timeMs - b.timeMs) // the last seeded stays longest
    for (const { id } of found.slice(Number.isFinite(swarm.maxSeeds) ? -swarm.maxSeeds : 0)) await refresh(id)
  }

  const end = index.on('change', ({ community, period, author, changes }) => {
    for (const { root, key } of changes) {
      if (author === signer.author && (root === 'posts' || root === 'comments' || root === 'edits')) void refresh(contentIdOfKey(key))
      if (root !== 'deletions' && (author !== signer.author || root !== 'votes')) continue
      const item = index.item(community, period, key as ItemId)
      for (const { contentId } of item === undefined ? [] : recent.of(item)) void refresh(contentId)
    }
  })
  atStart().catch((error: unknown) => { if (!closing.signal.aborted) logger.warn('what was seeded could not be listed', error) })

  return {
    close () {
      closing.abort()
      end()
    }
  }
}
