import type { FeedPage, FeedPost, LiveSnapshot } from '@seedbed/core'
import { useCallback, useEffect, useRef, useState } from 'react'
import { SETTLE_MS } from '../limits.ts'
import { usePeer, valueOf } from '../peer/use-peer.tsx'
import { confirm, hold, showAll, type HeldPage } from './held-page.ts'

export interface HeldFeed {
  readonly page: HeldPage<FeedPost> | null
  readonly more: boolean
  /** It is what the last visit left; the peer has not answered yet. */
  readonly isLast: boolean
  /** Takes on what waits, in its right order. */
  readonly showWaiting: () => void
}

interface Held {
  readonly name: string
  readonly page: HeldPage<FeedPost>
  readonly isLast: boolean
  /** It began as what the last visit left: it stands still from the beginning. */
  readonly isSteady: boolean
}

/** A live feed that stands still while it is read. `name`: another one begins anew. `last`: shown until the peer answers. */
export function useHeldFeed (name: string, snapshot: LiveSnapshot<FeedPage>, last: FeedPage | null): HeldFeed {
  const { author } = usePeer()
  const [held, setHeld] = useState<Held | null>(null)
  const settling = useSettling(name)
  const live = valueOf(snapshot)
  const isOwn = (post: FeedPost): boolean => post.author === author

  // What cannot be read is not as it was at the last visit either.
  const isLost = live === null && snapshot.state === 'failed'
  const before = held?.name === name && !(isLost && held.isLast) ? held : null
  let page = before?.page ?? null
  const isLast = live === null && !isLost && (before?.isLast ?? last !== null)
  const isSteady = before?.isSteady ?? isLast
  if (live !== null) {
    const next = { items: live.items, more: live.next !== null }
    if (before?.isLast === true) page = confirm(before.page, next, isOwn)
    else page = page === null || (!isSteady && settling()) || page.items.length === 0 ? showAll(next) : hold(page, next, isOwn)
  } else if (page === null && isLast && last !== null) page = showAll({ items: last.items, more: last.next !== null })
  useEffect(() => {
    if (page !== null) setHeld(before => before?.name === name && before.isLast === isLast && sameItems(before.page, page) ? before : { name, page, isLast, isSteady })
  })
  const showWaiting = useCallback(() => {
    if (live !== null) setHeld({ name, page: showAll({ items: live.items, more: live.next !== null }), isLast: false, isSteady })
    scrollTo({ top: 0 })
  }, [live, name, isSteady])
  return { page, more: (live ?? last)?.next != null, isLast, showWaiting }
}

function sameItems (a: HeldPage<FeedPost>, b: HeldPage<FeedPost>): boolean {
  return a.waiting === b.waiting && a.items.length === b.items.length && a.gone.size === b.gone.size && a.items.every((post, i) => post === b.items[i])
}

/** Whether the feed was opened just now and nobody has touched it. */
function useSettling (name: string): () => boolean {
  const began = useRef({ name: '', atMs: 0, touched: false })
  if (began.current.name !== name) began.current = { name, atMs: Date.now(), touched: false }
  useEffect(() => {
    const touch = (): void => { began.current.touched = true }
    const events = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const
    for (const event of events) addEventListener(event, touch, { passive: true })
    return () => { for (const event of events) removeEventListener(event, touch) }
  }, [])
  return useCallback(() => !began.current.touched && Date.now() - began.current.atMs < SETTLE_MS, [])
}
