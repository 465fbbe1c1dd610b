import { Suspense, type ReactNode } from 'react'
import { Toasts } from './components/toasts.tsx'
import { Notice, Skeleton } from './components/notice.tsx'
import { nodeOf, peerState, startPeer } from './peer/start.ts'
import { SortTabs } from './feed/feed-view.tsx'
import { explain } from './peer/failure.ts'
import { PeerContext, useStore } from './peer/use-peer.tsx'
import { RouterProvider, useRoute } from './routing/router.tsx'
import { CommunitiesScreen } from './screens/communities-screen.tsx'
import { CommunityScreen } from './screens/community-screen.tsx'
import { CreateScreen } from './screens/create-screen.tsx'
import { HomeScreen } from './screens/home-screen.tsx'
import { JoinScreen } from './screens/join-screen.tsx'
import { AuthorScreen, FindScreen, InboxScreen, ModeratorsScreen, NetworkScreen, SavedScreen, SeedsScreen, SettingsScreen } from './screens/later-screens.tsx'
import { MissingScreen } from './screens/missing-screen.tsx'
import { PostScreen } from './screens/post-screen.tsx'
import { SubmitScreen } from './screens/submit-screen.tsx'
import { Background } from './shell/background.tsx'
import { Banners } from './shell/banners.tsx'
import { ErrorBoundary } from './shell/error-boundary.tsx'
import { BottomBar, Header } from './shell/header.tsx'
import { Keyboard } from './shell/keyboard.tsx'
import { Sidebar } from './shell/sidebar.tsx'

export function App (): ReactNode {
  return (
    <ErrorBoundary>
      <RouterProvider>
        <WithPeer />
      </RouterProvider>
      <Toasts />
    </ErrorBoundary>
  )
}

function WithPeer (): ReactNode {
  const peer = useStore(peerState)
  const node = nodeOf(peer)
  const isRunning = peer.state === 'running'
  if (node !== null) {
    return (
      <PeerContext value={node}>
        {isRunning && <Background />}
        <Keyboard />
        <Frame banners={isRunning ? <Banners /> : <Slow />} sidebar={isRunning && <Sidebar />}><Suspense fallback={<Skeleton rows={6} kind='line' />}><Screen /></Suspense></Frame>
      </PeerContext>
    )
  }
  return (
    <Frame>
      {peer.state === 'failed'
        ? (
            <Notice whole icon='warning' kind='failed' title='The peer in this browser could not start'>
              <p>{explain(peer)}</p>
              <p><button type='button' className='button button-main' onClick={() => { void startPeer() }}>Try again</button></p>
              <p className='hint'>{peer.code}</p>
            </Notice>
          )
        : <Starting />}
    </Frame>
  )
}

/** As much of the screen as is known before there is a peer, so that little moves when it is there. */
function Starting (): ReactNode {
  const route = useRoute()
  return (
    <>
      {(route.name === 'home' || route.name === 'community') && <SortTabs sorting={route.sorting} routeOf={sorting => ({ ...route, sorting })} />}
      <Slow />
      <Skeleton rows={route.name === 'post' ? 1 : 8} kind='post' />
      {route.name === 'post' && <Skeleton rows={5} kind='comment' />}
    </>
  )
}

function Slow (): ReactNode {
  return <p className='hint late' role='status'>This takes longer than usual. If another tab of this app is open, it may be busy or asleep.</p>
}

interface FrameProps {
  readonly banners?: ReactNode
  readonly sidebar?: ReactNode
  readonly children: ReactNode
}

function Frame ({ banners, sidebar, children }: FrameProps): ReactNode {
  return (
    <>
      <a href='#main' className='skip'>Skip to the content</a>
      <Header />
      <div className='page'>
        <main id='main' tabIndex={-1}>{banners}{children}</main>
        <aside className='sidebar' aria-label='Sidebar'>{sidebar}</aside>
      </div>
      <BottomBar />
    </>
  )
}

function Screen (): ReactNode {
  const route = useRoute()
  switch (route.name) {
    case 'home': return <HomeScreen sorting={route.sorting} />
    case 'community': return <CommunityScreen key={route.address} address={route.address} sorting={route.sorting} />
    case 'moderators': return <ModeratorsScreen key={route.address} address={route.address} />
    case 'post': return <PostScreen key={route.id} id={route.id} focus={route.focus} />
    case 'author': return <AuthorScreen key={route.author} author={route.author} />
    case 'find': return <FindScreen words={route.words} />
    case 'submit': return <SubmitScreen community={route.community} />
    case 'communities': return <CommunitiesScreen />
    case 'create': return <CreateScreen />
    case 'join': return <JoinScreen key={route.link} link={route.link} />
    case 'inbox': return <InboxScreen />
    case 'saved': return <SavedScreen />
    case 'seeds': return <SeedsScreen />
    case 'network': return <NetworkScreen />
    case 'settings': return <SettingsScreen />
    case 'missing': return <MissingScreen />
  }
}
