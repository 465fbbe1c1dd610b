import type { FeedPost } from '@seedbed/core'
import { memo, useState, type ReactNode } from 'react'
import { Author } from '../components/author.tsx'
import { CommunityLink } from '../components/community-name.tsx'
import { Foreign } from '../components/foreign.tsx'
import { Icon } from '../components/icon.tsx'
import { Moment } from '../components/moment.tsx'
import { Votes } from '../components/votes.tsx'
import { Concealed, LabelNotes } from '../moderation/label-notes.tsx'
import { Link } from '../routing/router.tsx'
import { count } from '../text/quantities.ts'
import { SeedFacts } from './seed-facts.tsx'

interface PostRowProps {
  readonly post: FeedPost
  readonly showCommunity: boolean
  readonly read: boolean
  readonly gone: boolean
}

/** What is folded says why, and opens on request. One element for both, so that who opens it stays where they are. */
export const PostRow: (props: PostRowProps) => ReactNode = memo((props: PostRowProps) => {
  const { post, read } = props
  const [shown, setShown] = useState(false)
  const isFolded = post.treatment !== 'show' && !shown
  return (
    <article className={isFolded ? 'post-folded' : `post ${read ? 'post-read' : ''}`} data-post={post.id} aria-label={isFolded ? 'Folded post' : post.title}>
      {isFolded ? <Concealed item={post} what='Post' onShow={() => { setShown(true) }} /> : <Row {...props} />}
    </article>
  )
})

const Row = ({ post, showCommunity, gone }: PostRowProps): ReactNode => (
  <>
    <Votes item={post} what='post' layout='column' />
    <div className='post-main'>
      <h2 className='post-title'><Link to={{ name: 'post', id: post.id, focus: null }} data-open=''><Foreign>{post.title}</Foreign></Link></h2>
      <p className='meta'>
        <Author profile={post.profile} /> <span className='dot'><Moment ms={post.createdAtMs} /></span>
        {post.knownAtMs !== null && <span className='dot'>as of <Moment ms={post.knownAtMs} /></span>}
        {post.editedAtMs !== null && <span className='dot'>edited <Moment ms={post.editedAtMs} /></span>}
        {showCommunity && <span className='dot'>in <CommunityLink address={post.community} /></span>}
      </p>
      <p className='meta meta-facts'>
        {gone
          ? <span>No longer listed</span>
          : <Link to={{ name: 'post', id: post.id, focus: null }} className='fact'><Icon name='comment' /> {count(post.comments, 'comment')}</Link>}
        <SeedFacts post={post} />
      </p>
      <LabelNotes labels={post.labels} />
    </div>
  </>
)
