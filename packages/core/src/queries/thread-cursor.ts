// Where a page of a thread goes on: below which post or comment, and where among its answers.
import { parseItemId, type CrdtIndex, type ItemId, type ItemView, type PostView } from '@seedbed/crdt-index'
import { SeedbedError } from '../errors.ts'

/**
 * The index's own cursor, and the item that the answers are to, 20 bytes in base64url: last, because it may begin with "-",
 * which a command line takes for an option.
 */
const CURSOR = /^(.*)\.([\w-]{26}[AEIMQUYcgkosw048])$/

/** What a page lists the answers to. */
export interface ThreadPlace {
  /** The post, or a comment of its thread. */
  readonly of: ItemView
  /** Levels between it and the post; of the post 0. */
  readonly depth: number
  /** The index's own cursor; absent for the first answers. */
  readonly after?: string
}

export function threadCursor (of: ItemId, next: string | null): string | null {
  return next === null ? null : `${next}.${of}`
}

/** Errors: USAGE for what is no cursor of this thread. */
export function threadPlace (index: Pick<CrdtIndex, 'item'>, post: PostView, cursor: string | undefined): ThreadPlace {
  if (cursor === undefined) return { of: post, depth: 0 }
  const [, after, item] = CURSOR.exec(cursor) ?? []
  if (item !== undefined && after !== undefined) {
    const of = index.item(post.community, post.period, parseItemId(item))
    const depth = of === undefined ? null : depthIn(index, post, of)
    if (of !== undefined && depth !== null) return { of, depth, after }
  }
  throw new SeedbedError('USAGE', 'this is no cursor of this thread: pass the `next` of one of its pages, or of a comment on one')
}

/** Null: it hangs below another post, or nowhere. */
function depthIn ({ item: find }: Pick<CrdtIndex, 'item'>, { community, period, item: root }: PostView, of: ItemView): number | null {
  if (of.kind === 'comment' && !(of.attached && of.root === root)) return null
  let depth = 0
  for (let at: ItemView | undefined = of; at !== undefined && at.item !== root; at = at.kind === 'comment' ? find(community, period, at.parent) : undefined) depth++
  return of.kind === 'post' && of.item !== root ? null : depth
}
