import { useEffect, useState, type ReactNode } from 'react'
import { Icon } from '../components/icon.tsx'
import { REGISTRY_KEY, type StoredProfile } from '../peer/profiles.ts'
import { useStatus } from '../peer/queries.ts'
import { profiles } from '../peer/start.ts'
import { useOnline } from '../peer/use-online.ts'
import { useLiveQuery, usePeer, useStore, valueOf } from '../peer/use-peer.tsx'
import { count } from '../text/quantities.ts'
import { updateReady } from './updates.ts'

/** One line each above the content, only while there is something to say. */
export function Banners (): ReactNode {
  return <div className='banners' role='status'><Offline /><Update /><OtherProfile /></div>
}

function Offline (): ReactNode {
  const online = useOnline()
  const unsent = valueOf(useStatus())?.communities.reduce((sum, { unsent }) => sum + unsent, 0) ?? 0
  if (online) return null
  return <p className='banner'><Icon name='offline' /> <span>You are offline. Reading, writing and voting go on.{unsent > 0 && ` ${count(unsent, 'thing')} ${unsent === 1 ? 'waits' : 'wait'} to be sent.`}</span></p>
}

function Update (): ReactNode {
  const node = usePeer()
  const update = useStore(updateReady)
  const mismatch = valueOf(useLiveQuery(node.hosting))?.failure
  if (update !== null) return <p className='banner'><Icon name='sprout' /> <span>A new version is ready.</span> <button type='button' className='button' onClick={update}>Reload</button></p>
  if (mismatch == null) return null
  return (
    <p className='banner banner-warning'>
      <Icon name='warning' /> <span>{mismatch.code === 'VERSION_MISMATCH' ? 'Another tab runs a newer version of this app.' : `The peer stopped: ${mismatch.message}`}</span>
      <button type='button' className='button' onClick={() => { location.reload() }}>Reload</button>
    </p>
  )
}

/** Another tab took another identity into use. */
function OtherProfile (): ReactNode {
  const [began] = useState<StoredProfile>(() => profiles.current())
  const [changed, setChanged] = useState(false)
  useEffect(() => {
    const look = (event: StorageEvent): void => { if (event.key === REGISTRY_KEY) setChanged(profiles.current().dataDir !== began.dataDir) }
    addEventListener('storage', look)
    return () => { removeEventListener('storage', look) }
  }, [began])
  if (!changed) return null
  return <p className='banner banner-warning'><Icon name='person' /> <span>Another tab switched to another identity.</span> <button type='button' className='button' onClick={() => { location.assign('/') }}>Switch here too</button></p>
}
