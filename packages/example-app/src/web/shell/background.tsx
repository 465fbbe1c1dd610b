import { useEffect, useState, type ReactNode } from 'react'
import { toastFailure } from '../components/toasts.tsx'
import { STARTER_PAUSE_MS } from '../limits.ts'
import { usePersonal } from '../peer/queries.ts'
import { watchStamps } from '../peer/stamps.ts'
import { lastSeen } from '../peer/start.ts'
import { usePeer } from '../peer/use-peer.tsx'
import { useRouter } from '../routing/router.tsx'
import { parseErrand } from '../routing/routes.ts'
import { plantStarter } from '../starter/plant-starter.ts'

/** What goes on as long as the peer runs, without being seen. */
export function Background (): ReactNode {
  const node = usePeer()
  const { route, go } = useRouter()
  useEffect(() => watchStamps(node), [node])
  useEffect(() => {
    const outdate = (): void => { lastSeen.outdate(async query => await node.feed(query)) }
    const end = node.on('change', outdate)
    addEventListener('pagehide', lastSeen.flush)
    return () => {
      end()
      removeEventListener('pagehide', lastSeen.flush)
    }
  }, [node])
  const personal = usePersonal()
  const [mutes, moderators] = [personal?.mutes, personal?.moderators]
  useEffect(() => {
    if (mutes !== undefined) lastSeen.mute(new Set(mutes))
    lastSeen.outdate(async query => await node.feed(query))
  }, [node, mutes, moderators])
  // Who comes by an invitation wants what is behind it first.
  const [pauseMs] = useState(route.name === 'join' ? STARTER_PAUSE_MS : 0)
  useEffect(() => {
    const timer = setTimeout(() => {
      plantStarter(node).catch((error: unknown) => { toastFailure('The first community was not read', error) })
    }, pauseMs)
    return () => { clearTimeout(timer) }
  }, [node, pauseMs])
  // An invitation that is opened while the app runs only changes the fragment.
  useEffect(() => {
    const follow = (): void => {
      const errand = parseErrand(location.hash)
      if (errand?.name === 'join') go({ name: 'join', link: errand.link }, { replace: true })
      if (errand?.name === 'device') location.reload()
    }
    addEventListener('hashchange', follow)
    return () => { removeEventListener('hashchange', follow) }
  }, [go])
  return null
}
