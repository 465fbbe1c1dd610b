import type { ReactNode } from 'react'
import { Icon, type IconName } from '../components/icon.tsx'
import { useNetwork, useThread, useUnread } from '../peer/queries.ts'
import { nodeOf, peerState } from '../peer/start.ts'
import { useOnline } from '../peer/use-online.ts'
import { useStore, valueOf } from '../peer/use-peer.tsx'
import { DEFAULT_SORTING, type Route } from '../routing/routes.ts'
import { Link, useRoute } from '../routing/router.tsx'

const HOME: Route = { name: 'home', sorting: DEFAULT_SORTING }

interface Entry { readonly to: Route, readonly icon: IconName, readonly name: string, readonly also?: ReadonlyArray<Route['name']> }

const TOP: readonly Entry[] = [
  { to: HOME, icon: 'home', name: 'Home' },
  { to: { name: 'communities' }, icon: 'groups', name: 'Communities', also: ['community', 'join', 'create'] },
  { to: { name: 'find', words: '' }, icon: 'find', name: 'Find' },
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
  return (
    <header className='header'>
      <div className='header-inner'>
        <Link to={HOME} className='brand'><Icon name='sprout' /> Seedbed</Link>
        <nav aria-label='Main' className='wide-only top-nav'>
          {TOP.map(entry => <Link key={entry.name} to={entry.to} current={isAt(entry, route)} className='top-link'>{entry.name}</Link>)}
        </nav>
        <span className='header-state' role='status'>{peer.state === 'starting' ? 'Starting…' : ''}</span>
        {peer.state === 'running' && <Alone />}
        {nodeOf(peer) !== null && <InboxLink />}
        <Link to={{ name: 'find', words: '' }} className='icon-button narrow-only' aria-label='Find'><Icon name='find' /></Link>
        <Here>{community => <Link to={{ name: 'submit', community }} className='button button-main wide-only'>New post</Link>}</Here>
      </div>
    </header>
  )
}

/** For thumbs: the same places at the lower edge of a narrow screen. */
export function BottomBar (): ReactNode {
  const route = useRoute()
  return (
    <nav aria-label='Main' className='bottom-bar narrow-only'>
      <Here>
        {community => BOTTOM.map(entry => (
          <Link key={entry.name} to={entry.name === 'Post' ? { name: 'submit', community } : entry.to} current={isAt(entry, route)} className='bottom-link'>
            <Icon name={entry.icon} /><span>{entry.name}</span>
          </Link>
        ))}
      </Here>
    </nav>
  )
}

interface HereProps { readonly children: (community: string | null) => ReactNode }

/** What depends on the community that one reads in: a new post goes there. */
function Here ({ children }: HereProps): ReactNode {
  const route = useRoute()
  const peer = useStore(peerState)
  if (route.name === 'post' && nodeOf(peer) !== null) return <OfPost id={route.id}>{children}</OfPost>
  return children(route.name === 'community' ? route.address : null)
}

function OfPost ({ id, children }: HereProps & { readonly id: string }): ReactNode {
  return children(valueOf(useThread(id))?.community ?? null)
}

/** Said a while after the last peer went, or none came: what is written then waits. */
function Alone (): ReactNode {
  const network = valueOf(useNetwork())
  const online = useOnline()
  if (network === null || network.peers.length > 0 || !online) return null
  return <Link to={{ name: 'network' }} className='alone'>Not connected</Link>
}

/** Answers and mentions, with the number of new ones. */
function InboxLink (): ReactNode {
  const unread = useUnread()
  const route = useRoute()
  return (
    <Link to={{ name: 'inbox' }} current={route.name === 'inbox'} className='icon-button inbox-link' aria-label={unread === 0 ? 'Inbox' : `Inbox, ${unread} new`}>
      <Icon name='inbox' />{unread > 0 && <span className='badge' aria-hidden='true'>{unread > 99 ? '99+' : unread}</span>}
    </Link>
  )
}

function isAt ({ to, also = [] }: Entry, route: Route): boolean {
  return to.name === route.name || also.includes(route.name)
}
