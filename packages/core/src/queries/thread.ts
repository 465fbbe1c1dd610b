import type { CommentView, ItemView, PostView } from '@seedbed/crdt-index'
import { voteOf } from '../actions/votes.ts'
import type { FoundBody } from '../bodies/library.ts'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_BODY_TIMEOUT_MS } from '../limits.ts'
import type { SeedbedNode, Thread, ThreadNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import { publicCall } from '../translate-error.ts'
import { isSeeding, magnetOf, rightfulListing } from './bodies.ts'

export function createThread (parts: NodeParts): SeedbedNode['thread'] {
  const { index, library } = parts

  function postOf (item: ItemView): PostView {
    const post = item.kind === 'post' ? item : index.item(item.community, item.period, item.root)
    if (post?.kind !== 'post') throw new SeedbedError('UNKNOWN_ID', `the post that ${item.contentId} belongs to is not known here yet`)
    return post
  }

  async function describe (item: PostView | CommentView, parent: ItemView | null, depth: number, found: FoundBody | null): Promise<ThreadNode> {
    const { contentId, author, createdMs, score, up, down, deleted } = item
    const shown = deleted ? null : found
    const seeding = await isSeeding(parts, contentId)
    return {
      id: contentId,
      parent: parent?.contentId ?? null,
      depth,
      author,
      createdAtMs: createdMs,
      score,
      up,
      down,
      vote: await voteOf(parts, item),
      seeding,
      deleted,
      available: shown !== null,
      text: shown?.body.fields.text ?? null,
      sha256: shown?.sha256 ?? null,
      servedBy: shown?.servedBy ?? null,
      magnet: magnetOf(parts, item, seeding)
    }
  }

  return async (id, { timeoutMs = DEFAULT_BODY_TIMEOUT_MS, signal } = {}) => await publicCall(signal, async (): Promise<Thread> => {
    const post = postOf(await rightfulListing(parts, id, signal))
    const comments = index.thread(post) ?? []
    const items: Array<PostView | CommentView> = [post, ...comments]
    const bodies = await library.readMany(items, { timeoutMs, ...(signal === undefined ? {} : { signal }) })
    const byItem = new Map<string, ItemView>(items.map(item => [item.item, item]))
    const [root, ...nodes] = await Promise.all(items.map(async (item, i) => {
      const parent = item.kind === 'comment' ? byItem.get(item.parent) ?? null : null
      return await describe(item, parent, i === 0 ? 0 : (comments[i - 1]?.depth ?? 0) + 1, bodies[i] ?? null)
    }))
    if (root === undefined) throw new SeedbedError('UNKNOWN_ID', `no joined community lists ${id}`)
    return { community: post.community, title: post.title, post: root, comments: nodes }
  })
}
