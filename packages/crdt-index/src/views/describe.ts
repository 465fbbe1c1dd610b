// Rows as what the queries answer.
import type { CommentView, ListedItem, PostView } from './item-view.ts'
import type { Mentions } from './mentions.ts'
import type { Edits, Revision } from './revisions.ts'
import { ATTACHED, DELETED } from './rows.ts'
import type { ShardView } from './shard-view.ts'
import type { Tally } from './tally.ts'

export interface DescriberOptions {
  readonly view: Pick<ShardView, 'community' | 'period' | 'asOfMs' | 'rows' | 'contentOf'>
  readonly edits: Edits
  readonly votes: Tally
  readonly mentions: Mentions
}

export interface Describer {
  /** The row of a post. */
  post (row: number): PostView
  /** The row of a comment. */
  comment (row: number): CommentView
  firstRevision (row: number): Revision
}

export function createDescriber ({ view, edits, votes, mentions }: DescriberOptions): Describer {
  const { community, period, rows } = view

  function firstRevision (row: number): Revision {
    return { contentId: view.contentOf(row), length: rows.length[row]!, editedMs: null, title: rows.titles[row] ?? null }
  }

  function listed (row: number): ListedItem {
    const first = firstRevision(row)
    const revision = edits.newest(rows.author[row]!, row) ?? first
    const up = rows.up[row]!
    const down = rows.down[row]!
    // A vote that names no revision was cast for the first one.
    const unnamed = up + down - votes.byRevision.total(row)
    const forCurrent = votes.byRevision.of(row, revision.contentId) + (revision.contentId === first.contentId ? unnamed : 0)
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
      voters: up + down,
      weightedUp: votes.upOf(row),
      weightedDown: votes.downOf(row),
      otherRevision: up + down - forCurrent,
      revision,
      asOfMs: view.asOfMs,
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
      mentions: mentions.by(row),
      attached: (rows.flags[row]! & ATTACHED) !== 0
    })
  }
}
