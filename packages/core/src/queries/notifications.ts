// What others wrote to this author. Read is what was written before its thread was last opened, on any device.
import type { NotificationItem } from '@seedbed/crdt-index'
import { profileOf } from '../actions/profiles.ts'
import { SeedbedError } from '../errors.ts'
import { DEFAULT_FEED_LIMIT, MAX_FEED_LIMIT } from '../limits.ts'
import type { Reading } from '../moderation/reading.ts'
import type { Notification, SeedbedNode } from '../node.ts'
import type { NodeParts } from '../parts.ts'
import type { Personal } from '../personal/personal.ts'
import { publicCall } from '../translate-error.ts'
import { resolveCommunity } from './locate.ts'
import { isRightful, readFull } from './read-full.ts'

export function createNotifications (parts: NodeParts, reading: Reading, personal: Pick<Personal, 'state'>): SeedbedNode['notifications'] {
  const { index, signer } = parts

  function describe ({ reason, unread, comment }: NotificationItem): Notification {
    const { contentId, author, community, period, createdMs } = comment
    const post = index.item(community, period, comment.root)
    const parent = index.item(community, period, comment.parent)
    return {
      id: contentId, reason, unread, author, community, createdAtMs: createdMs,
      post: post?.contentId ?? contentId,
      title: post?.kind === 'post' && !post.deleted ? post.title : '',
      parent: parent?.contentId ?? contentId,
      profile: profileOf(index, community, author),
      ...reading.describe(comment, comment)
    }
  }

  return async ({ communities, limit = DEFAULT_FEED_LIMIT, after, readUntilMs = 0, policy, signal } = {}) => await publicCall(signal, async () => {
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_FEED_LIMIT) throw new SeedbedError('USAGE', `a page has 1 to ${MAX_FEED_LIMIT} notifications`)
    const wanted = communities?.map(address => resolveCommunity(index, address).address)
    const { read } = personal.state()
    const { policy: judging } = reading.optionsOf(policy === undefined ? {} : { policy })
    let unread = 0
    const { items, next } = await readFull({
      limit,
      after,
      read: slice => {
        const page = index.notifications({
          author: signer.author,
          ...(judging === undefined ? {} : { policy: judging }),
          readUntilMs: post => Math.max(readUntilMs, read[post] ?? 0),
          ...slice,
          ...(wanted === undefined ? {} : { communities: wanted })
        })
        unread = page.unread
        return page
      },
      isShown: async ({ comment }) => await isRightful(parts, comment)
    })
    return { items: items.map(describe), next, unread }
  })
}
