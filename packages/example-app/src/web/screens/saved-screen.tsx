import type { FeedPost } from '@seedbed/core'
import { useEffect, useState, type ReactNode } from 'react'
import { CommunityLink } from '../components/community-name.tsx'
import { Moment } from '../components/moment.tsx'
import { Notice, Skeleton } from '../components/notice.tsx'
import { tell } from '../components/toasts.tsx'
import { PostRow } from '../feed/post-row.tsx'
import { lookThrough } from '../peer/look-through.ts'
import { usePersonal } from '../peer/queries.ts'
import { usePeer } from '../peer/use-peer.tsx'
import { Link } from '../routing/router.tsx'
import { useTitle } from './use-title.ts'

export function SavedScreen (): ReactNode {
  useTitle('Saved')
  const node = usePeer()
  const saved = usePersonal()?.saved
  const [posts, setPosts] = useState<ReadonlyMap<string, FeedPost> | null>(null)
  useEffect(() => {
    let wanted = true
    const missing = new Set<string>(saved?.map(({ id }) => id))
    async function look (): Promise<void> {
      const found = new Map<string, FeedPost>()
      if (missing.size > 0) {
        for await (const page of lookThrough(node, { atMost: 'fold' })) {
          for (const post of page) if (missing.delete(post.id)) found.set(post.id, post)
          if (!wanted || missing.size === 0) break
        }
      }
      if (wanted) setPosts(found)
    }
    if (saved !== undefined) look().catch(() => { if (wanted) setPosts(new Map()) })
    return () => { wanted = false }
  }, [node, saved])
  return (
    <>
      <h1>Saved</h1>
      {(saved === undefined || posts === null) && <Skeleton rows={4} kind='post' />}
      {saved?.length === 0 && <Notice icon='bookmark' title='Nothing saved yet'><p>Save a post from its page. Only your own devices know the list.</p></Notice>}
      {saved !== undefined && posts !== null && saved.length > 0 && (
        <ol className='posts'>
          {saved.map(({ id, community, savedAtMs }) => {
            const post = posts.get(id)
            return (
              <li key={id}>
                {post === undefined
                  ? <p className='folded'><Link to={{ name: 'post', id, focus: null }}>A post</Link> in <CommunityLink address={community} />, saved <Moment ms={savedAtMs} /></p>
                  : <PostRow post={post} showCommunity read={false} gone={false} />}
                <p className='post-extra'><button type='button' className='link' onClick={() => { void tell(node.personal.save(id, false), { failed: 'It was not removed' }) }}>Remove from saved</button></p>
              </li>
            )
          })}
        </ol>
      )}
    </>
  )
}
