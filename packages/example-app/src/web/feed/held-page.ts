// What a feed shows while the live one goes on: the order stays as it was read, facts of each post are renewed in
// place, and what is new waits until the reader asks for it. So nothing moves under a finger.

export interface Listed { readonly id: string }

export interface HeldPage<Post extends Listed> {
  /** As shown, each with its latest facts. */
  readonly items: readonly Post[]
  /** Ids among them that the live feed has no more. */
  readonly gone: ReadonlySet<string>
  /** New posts that wait, those of `own` left out: they are shown at once. */
  readonly waiting: number
}

export interface LivePage<Post extends Listed> {
  readonly items: readonly Post[]
  /** Whether the feed goes on after these: then a missing post may only have moved behind them. */
  readonly more: boolean
}

/** The first page that is shown, or the one that the reader asked for. */
export function showAll<Post extends Listed> ({ items }: LivePage<Post>): HeldPage<Post> {
  return { items, gone: new Set(), waiting: 0 }
}

/** What was shown at the last visit, once the peer answers: nothing changes its place, but what is not on this page any more goes. */
export function confirm<Post extends Listed> (last: HeldPage<Post>, live: LivePage<Post>, isOwn: (post: Post) => boolean): HeldPage<Post> {
  const listed = new Set(live.items.map(({ id }) => id))
  const items = last.items.filter(({ id }) => listed.has(id))
  return items.length === 0 ? showAll(live) : hold({ ...last, items }, live, isOwn)
}

/** The next state; `isOwn` posts come to the top at once. A longer page of the same feed is taken on at its end. */
export function hold<Post extends Listed> (held: HeldPage<Post>, live: LivePage<Post>, isOwn: (post: Post) => boolean): HeldPage<Post> {
  const latest = new Map(live.items.map(post => [post.id, post]))
  const shown = new Set(held.items.map(({ id }) => id))
  const lastShown = live.items.findLastIndex(({ id }) => shown.has(id))
  const fresh = live.items.filter(({ id }, at) => !shown.has(id) && (at < lastShown || lastShown === -1))
  const own = fresh.filter(isOwn)
  const further = lastShown === -1 ? [] : live.items.slice(lastShown + 1)
  return {
    items: [...own, ...held.items.map(post => latest.get(post.id) ?? post), ...further],
    gone: new Set(live.more ? [] : held.items.filter(({ id }) => !latest.has(id)).map(({ id }) => id)),
    waiting: fresh.length - own.length
  }
}
