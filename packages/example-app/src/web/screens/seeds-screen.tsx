import type { SeedItem, SeedList, SeedReason } from '@seedbed/core'
import { useCallback, useEffect, useState, type ReactNode } from 'react'
import { CommunityLink } from '../components/community-name.tsx'
import { Foreign } from '../components/foreign.tsx'
import { Notice, Skeleton } from '../components/notice.tsx'
import { tell } from '../components/toasts.tsx'
import { explain } from '../peer/failure.ts'
import { usePeer } from '../peer/use-peer.tsx'
import { Link } from '../routing/router.tsx'
import { byteSize, count } from '../text/quantities.ts'
import { useTitle } from './use-title.ts'

const REASONS: ReadonlyArray<readonly [SeedReason, string, string]> = [
  ['own', 'Yours', 'What you wrote. It is always seeded, to anybody who asks.'],
  ['upvoted', 'Upvoted', 'You seed it because you upvoted it, to anybody who asks. Take the vote back to stop.'],
  ['cached', 'Read', 'Kept because it was opened here or came with the app, and handed only to members of its community. It goes when the space is needed.']
]
const PAGE = 100

export function SeedsScreen (): ReactNode {
  useTitle('What I seed')
  const { list, failure, reload } = useSeeds()
  const node = usePeer()
  const [limit, setLimit] = useState(PAGE)

  async function drop (item: SeedItem): Promise<void> {
    if (await tell(node.seeds.drop(item.id), { done: 'Dropped', failed: 'It was not dropped' })) reload()
  }

  return (
    <>
      <h1>What I seed</h1>
      <p className='lead'>Texts that this browser holds, and hands out to others while one of its pages is open.</p>
      {failure !== null && list === null && <Notice icon='warning' kind='failed' title='The list could not be read'><p>{failure}</p><p><button type='button' className='button' onClick={reload}>Try again</button></p></Notice>}
      {failure === null && list === null && <Skeleton rows={6} kind='line' />}
      {list !== null && (
        <>
          <dl className='totals'>
            {REASONS.map(([why, name, words]) => (
              <div key={why}><dt>{name}</dt><dd><strong>{list.totals[why].bodies.toLocaleString('en-US')}</strong> <span className='faint'>{byteSize(list.totals[why].bytes)}{why === 'cached' && ` of ${byteSize(list.cacheBytes)}`}</span><p className='hint'>{words}</p></dd></div>
            ))}
          </dl>
          {list.items.length === 0 && <Notice icon='sprout' title='Nothing yet'><p>Read, upvote or write something, and you hold a copy for others.</p></Notice>}
          <ul className='rows'>
            {list.items.slice(0, limit).map(item => (
              <li key={item.revision} className='row'>
                <span className='row-main'>
                  <Link to={{ name: 'post', id: item.id, focus: item.kind === 'comment' ? item.id : null }}>{item.title === null ? item.kind === 'comment' ? 'Comment' : 'Text that nothing lists' : <Foreign>{item.title}</Foreign>}</Link>
                  <span className='faint'>{byteSize(item.bytes)}{item.community !== null && <> in <CommunityLink address={item.community} /></>}</span>
                </span>
                <span className={`tag ${item.why === 'cached' ? '' : 'tag-seed'}`}>{item.why === 'own' ? 'yours' : item.why === 'upvoted' ? 'upvoted' : 'read'}</span>
                {item.why === 'cached' && <button type='button' className='link' aria-label={`Drop ${item.title ?? 'this text'}`} onClick={() => { void drop(item) }}>Drop</button>}
              </li>
            ))}
          </ul>
          {list.items.length > limit && <p className='more'><button type='button' className='button' onClick={() => { setLimit(limit + PAGE) }}>Show more ({count(list.items.length - limit, 'text')})</button></p>}
        </>
      )}
    </>
  )
}

function useSeeds (): { readonly list: SeedList | null, readonly failure: string | null, readonly reload: () => void } {
  const node = usePeer()
  const [list, setList] = useState<SeedList | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const reload = useCallback(() => {
    setFailure(null)
    node.seeds.list().then(setList, (error: unknown) => { setFailure(explain(error)) })
  }, [node])
  useEffect(reload, [reload])
  return { list, failure, reload }
}
