// Rows as what the queries answer.
import { contentIdOfBytes } from '../identity/ids.ts'
import type { CommunityAddress, Period } from '../model.ts'
import type { CommentView, ListedItem, PostView } from './item-view.ts'
import type { Edits, Revision, RevisionVotes } from './revisions.ts'
import { ATTACHED, CONTENT_BYTES, DELETED, type Rows } from './rows.ts'

export interface DescriberOptions {
  readonly community: CommunityAddress
  readonly period: Period
  readonly rows: Rows
  readonly edits: Edits
  readonly revisionVotes: RevisionVotes
}

export interface Describer {
  /** The row of a post. */
  post (row: number): PostView
  /** The row of a comment. */
  comment (row: number): CommentView
  firstRevision (row: number): Revision
}

export function createDescriber ({ community, period, rows, edits, revisionVotes }: DescriberOptions): Describer {
  function firstRevision (row: number): Revision {
    const contentId = contentIdOfBytes(rows.content.subarray(row * CONTENT_BYTES, (row + 1) * CONTENT_BYTES))
    return { contentId, length: rows.length[row]!, editedMs: null, title: rows.titles[row] ?? null }
  }

  function listed (row: number): ListedItem {
    const first = firstRevision(row)
    const revision = edits.newest(rows.author[row]!, row) ?? first
    const up = rows.up[row]!
    const down = rows.down[row]!
    // A vote that names no revision was cast for the first one.
    const unnamed = up + down - revisionVotes.total(row)
    const forCurrent = revisionVotes.of(row, revision.contentId) + (revision.contentId === first.contentId ? unnamed : 0)
    return {
      item: rows.itemOf(row),
      contentId: first.contentId,
      length: first.length,
      author: rows.authorOf(row),
      community,
      period,
      createdMs: rows.createdMs[row]!,
      up,
      down,
      score: up - down,
      otherRevision: up + down - forCurrent,
      revision,
      deleted: (rows.flags[row]! & DELETED) !== 0
    }
  }

  return {
    firstRevision,
    post (row) {
      const common = listed(row)
      const title = common.revision.title ?? rows.titles[row] ?? ''
      return { kind: 'post', ...common, title, comments: rows.comments[row]! }
    },
    comment: row => ({
      kind: 'comment',
      ...listed(row),
      root: rows.itemOf(rows.root[row]!),
      parent: rows.itemOf(rows.parent[row]!),
      attached: (rows.flags[row]! & ATTACHED) !== 0
    })
  }
}
