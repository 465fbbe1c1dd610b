import type { ReactNode } from 'react'
import { nameOf } from '../components/community-name.tsx'
import { Foreign } from '../components/foreign.tsx'
import { Notice, Skeleton } from '../components/notice.tsx'
import { explain } from '../peer/failure.ts'
import { useCommunities, useStatus } from '../peer/queries.ts'
import { valueOf } from '../peer/use-peer.tsx'
import { DEFAULT_SORTING } from '../routing/routes.ts'
import { Link } from '../routing/router.tsx'
import { starterLast } from '../starter/starter-last.ts'
import { count } from '../text/quantities.ts'
import { SYNC_TAGS } from '../text/sync-words.ts'
import { useTitle } from './use-title.ts'

export function CommunitiesScreen (): ReactNode {
  useTitle('Communities')
  const snapshot = useCommunities()
  const joined = valueOf(snapshot)
  const status = valueOf(useStatus())
  return (
    <>
      <header className='screen-head'>
        <h1>Communities</h1>
        <div className='buttons'>
          <Link to={{ name: 'join', link: '' }} className='button button-main'>Join</Link>
          <Link to={{ name: 'create' }} className='button'>Begin one</Link>
        </div>
      </header>
      {joined === null && (snapshot.state === 'failed' ? <Notice icon='warning' kind='failed' title='The communities could not be read'>{explain(snapshot.error)}</Notice> : <Skeleton rows={4} kind='line' />)}
      {joined?.length === 0 && <Notice icon='groups' title='You have not joined any yet'><p>Ask somebody for an invitation link, or begin a community and send out yours.</p></Notice>}
      {joined !== null && joined.length > 0 && (
        <ul className='rows'>
          {starterLast(joined).map(community => {
            const here = status?.communities.find(({ address }) => address === community.address)
            return (
              <li key={community.address}>
                <Link to={{ name: 'community', address: community.address, sorting: DEFAULT_SORTING }} className='row'>
                  <span className='row-main'><strong><Foreign>{community.title ?? nameOf(community, community.address)}</Foreign></strong><span className='faint'><Foreign>{nameOf(community, community.address)}</Foreign></span></span>
                  {here !== undefined && <span className='faint'>{count(here.posts, 'post')}, {SYNC_TAGS[here.sync.state]}</span>}
                </Link>
              </li>
            )
          })}
        </ul>
      )}
    </>
  )
}
