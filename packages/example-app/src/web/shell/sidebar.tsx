import type { ReactNode } from 'react'
import { CommunityCard } from '../components/community-card.tsx'
import { nameOf } from '../components/community-name.tsx'
import { Foreign } from '../components/foreign.tsx'
import { useCommunities, useNetwork, useThread } from '../peer/queries.ts'
import { valueOf } from '../peer/use-peer.tsx'
import { DEFAULT_SORTING } from '../routing/routes.ts'
import { Link, useRoute } from '../routing/router.tsx'
import { starterLast } from '../starter/starter-last.ts'
import { count } from '../text/quantities.ts'

/** Beside the content on wide screens: the community one is in, all communities, and who is connected. */
export function Sidebar (): ReactNode {
  const route = useRoute()
  return (
    <>
      {route.name === 'community' && <About address={route.address} />}
      {route.name === 'post' && <AboutPost id={route.id} />}
      <CommunityList current={route.name === 'community' ? route.address : null} />
      <PeerCount />
      <p className='hint keys'>Press <kbd>?</kbd> for keys.</p>
    </>
  )
}

function About ({ address }: { readonly address: string }): ReactNode {
  const community = valueOf(useCommunities())?.find(one => one.address === address)
  return community === undefined ? null : <CommunityCard community={community} />
}

function AboutPost ({ id }: { readonly id: string }): ReactNode {
  const address = valueOf(useThread(id))?.community
  return address === undefined ? null : <About address={address} />
}

function CommunityList ({ current }: { readonly current: string | null }): ReactNode {
  const joined = valueOf(useCommunities()) ?? []
  return (
    <nav className='card' aria-labelledby='joined-title'>
      <h2 id='joined-title'>Communities</h2>
      <ul className='links'>
        {starterLast(joined).map(community => (
          <li key={community.address}>
            <Link to={{ name: 'community', address: community.address, sorting: DEFAULT_SORTING }} current={community.address === current} title={community.title ?? community.address}><Foreign>{nameOf(community, community.address)}</Foreign></Link>
          </li>
        ))}
        <li><Link to={{ name: 'join', link: '' }}>Join one…</Link></li>
        <li><Link to={{ name: 'create' }}>Begin one…</Link></li>
      </ul>
    </nav>
  )
}

function PeerCount (): ReactNode {
  const network = valueOf(useNetwork())
  if (network === null) return null
  return <p className='hint'><Link to={{ name: 'network' }}>{network.peers.length === 0 ? 'Nobody is connected' : `${count(network.peers.length, 'peer')} connected`}</Link></p>
}
