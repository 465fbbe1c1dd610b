import type { ReactNode } from 'react'
import { CommunityCard } from '../components/community-card.tsx'
import { nameOf } from '../components/community-name.tsx'
import { Foreign } from '../components/foreign.tsx'
import { Notice, Skeleton } from '../components/notice.tsx'
import { FeedView } from '../feed/feed-view.tsx'
import { useCommunities, useFeedAhead, useStatus } from '../peer/queries.ts'
import { lastSeen } from '../peer/start.ts'
import { valueOf } from '../peer/use-peer.tsx'
import type { Sorting } from '../routing/routes.ts'
import { Link } from '../routing/router.tsx'
import { useTitle } from './use-title.ts'

export function CommunityScreen ({ address, sorting }: { readonly address: string, readonly sorting: Sorting }): ReactNode {
  const joined = valueOf(useCommunities())
  const community = joined?.find(one => one.address === address)
  const name = nameOf(community, address)
  useTitle(community?.title ?? name)
  useFeedAhead(address, sorting, joined === null)
  // Who joined since the last visit is not to be told that they did not.
  if (joined === null || (community === undefined && joined === lastSeen.get()?.communities)) return <Skeleton rows={8} kind='post' />
  if (community === undefined) {
    return (
      <Notice whole icon='groups' title='You have not joined this community'>
        <p className='address'>{address}</p>
        <p><Link to={{ name: 'join', link: address }} className='button button-main'>Join it</Link></p>
      </Notice>
    )
  }
  return (
    <>
      <header className='screen-head'>
        <div>
          <h1><Foreign>{community.title ?? name}</Foreign></h1>
          <p className='faint'><Foreign>{name}</Foreign></p>
        </div>
      </header>
      <details className='narrow-only card-fold'><summary>About this community</summary><CommunityCard community={community} /></details>
      <FeedView
        community={address} sorting={sorting} routeOf={sorting => ({ name: 'community', address, sorting })}
        empty={<Empty address={address} />}
      />
    </>
  )
}

function Empty ({ address }: { readonly address: string }): ReactNode {
  const sync = valueOf(useStatus())?.communities.find(one => one.address === address)?.sync.state
  if (sync === 'syncing' || sync === 'behind') return <Notice icon='sprout' title='Fetching posts'><p>Somebody who has this community is connected; its posts are on their way.</p></Notice>
  return (
    <Notice icon='sprout' title='No posts here yet'>
      <p>{sync === 'alone' && 'Nobody else of this community is connected. '}Posts appear as peers bring them. <Link to={{ name: 'submit', community: address }}>Write the first one</Link>, or look at a longer time.</p>
    </Notice>
  )
}
