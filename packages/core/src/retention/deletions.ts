// What an author deleted is dropped here: all its revisions, whoever had cached or upvoted them.
import type { ContentId, ItemId, ItemView } from '@seedbed/crdt-index'
import { infoHashOf } from '../bodies/library.ts'
import type { Logger } from '../options.ts'
import type { NodeParts } from '../parts.ts'

export interface Deletions {
  /** Drops what was deleted while nobody watched: between a tombstone and the drop there may have been a crash. */
  reconcile (): Promise<void>
  close (): void
}

export function createDeletions ({ index, torrents, bodyEvents }: Pick<NodeParts, 'index' | 'torrents' | 'bodyEvents'>, logger: Logger): Deletions {
  /** Another author may list the same content, but only the one whom its header names can have signed it. */
  async function drop (item: ItemView): Promise<void> {
    for (const { contentId } of index.revisions(item) ?? []) {
      if (index.findRevision(contentId).every(({ deleted }) => deleted) && await torrents.delete(infoHashOf(contentId))) bodyEvents.emit({ id: item.contentId, revision: contentId, item: null, found: null })
    }
  }

  const end = index.on('change', ({ community, period, changes }) => {
    for (const { root, key, after } of changes) {
      if (root !== 'deletions' || after === undefined) continue
      const item = index.item(community, period, key as ItemId)
      if (item?.deleted === true) drop(item).catch((error: unknown) => { logger.warn(`a deleted body could not be dropped: ${item.contentId}`, error) })
    }
  })

  return {
    async reconcile () {
      for await (const { infoHash } of torrents.list()) {
        const id = infoHash as string as ContentId
        const listings = index.findRevision(id)
        if (listings.length > 0 && listings.every(({ deleted }) => deleted)) await torrents.delete(infoHash)
      }
    },
    close: end
  }
}
