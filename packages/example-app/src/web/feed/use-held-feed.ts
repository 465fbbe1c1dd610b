import type { FeedPage, FeedPost, LiveSnapshot } from '@seedbed/core'
import { useCallback, useEffect, useRef, useState } from 'react'
import { SETTLE_MS } from '../limits.ts'
import { usePeer, valueOf } from '../peer/use-peer.tsx'
import { hold, showAll, type HeldPage } from './held-page.ts'

export interface HeldFeed {
  readonly page: HeldPage<FeedPost> | null
  readonly more: boolean
  /** Takes on what waits, in its right order. */
  readonly showWaiting: () => void
}

/** A live feed that stands still while it is read. `name`: another one begins anew. */
export function useHeldFeed (name: string, snapshot: LiveSnapshot<FeedPage>): HeldFeed {
  const { author } = usePeer()
  const [held, setHeld] = useState<{ readonly name: string, readonly page: HeldPage<FeedPost> } | null>(null)
  const settling = useSettling(name)
  const live = valueOf(snapshot)

  let page = held?.name === name ? held.page : null
  if (live !== null) {
    const next = { items: live.items, more: live.next !== null }
    page = page === null || settling() || page.items.length === 0 ? showAll(next) : hold(page, next, post => post.author === author)
  }
  const latest = useRef(page)
  useEffect(() => {
    latest.current = page
    if (page !== null) setHeld(before => before?.name === name && sameItems(before.page, page) ? before : { name, page })
  })
  const showWaiting = useCallback(() => {
    if (live !== null) setHeld({ name, page: showAll({ items: live.items, more: live.next !== null }) })
    scrollTo({ top: 0 })
  }, [live, name])
  return { page, more: live !== null && live.next !== null, showWaiting }
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
