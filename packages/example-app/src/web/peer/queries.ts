// The live queries of the app, each under one name.
import type { Community, FeedPage, FeedPost, FeedQuery, LiveQuery, LiveSnapshot, NetworkState, NodeStatus, NotificationsPage, PersonalState, ReadPolicy, Thread } from '@seedbed/core'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { FEED_PAGE, MAX_FEED, MAX_THREAD } from '../limits.ts'
import { isWindowed, type Sorting } from '../routing/routes.ts'
import { lastSeen } from './start.ts'
import { keptValues, useKept, useLive, useLiveQuery, usePeer, valueOf } from './use-peer.tsx'

export function useCommunities (): LiveSnapshot<readonly Community[]> {
  const snapshot = useLive('communities', live => live.communities())
  const last = lastSeen.get()
  return snapshot.state === 'loading' && last !== null ? { state: 'ready', value: last.communities, updatedAtMs: 0 } : snapshot
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
  return useSyncExternalStore(subscribe, () => (valueOf(getSnapshot()) ?? lastSeen.get())?.follows.some(one => one === author) ?? false)
}

/** The newest messages to this author. */
export function useNotifications (limit: number): LiveSnapshot<NotificationsPage> {
  return useLive(`inbox:${limit}`, live => live.notifications({ limit }))
}

/** How many are new; 0 while it is not known. */
export function useUnread (): number {
  return valueOf(useLive('inbox:1', live => live.notifications({ limit: 1 })))?.unread ?? 0
}

/** Looks behind what hides: everything is listed, and stands folded where it would not be shown. */
const BEHIND: ReadPolicy = { atMost: 'fold' }

/** `pages`: how many pages of posts are wanted, in one list that stays right as a whole. */
export function useFeed (community: string | null, sorting: Sorting, pages: number, behind: boolean): LiveSnapshot<FeedPage> {
  return useLiveQuery(useFeedQuery(community, sorting, pages, behind))
}

/** Asks for the first posts while what stands around them is not known yet. */
export function useFeedAhead (community: string, sorting: Sorting, isAhead: boolean): void {
  const { subscribe } = useFeedQuery(community, sorting, 1, false)
  useEffect(() => {
    if (!isAhead) return
    const end = subscribe(() => {})
    return () => { setTimeout(end, 0) } // whoever shows them begins before it ends
  }, [subscribe, isAhead])
}

function useFeedQuery (community: string | null, sorting: Sorting, pages: number, behind: boolean): LiveQuery<FeedPage> {
  const { name, query } = feedQuery(community, sorting, pages, behind)
  return useKept(name, live => live.feed(query))
}

export function feedQuery (community: string | null, { sort, window }: Sorting, pages: number, behind: boolean): { readonly name: string, readonly query: FeedQuery } {
  const limit = Math.min(MAX_FEED, pages * FEED_PAGE)
  return {
    name: `feed:${community ?? ''}:${sort}:${isWindowed(sort) ? window : ''}:${limit}${behind ? ':behind' : ''}`,
    query: { ...(community === null ? {} : { communities: [community] }), sort, ...(isWindowed(sort) ? { window } : {}), limit, ...(behind ? { policy: BEHIND } : {}) }
  }
}

/** A post as a feed listed it a moment ago: what can be shown of it before its thread is read. */
export function useListedPost (id: string): FeedPost | null {
  const node = usePeer()
  const [post] = useState(() => [...keptValues(node, 'feed:') as FeedPage[], lastSeen.get()?.page].flatMap(page => page?.items ?? []).find(post => post.id === id) ?? null)
  return post
}

export function threadName (id: string): string {
  return `thread:${id}`
}

/** `behind`: also what is hidden, folded; until it is read, the thread without it. */
export function useThread (id: string, behind: boolean = false): LiveSnapshot<Thread> {
  const ordinary = useLive(threadName(id), live => live.thread(id, { limit: MAX_THREAD }))
  const whole = useLive(behind ? `${threadName(id)}:behind` : threadName(id), live => live.thread(id, { limit: MAX_THREAD, ...(behind ? { policy: BEHIND } : {}) }))
  return whole.state === 'loading' ? ordinary : whole
}
