// Whose a content is: only the body says so. Anybody may list anybody's content id, so among several listings the one
// counts that the signed header names. Bytes never change under an infohash, so a verdict holds for ever.
import { checkSignature, type ContentId, type CrdtIndex, type ItemView } from '@seedbed/crdt-index'
import { TorrentStoreError, type InfoHash, type TorrentStore } from '@seedbed/torrent-store'
import { SeedbedError } from '../errors.ts'
import { MAX_VERDICTS } from '../limits.ts'
import { parseBody } from './body-file.ts'
import type { BodyFields } from './body.ts'
import { checkBody, type VerifiedBody } from './verify-body.ts'

/** What a body's signed header says of its listing. Null: bytes that no author signed. */
export type Verdict = Pick<BodyFields, 'author' | 'community' | 'kind' | 'createdMs' | 'revises'> | null

export interface Verdicts {
  /** Remembers what the verified body of a content id says. */
  note (id: ContentId, body: VerifiedBody | null): void
  /** Looks at bytes that hash to the id and remembers the verdict. */
  judge (id: ContentId, bytes: Uint8Array): Promise<Verdict>
  /** From memory; undefined when it is not known. */
  recall (id: ContentId): Verdict | undefined
  /** From memory, or from the body if it is held. Errors: STORAGE_FAILED. */
  known (id: ContentId): Promise<Verdict | undefined>
  /** The listing is remembered not to be rightful: whatever its author says of the content does not count. */
  isBorrowed (item: ItemView): boolean
  /**
   * Items that rightfully list the content as one of their revisions: of several listings the named ones once the
   * verdict is known, before that all. One listing alone is looked at only in memory. Errors: STORAGE_FAILED.
   */
  rightful (id: ContentId): Promise<ItemView[]>
}

export function createVerdicts ({ torrents, index }: { torrents: Pick<TorrentStore, 'get'>, index: Pick<CrdtIndex, 'findRevision'> }): Verdicts {
  const verdicts = new Map<ContentId, Verdict>()

  function remember (id: ContentId, verdict: Verdict): Verdict {
    verdicts.delete(id)
    verdicts.set(id, verdict)
    const oldest = verdicts.size > MAX_VERDICTS ? verdicts.keys().next().value : undefined
    if (oldest !== undefined) verdicts.delete(oldest)
    return verdict
  }

  const self: Verdicts = {
    note (id, body) {
      if (body === null) remember(id, null)
      else if (!verdicts.has(id)) remember(id, verdictOf(body.fields))
    },
    async judge (id, bytes) {
      try {
        return remember(id, verdictOf((await checkBody(parseBody(bytes), checkSignature)).fields))
      } catch (error) {
        if (error instanceof SeedbedError && error.code === 'BAD_BODY') return remember(id, null)
        throw error
      }
    },
    recall: id => verdicts.get(id),
    async known (id) {
      const remembered = verdicts.get(id)
      if (remembered !== undefined) return remembered
      try {
        const bytes = await torrents.get(id as string as InfoHash)
        return bytes === undefined ? undefined : await self.judge(id, bytes)
      } catch (error) {
        if (error instanceof TorrentStoreError && error.code === 'STORAGE_FAILED' && error.cause === undefined) return undefined // damaged: it says nothing
        throw error
      }
    },
    isBorrowed (item) {
      const verdict = verdicts.get(item.contentId)
      return verdict !== undefined && !names(verdict, item, item.contentId)
    },
    async rightful (id) {
      const listings = index.findRevision(id)
      const verdict = listings.length > 1 ? await self.known(id) : verdicts.get(id)
      return verdict === undefined ? listings : listings.filter(item => names(verdict, item, id))
    }
  }
  return self
}

function verdictOf ({ author, community, kind, createdMs, revises }: BodyFields): NonNullable<Verdict> {
  return { author, community, kind, createdMs, ...(revises === undefined ? {} : { revises }) }
}

/** Whether the body of `id`, a revision of the item, says that it is: by the same author, in the same place. */
export function names (verdict: Verdict, item: ItemView, id: ContentId): boolean {
  if (verdict === null || verdict.author !== item.author || verdict.community !== item.community || verdict.kind !== item.kind) return false
  if (verdict.revises !== undefined) return verdict.revises === item.contentId
  return id === item.contentId && verdict.createdMs === item.createdMs
}
