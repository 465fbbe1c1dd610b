import type { FeedPost } from '@seedbed/core'
import { useEffect, useState, type ReactNode } from 'react'
import { Notice, Skeleton } from '../components/notice.tsx'
import { PostRow } from '../feed/post-row.tsx'
import { FIND_PAUSE_MS, MAX_FOUND } from '../limits.ts'
import { explain } from '../peer/failure.ts'
import { lookThrough } from '../peer/look-through.ts'
import { useCommunities, usePersonal } from '../peer/queries.ts'
import { usePeer, valueOf } from '../peer/use-peer.tsx'
import { useRouter } from '../routing/router.tsx'
import { count } from '../text/quantities.ts'
import { postHas, wordsOf } from '../text/words.ts'
import { useTitle } from './use-title.ts'

interface Found {
  readonly words: string
  readonly posts: readonly FeedPost[]
  /** Whether all was looked through, or as many were found as are shown. */
  readonly done: boolean
  readonly failure: string | null
}

export function FindScreen ({ words }: { readonly words: string }): ReactNode {
  useTitle('Find')
  const { go } = useRouter()
  const [typed, setTyped] = useState(words)
  const found = useFound(words)
  const read = usePersonal()?.read
  useEffect(() => {
    if (typed === words) return
    const timer = setTimeout(() => { go({ name: 'find', words: typed }, { replace: true }) }, FIND_PAUSE_MS)
    return () => { clearTimeout(timer) }
  }, [typed, words, go])
  return (
    <>
      <h1>Find</h1>
      <form className='form' role='search' onSubmit={event => { event.preventDefault(); go({ name: 'find', words: typed }, { replace: true }) }}>
        <label className='field'>Words in a title, or an author's name
          <input value={typed} dir='auto' enterKeyHint='search' autoComplete='off' autoFocus={words === ''} aria-describedby='find-hint' onChange={event => { setTyped(event.target.value) }} />
        </label>
        <p id='find-hint' className='hint'>Looks through what this browser knows: the posts of the communities you joined. Nobody learns what you look for.</p>
      </form>
      {found !== null && (
        <section aria-label='Found'>
          {found.failure !== null && <Notice icon='warning' kind='failed' title='The posts could not be read'>{found.failure}</Notice>}
          {found.failure === null && <p className='faint' role='status'>{found.done ? found.posts.length === MAX_FOUND ? `The newest ${MAX_FOUND} that match` : found.posts.length === 0 ? 'No post matches.' : count(found.posts.length, 'post') : ''}</p>}
          {!found.done && found.posts.length === 0 && <Skeleton rows={3} kind='post' />}
          <ol className='posts'>{found.posts.map(post => <li key={post.id}><PostRow post={post} showCommunity read={read?.[post.id] !== undefined} gone={false} /></li>)}</ol>
        </section>
      )}
    </>
  )
}

/** Null while nothing is looked for. */
function useFound (words: string): Found | null {
  const node = usePeer()
  const joined = valueOf(useCommunities())
  const [found, setFound] = useState<Found | null>(null)
  useEffect(() => {
    const wanted = wordsOf(words)
    if (wanted.length === 0) return setFound(null)
    let isWanted = true
    async function look (): Promise<void> {
      let posts: FeedPost[] = []
      for await (const page of lookThrough(node)) {
        if (!isWanted) return
        posts = [...posts, ...page.filter(post => postHas(post, wanted))].slice(0, MAX_FOUND)
        setFound({ words, posts, done: false, failure: null })
        if (posts.length === MAX_FOUND) break
      }
      if (isWanted) setFound({ words, posts, done: true, failure: null })
    }
    look().catch((error: unknown) => { if (isWanted) setFound({ words, posts: [], done: true, failure: explain(error) }) })
    return () => { isWanted = false }
  }, [node, words, joined])
  return found
}
