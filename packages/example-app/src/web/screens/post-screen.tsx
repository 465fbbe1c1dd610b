import type { FeedPost, Thread } from '@seedbed/core'
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { Author } from '../components/author.tsx'
import { CommunityLink } from '../components/community-name.tsx'
import { Foreign } from '../components/foreign.tsx'
import { Moment } from '../components/moment.tsx'
import { Notice, Skeleton } from '../components/notice.tsx'
import { ShareButton } from '../components/share-button.tsx'
import { tell } from '../components/toasts.tsx'
import { Votes } from '../components/votes.tsx'
import { MAX_THREAD, READ_PAUSE_MS } from '../limits.ts'
import { ItemMenu } from '../moderation/item-menu.tsx'
import { Concealed, LabelNotes } from '../moderation/label-notes.tsx'
import { explain } from '../peer/failure.ts'
import { threadName, useListedPost, usePersonal, useThread } from '../peer/queries.ts'
import { refreshLive, usePeer, valueOf } from '../peer/use-peer.tsx'
import { Link } from '../routing/router.tsx'
import { count } from '../text/quantities.ts'
import { Body } from '../thread/body.tsx'
import { Comments } from '../thread/comments.tsx'
import { EditForm } from '../thread/edit-form.tsx'
import { ThreadWriters } from '../thread/mentioned-people.tsx'
import { OwnActions } from '../thread/own-actions.tsx'
import { ReplyForm } from '../thread/reply-form.tsx'
import { COMMENT_ORDERS, sortThread, type CommentOrder } from '../thread/sort.ts'
import { useTitle } from './use-title.ts'

const ORDER_NAMES: Readonly<Record<CommentOrder, string>> = { best: 'Best', new: 'Newest', old: 'Oldest' }

export function PostScreen ({ id, focus }: { readonly id: string, readonly focus: string | null }): ReactNode {
  const node = usePeer()
  const [behind, setBehind] = useState(false)
  const onBehind = useCallback(() => { setBehind(true) }, [])
  const snapshot = useThread(id, behind)
  const thread = valueOf(snapshot)
  useTitle((thread?.title ?? '') || 'Post')
  const size = thread?.comments.length
  const marked = useRef<number | null>(null)
  useEffect(() => {
    if (size === undefined || size === marked.current) return
    const mark = (): void => {
      if (document.visibilityState !== 'visible') return
      marked.current = size
      node.personal.markRead(id).catch(() => {}) // only a mark
    }
    if (marked.current === null) return mark()
    const timer = setTimeout(mark, READ_PAUSE_MS)
    document.addEventListener('visibilitychange', mark)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', mark)
    }
  }, [node, id, size])

  if (thread !== null) return <ThreadView thread={thread} focus={focus} behind={behind} onBehind={onBehind} />
  if (snapshot.state !== 'failed') return <Loading id={id} />
  return (
    <Notice whole icon='warning' kind='failed' title={snapshot.error.code === 'UNKNOWN_ID' ? 'This post is not known here yet' : 'This post cannot be shown'}>
      <p>{snapshot.error.code === 'UNKNOWN_ID' ? 'It may belong to a community you have not joined, or no peer who knows it was met yet. It appears by itself when it arrives.' : explain(snapshot.error)}</p>
      <p><button type='button' className='button' onClick={() => { refreshLive(node, threadName(id)) }}>Look again</button></p>
    </Notice>
  )
}

/** The head of the post, if a feed showed it: large threads take a while. */
function Loading ({ id }: { readonly id: string }): ReactNode {
  const post = useListedPost(id)
  if (post === null) return <><Skeleton rows={1} kind='post' /><Skeleton rows={5} kind='comment' /></>
  return (
    <div className='thread'>
      <article className='post post-open' aria-labelledby='post-title' aria-busy>
        <Votes item={post} what='post' layout='column' />
        <div className='post-main'>
          <h1 id='post-title' className='post-title'><Foreign>{post.title}</Foreign></h1>
          <Byline post={post} community={post.community} />
          <Skeleton rows={2} kind='line' />
        </div>
      </article>
      <section aria-labelledby='comments-title' className='comments-section'>
        <h2 id='comments-title'>{count(post.comments, 'comment')}</h2>
        {post.comments > 0 && <Skeleton rows={Math.min(5, post.comments)} kind='comment' />}
      </section>
    </div>
  )
}

function Byline ({ post, community }: { readonly post: Pick<FeedPost, 'profile' | 'createdAtMs' | 'editedAtMs'>, readonly community: string }): ReactNode {
  return (
    <p className='meta'>
      <Author profile={post.profile} /> <span className='dot'><Moment ms={post.createdAtMs} /></span>
      {post.editedAtMs !== null && <span className='dot'>edited <Moment ms={post.editedAtMs} /></span>}
      <span className='dot'>in <CommunityLink address={community} /></span>
    </p>
  )
}

