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

export function createDeletions ({ index, torrents, bodyEvents, verdicts }: Pick<NodeParts, 'index' | 'torrents' | 'bodyEvents' | 'verdicts'>, logger: Logger): Deletions {
  /** Whoever else lists the content: only the author whom its header names can delete it, or keep it. */
  async function isDeleted (id: ContentId): Promise<boolean> {
    if (!index.findRevision(id).some(({ deleted }) => deleted)) return false
    const rightful = await verdicts.rightful(id)
    return rightful.length > 0 && rightful.every(({ deleted }) => deleted)
  }

  async function drop (item: ItemView): Promise<void> {
    for (const { contentId } of index.revisions(item) ?? []) {
      if (await isDeleted(contentId) && await torrents.delete(infoHashOf(contentId))) bodyEvents.emit({ id: item.contentId, revision: contentId, item: null, found: null })
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
        if (await isDeleted(id)) await torrents.delete(infoHash)
      }
    },
    close: end
  }
}
