import type { FeedPage, FeedSort, FeedWindow, LiveSnapshot } from '@seedbed/core'
import { useEffect, useState, type ReactNode } from 'react'
import { Notice, Skeleton } from '../components/notice.tsx'
import { FEED_PAGE, LAST_SEEN_WAIT_MS, MAX_FEED } from '../limits.ts'
import { explain } from '../peer/failure.ts'
import { feedQuery, useCommunities, useFeed, usePersonal } from '../peer/queries.ts'
import { lastSeen } from '../peer/start.ts'
import { valueOf } from '../peer/use-peer.tsx'
import { isWindowed, SORTS, WINDOWS, type Route, type Sorting } from '../routing/routes.ts'
import { Link } from '../routing/router.tsx'
import { count, grouped } from '../text/quantities.ts'
import { PostRow } from './post-row.tsx'
import { useHeldFeed } from './use-held-feed.ts'

const SORT_NAMES: Readonly<Record<FeedSort, string>> = { hot: 'Hot', top: 'Top', new: 'New', rising: 'Rising', controversial: 'Controversial' }
const WINDOW_NAMES: Readonly<Record<FeedWindow, string>> = { day: 'Day', week: 'Week', month: 'Month', year: 'Year', all: 'All time' }

interface FeedViewProps {
  /** Address; null: all joined communities. */
  readonly community: string | null
  readonly sorting: Sorting
  /** Address of the same feed, sorted otherwise. */
  readonly routeOf: (sorting: Sorting) => Route
  /** What stands there while there is no post. */
  readonly empty: ReactNode
}

export function FeedView ({ community, sorting, routeOf, empty }: FeedViewProps): ReactNode {
  const [behind, setBehind] = useState(false)
  const name = `${behind ? 'behind:' : ''}${community ?? ''}:${sorting.sort}:${isWindowed(sorting.sort) ? sorting.window : ''}`
  const [asked, setAsked] = useState({ name, pages: 1 })
  const pages = asked.name === name ? asked.pages : 1
  const snapshot = useFeed(community, sorting, pages, behind)
  const { name: queryName } = feedQuery(community, sorting, pages, behind)
  const kept = lastSeen.get()
  const last = kept?.name === queryName && kept.page.items.length > 0 ? kept : null
  const { page, more, isLast, showWaiting } = useHeldFeed(name, snapshot, last?.page ?? null)
  const personal = usePersonal()
  useKeptForNextTime(community, sorting, pages, behind, snapshot)

  // Whoever is muted goes at once, although what is being read stands still otherwise.
  const muted = new Set<string>(behind ? [] : personal?.mutes)
  const items = page?.items.filter(({ author }) => !muted.has(author)) ?? []
  const hidden = behind ? 0 : (valueOf(snapshot) ?? last?.page)?.hidden ?? 0
  return (
    <section aria-label='Posts' aria-busy={isLast}>
      <SortTabs sorting={sorting} routeOf={routeOf} />
      {page !== null && page.waiting > 0 && <button type='button' className='pill' onClick={showWaiting}>{count(page.waiting, 'new post')}</button>}
      <div className='unseen' role='status'>{isLast ? <Late>These are the posts of your last visit; the peer that knows of newer ones is still starting.</Late> : page !== null && page.waiting > 0 ? `${count(page.waiting, 'new post')} above` : ''}</div>
      {page === null && (snapshot.state === 'failed'
        ? <Notice icon='warning' kind='failed' title='The posts could not be read'>{explain(snapshot.error)}</Notice>
        : <Skeleton rows={8} kind='post' />)}
      {page !== null && items.length === 0 && (hidden === 0 && page.items.length === 0 ? empty : <AllHidden hidden={Math.max(hidden, page.items.length)} />)}
      {page !== null && items.length > 0 && (
        <ol className='posts'>
          {items.map(post => (
            <li key={post.id}>
              <PostRow post={post} showCommunity={community === null} read={personal === null ? last?.read.includes(post.id) === true : personal.read[post.id] !== undefined} gone={page.gone.has(post.id)} />
            </li>
          ))}
        </ol>
      )}
      {page !== null && more && pages * FEED_PAGE < MAX_FEED && (
        <p className='more'><button type='button' className='button' disabled={snapshot.state === 'loading'} onClick={() => { setAsked({ name, pages: pages + 1 }) }}>More posts</button></p>
      )}
      {page !== null && more && pages * FEED_PAGE >= MAX_FEED && <p className='more faint'>These are the first {MAX_FEED}. A shorter time or another order shows others.</p>}
      {page !== null && items.length > 0 && !more && <p className='more faint'>That is all.</p>}
      {page !== null && <p className='more behind'><button type='button' className='link' aria-pressed={behind} onClick={() => { setBehind(!behind) }}>{behind ? 'Showing hidden posts too' : `Show hidden posts too${hidden === 0 ? '' : ` (${someOf(hidden)})`}`}</button></p>}
    </section>
  )
}

