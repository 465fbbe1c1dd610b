import type { ReactNode } from 'react'
import { Icon, type IconName } from '../components/icon.tsx'
import { peerState } from '../peer/start.ts'
import { useStore } from '../peer/use-peer.tsx'
import { DEFAULT_SORTING, type Route } from '../routing/routes.ts'
import { Link, useRoute } from '../routing/router.tsx'

const HOME: Route = { name: 'home', sorting: DEFAULT_SORTING }

interface Entry { readonly to: Route, readonly icon: IconName, readonly name: string, readonly also?: ReadonlyArray<Route['name']> }

const TOP: readonly Entry[] = [
  { to: HOME, icon: 'home', name: 'Home' },
  { to: { name: 'communities' }, icon: 'groups', name: 'Communities', also: ['community', 'join', 'create'] },
  { to: { name: 'saved' }, icon: 'bookmark', name: 'Saved' },
  { to: { name: 'seeds' }, icon: 'sprout', name: 'What I seed' },
  { to: { name: 'network' }, icon: 'network', name: 'Network' },
  { to: { name: 'settings' }, icon: 'person', name: 'Settings' }
]

const BOTTOM: readonly Entry[] = [
  { to: HOME, icon: 'home', name: 'Home' },
  { to: { name: 'communities' }, icon: 'groups', name: 'Groups', also: ['community', 'join', 'create'] },
  { to: { name: 'submit', community: null }, icon: 'plus', name: 'Post' },
  { to: { name: 'network' }, icon: 'network', name: 'Network' },
  { to: { name: 'settings' }, icon: 'person', name: 'You', also: ['saved', 'seeds'] }
]

export function Header (): ReactNode {
  const route = useRoute()
  const peer = useStore(peerState)
  const community = route.name === 'community' ? route.address : null
  return (
    <header className='header'>
      <div className='header-inner'>
        <Link to={HOME} className='brand'><Icon name='sprout' /> Seedbed</Link>
        <nav aria-label='Main' className='wide-only top-nav'>
          {TOP.map(entry => <Link key={entry.name} to={entry.to} current={isAt(entry, route)} className='top-link'>{entry.name}</Link>)}
        </nav>
        <span className='header-state' role='status'>{peer.state === 'starting' ? 'Starting…' : ''}</span>
        <Link to={{ name: 'submit', community }} className='button button-main wide-only'>New post</Link>
      </div>
    </header>
  )
}

/** For thumbs: the same places at the lower edge of a narrow screen. */
export function BottomBar (): ReactNode {
  const route = useRoute()
  return (
    <nav aria-label='Main' className='bottom-bar narrow-only'>
      {BOTTOM.map(entry => (
        <Link key={entry.name} to={entry.name === 'Post' && route.name === 'community' ? { name: 'submit', community: route.address } : entry.to} current={isAt(entry, route)} className='bottom-link'>
          <Icon name={entry.icon} /><span>{entry.name}</span>
        </Link>
      ))}
    </nav>
  )
}

function isAt ({ to, also = [] }: Entry, route: Route): boolean {
  return to.name === route.name || also.includes(route.name)
}