interface ThreadViewProps {
  readonly thread: Thread
  readonly focus: string | null
  readonly behind: boolean
  /** Asks for what is hidden. */
  readonly onBehind: () => void
}

function ThreadView ({ thread, focus, behind, onBehind }: ThreadViewProps): ReactNode {
  const node = usePeer()
  const [editing, setEditing] = useState(false)
  const [shown, setShown] = useState(false)
  const [order, setOrder] = useState<CommentOrder>('best')
  const { post, comments } = thread
  const writers = useMemo(() => ({ community: thread.community, profiles: new Map([post, ...comments].map(({ author, profile }) => [author, profile])) }), [thread.community, post, comments])
  const saved = usePersonal()?.saved.some(one => one.id === post.id) ?? false
  const sorted = useMemo(() => sortThread(comments, order), [comments, order])
  const missing = comments.filter(({ available, deleted, treatment }) => !available && !deleted && treatment !== 'hide').length
  const concealed = !post.deleted && (post.treatment === 'hide' || (post.treatment === 'fold' && !shown))
  function show (): void {
    setShown(true)
    if (post.treatment === 'hide') onBehind()
  }
  return (
    <div className='thread'>
      <article className='post post-open' data-post={post.id} aria-labelledby='post-title'>
        <Votes item={post} what='post' layout='column' />
        <div className='post-main'>
          <h1 id='post-title' className='post-title'>{post.deleted ? 'Deleted post' : concealed ? (post.treatment === 'hide' ? 'Hidden post' : 'Folded post') : <Foreign>{thread.title}</Foreign>}</h1>
          <Byline post={post} community={thread.community} />
          {editing ? <EditForm id={post.id} text={post.text ?? ''} title={thread.title} onClose={() => { setEditing(false) }} /> : concealed ? <Concealed item={post} what='Post' onShow={show} /> : <><Body node={post} /><LabelNotes labels={post.labels} /></>}
          <div className='actions'>
            {!post.deleted && <button type='button' className='link' aria-pressed={saved} onClick={() => { void tell(node.personal.save(post.id, !saved), { failed: 'It was not saved' }) }}>{saved ? 'Saved' : 'Save'}</button>}
            {!post.deleted && <ShareButton community={thread.community} post={post.id} />}
            <OwnActions node={post} what='post' onEdit={() => { setEditing(true) }} />
            {!post.deleted && <ItemMenu id={post.id} author={post.author} community={thread.community} what='post' />}
            {post.seeding && <span className='tag tag-seed'>you seed it</span>}
          </div>
        </div>
      </article>
      <section aria-labelledby='comments-title' className='comments-section'>
        <h2 id='comments-title'>{count(comments.length, 'comment')}{missing > 0 && <span className='faint'> · {missing} not here yet</span>}</h2>
        {thread.knownAtMs !== null && <p className='faint'>This month is being fetched. Until it is here, counts are as of <Moment ms={thread.knownAtMs} />, and others’ answers are missing.</p>}
        {focus === null
          ? !post.deleted && <ReplyForm parent={post.id} post={post.id} community={thread.community} label='Add a comment' />
          : <p className='notice-line'>One branch of the thread. <Link to={{ name: 'post', id: post.id, focus: null }}>Show all comments</Link></p>}
        {comments.length === 0 && <p className='faint'>Nobody has commented yet.</p>}
        {comments.length > 1 && focus === null && <Orders order={order} onChange={setOrder} />}
        {comments.length > 0 && <ThreadWriters value={writers}><Comments key={`${post.id}:${focus ?? ''}:${order}`} post={post.id} postAuthor={post.author} comments={sorted} focus={focus} community={thread.community} onBehind={onBehind} /></ThreadWriters>}
        {comments.length >= MAX_THREAD && <p className='more faint'>These are {MAX_THREAD} comments; this app shows no more of one thread.</p>}
        {!behind && <p className='more behind'><button type='button' className='link' onClick={onBehind}>Show hidden comments too</button></p>}
      </section>
    </div>
  )
}

function Orders ({ order, onChange }: { readonly order: CommentOrder, readonly onChange: (order: CommentOrder) => void }): ReactNode {
  return (
    <div className='tabs tabs-small' role='group' aria-label='Order of the comments'>
      {COMMENT_ORDERS.map(one => <button key={one} type='button' className='tab' aria-pressed={one === order} onClick={() => { onChange(one) }}>{ORDER_NAMES[one]}</button>)}
    </div>
  )
}