/** Keeps the first page, as the peer listed it, for the next start. What stands behind labels is no part of it. */
function useKeptForNextTime (community: string | null, sorting: Sorting, pages: number, behind: boolean, snapshot: LiveSnapshot<FeedPage>): void {
  const page = valueOf(snapshot)
  const communities = valueOf(useCommunities())
  const personal = usePersonal()
  const { sort, window } = sorting
  useEffect(() => {
    if (page === null || communities === null || personal === null || behind || pages > 1) return
    const { name, query } = feedQuery(community, { sort, window }, 1, false)
    const muted = new Set<string>(personal.mutes)
    const items = page.items.filter(({ author }) => !muted.has(author))
    lastSeen.show({ name, query, page: { ...page, items }, communities, follows: personal.follows, read: items.flatMap(({ id }) => personal.read[id] === undefined ? [] : [id]) })
    return () => { lastSeen.leave() }
  }, [community, sort, window, pages, behind, page, communities, personal])
}

/** Nothing is left to show, though there are posts. */
function AllHidden ({ hidden }: { readonly hidden: number }): ReactNode {
  return (
    <Notice icon='flag' title={hidden === 1 ? 'The only post here is hidden' : `All ${someOf(hidden)} posts here are hidden`}>
      <p>You muted who wrote {hidden === 1 ? 'it, or moderators labelled it' : 'them, or moderators labelled them'}. Show {hidden === 1 ? 'it' : 'them'} with the button below, or look at whom you muted in the settings.</p>
    </Notice>
  )
}

/** Counting stops at MAX_FEED. */
function someOf (hidden: number): string {
  return hidden >= MAX_FEED ? `${grouped(MAX_FEED)} or more` : `${hidden}`
}

/** Said only if it is still so after a while. */
function Late ({ children }: { readonly children: string }): ReactNode {
  const [isLate, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => { setLate(true) }, LAST_SEEN_WAIT_MS)
    return () => { clearTimeout(timer) }
  }, [])
  return isLate ? children : null
}

export function SortTabs ({ sorting, routeOf }: Pick<FeedViewProps, 'sorting' | 'routeOf'>): ReactNode {
  return (
    <div className='sorting'>
      <nav aria-label='Order' className='tabs'>
        {SORTS.map(sort => <Link key={sort} to={routeOf({ ...sorting, sort })} current={sort === sorting.sort} className='tab'>{SORT_NAMES[sort]}</Link>)}
      </nav>
      {isWindowed(sorting.sort) && (
        <nav aria-label='Time' className='tabs tabs-small'>
          {WINDOWS.map(window => <Link key={window} to={routeOf({ ...sorting, window })} current={window === sorting.window} className='tab'>{WINDOW_NAMES[window]}</Link>)}
        </nav>
      )}
    </div>
  )
}
