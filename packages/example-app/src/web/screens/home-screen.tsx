import type { ReactNode } from 'react'
import { STARTER_COMMUNITY } from '../../starter.ts'
import { Notice, Skeleton } from '../components/notice.tsx'
import { FeedView } from '../feed/feed-view.tsx'
import { useCommunities } from '../peer/queries.ts'
import { useStore, valueOf } from '../peer/use-peer.tsx'
import type { Sorting } from '../routing/routes.ts'
import { Link } from '../routing/router.tsx'
import { isPlanting } from '../starter/plant-starter.ts'
import { useTitle } from './use-title.ts'

export function HomeScreen ({ sorting }: { readonly sorting: Sorting }): ReactNode {
  useTitle('Home')
  const joined = valueOf(useCommunities())
  const planting = useStore(isPlanting)
  return (
    <>
      <h1 className='unseen'>Posts of all your communities</h1>
      {joined !== null && joined.length > 0 && joined.every(({ address }) => address === STARTER_COMMUNITY) && (
        <p className='notice-line'>Welcome. These posts came with the app and say what it is. <Link to={{ name: 'join', link: '' }}>Join a community</Link> by a link that somebody gives you, or <Link to={{ name: 'create' }}>begin one</Link>.</p>
      )}
      <FeedView community={null} sorting={sorting} routeOf={sorting => ({ name: 'home', sorting })} empty={planting ? <Skeleton rows={8} kind='post' /> : <Empty joinedNone={joined?.length === 0} />} />
    </>
  )
}

function Empty ({ joinedNone }: { readonly joinedNone: boolean }): ReactNode {
  if (!joinedNone) return <Notice icon='sprout' title='No posts here yet'><p>Posts appear as peers bring them. A longer time or another order may show some.</p></Notice>
  return (
    <Notice icon='sprout' title='Welcome. Nothing is planted yet.'>
      <p>Seedbed has no server: you join a community by a link that somebody gives you, or begin one yourself.</p>
      <p className='buttons'>
        <Link to={{ name: 'join', link: '' }} className='button button-main'>Join a community</Link>
        <Link to={{ name: 'create' }} className='button'>Begin one</Link>
      </p>
    </Notice>
  )
}
