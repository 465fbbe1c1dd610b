// The live queries of the app, each under one name.
import type { Community, FeedPage, FeedPost, LiveSnapshot, NetworkState, NodeStatus, PersonalState, Thread } from '@seedbed/core'
import { useState, useSyncExternalStore } from 'react'
import { FEED_PAGE, MAX_FEED } from '../limits.ts'
import type { Sorting } from '../routing/routes.ts'
import { keptValues, useKept, useLive, usePeer, valueOf } from './use-peer.tsx'

export function useCommunities (): LiveSnapshot<readonly Community[]> {
  return useLive('communities', live => live.communities())
}

export function useStatus (): LiveSnapshot<NodeStatus> {
  return useLive('status', live => live.status())
}

export function useNetwork (): LiveSnapshot<NetworkState> {
  return useLive('network', live => live.network())
}

export function usePersonal (): PersonalState | null {
  return valueOf(useLive('personal', live => live.personal()))
}

/** Drawn again only when this changes, not with every draft: a long thread names its authors a thousand times. */
export function useFollowed (author: string): boolean {
  const { subscribe, getSnapshot } = useKept('personal', live => live.personal())
  return useSyncExternalStore(subscribe, () => valueOf(getSnapshot())?.follows.some(one => one === author) ?? false)
}

/** `pages`: how many pages of posts are wanted, in one list that stays right as a whole. */
export function useFeed (community: string | null, { sort, window }: Sorting, pages: number): LiveSnapshot<FeedPage> {
  const limit = Math.min(MAX_FEED, pages * FEED_PAGE)
  return useLive(`feed:${community ?? ''}:${sort}:${sort === 'top' ? window : ''}:${limit}`, live => live.feed({
    ...(community === null ? {} : { communities: [community] }), sort, ...(sort === 'top' ? { window } : {}), limit
  }))
}

/** A post as a feed listed it a moment ago: what can be shown of it before its thread is read. */
export function useListedPost (id: string): FeedPost | null {
  const node = usePeer()
  const [post] = useState(() => (keptValues(node, 'feed:') as FeedPage[]).flatMap(({ items }) => items).find(post => post.id === id) ?? null)
  return post
}

export function threadName (id: string): string {
  return `thread:${id}`
}

export function useThread (id: string): LiveSnapshot<Thread> {
  return useLive(threadName(id), live => live.thread(id))
}
