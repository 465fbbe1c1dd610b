import type { Notification } from '@seedbed/core'
import { useEffect, useState, type ReactNode } from 'react'
import { Author } from '../components/author.tsx'
import { CommunityLink } from '../components/community-name.tsx'
import { Foreign } from '../components/foreign.tsx'
import { Moment } from '../components/moment.tsx'
import { Notice, Skeleton } from '../components/notice.tsx'
import { tell } from '../components/toasts.tsx'
import { INBOX_PAGE, MAX_FEED } from '../limits.ts'
import { LabelNotes } from '../moderation/label-notes.tsx'
import { explain } from '../peer/failure.ts'
import { useNotifications } from '../peer/queries.ts'
import { usePeer, valueOf } from '../peer/use-peer.tsx'
import { Link } from '../routing/router.tsx'
import { excerptOf } from '../text/excerpt.ts'
import { count } from '../text/quantities.ts'
import { useTitle } from './use-title.ts'

/** What others wrote to this author, newest first; it stays right by itself. */
export function InboxScreen (): ReactNode {
  useTitle('Inbox')
  const node = usePeer()
  const [pages, setPages] = useState(1)
  const limit = Math.min(MAX_FEED, pages * INBOX_PAGE)
  const snapshot = useNotifications(limit)
  const page = valueOf(snapshot)

  async function readAll (): Promise<void> {
    // Not only what is listed: a thread may have been answered in often.
    const { items } = await node.notifications({ limit: MAX_FEED })
    for (const post of new Set(items.filter(({ unread }) => unread).map(({ post }) => post))) await node.personal.markRead(post)
  }

  return (
    <>
      <header className='screen-head'>
        <h1>Inbox</h1>
        {page !== null && page.unread > 0 && <button type='button' className='button' onClick={() => { void tell(readAll(), { failed: 'It was not marked' }) }}>Mark all as read</button>}
      </header>
      {page === null && (snapshot.state === 'failed' ? <Notice icon='warning' kind='failed' title='The inbox could not be read'>{explain(snapshot.error)}</Notice> : <Skeleton rows={6} kind='line' />)}
      {page?.items.length === 0 && <Notice icon='inbox' title='Nobody has written to you yet'><p>Answers to what you write appear here, and where others mention you.</p></Notice>}
      {page !== null && page.items.length > 0 && (
        <>
          <p className='faint' role='status'>{page.unread === 0 ? 'Nothing new.' : `${count(page.unread, 'new message')}.`}</p>
          <ol className='rows' aria-label='Messages'>{page.items.map(item => <li key={item.id}><Message item={item} /></li>)}</ol>
        </>
      )}
      {page !== null && page.next !== null && limit < MAX_FEED && <p className='more'><button type='button' className='button' onClick={() => { setPages(pages + 1) }}>Older messages</button></p>}
    </>
  )
}

function Message ({ item }: { readonly item: Notification }): ReactNode {
  const title = item.treatment === 'show' && item.title !== '' ? <Foreign>{item.title}</Foreign> : 'a thread'
  return (
    <article className={`message ${item.unread ? 'message-new' : ''}`} aria-label={`${item.reason === 'reply' ? 'Answer' : 'Mention'} by ${item.profile.name ?? item.profile.fingerprint}`}>
      <p className='meta'>
        {item.unread && <span><span className='tag tag-seed'>new</span></span>}
        <Author profile={item.profile} /> <span className='dot'><Moment ms={item.createdAtMs} /></span> <span className='dot'>in <CommunityLink address={item.community} /></span>
      </p>
      <p className='message-what'>
        {item.reason === 'reply' ? (item.parent === item.post ? 'Answered your post ' : 'Answered your comment in ') : 'Mentioned you in '}
        <Link to={{ name: 'post', id: item.post, focus: item.id }}>{title}</Link>
      </p>
      {item.treatment === 'show' && <Excerpt id={item.id} />}
      <LabelNotes labels={item.labels} />
    </article>
  )
}

/** How it begins, once its text is here; its line is kept free, so that nothing moves. */
function Excerpt ({ id }: { readonly id: string }): ReactNode {
  const node = usePeer()
  const [text, setText] = useState('')
  useEffect(() => {
    const ending = new AbortController()
    node.bodies.read(id, { signal: ending.signal }).then(({ text }) => { setText(excerptOf(text)) }, () => {}) // it stays empty; the thread says why
    return () => { ending.abort() }
  }, [node, id])
  return <p className='excerpt'><Foreign>{text}</Foreign></p>
}
