// All posts that are known here, newest first: what there is no index for is looked for among them.
import type { FeedPost, ReadPolicy } from '@seedbed/core'
import type { RemoteNode } from '@seedbed/core/page'
import { MAX_FEED, MAX_LOOKED_THROUGH } from '../limits.ts'

/** A page at a time, as far as MAX_LOOKED_THROUGH. Errors: those of `feed`. */
export async function * lookThrough (node: RemoteNode, policy: ReadPolicy = {}): AsyncGenerator<readonly FeedPost[]> {
  let after: string | null = null
  for (let seen = 0; seen < MAX_LOOKED_THROUGH; seen += MAX_FEED) {
    const { items, next }: { items: readonly FeedPost[], next: string | null } = await node.feed({ sort: 'new', limit: MAX_FEED, policy, ...(after === null ? {} : { after }) })
    yield items
    if (next === null) return
    after = next
  }
}
