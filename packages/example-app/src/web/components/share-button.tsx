import { useState, type ReactNode } from 'react'
import { usePeer } from '../peer/use-peer.tsx'
import { isOnlyHere, webAddress } from '../routing/web-address.ts'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'

/** Both kinds of links to a post, and what each is good for. */
export function ShareButton ({ community, post }: { readonly community: string, readonly post: string }): ReactNode {
  const node = usePeer()
  const [open, setOpen] = useState(false)
  const link = async (): Promise<string> => (await node.invitations.create({ community, post })).link
  return (
    <>
      <button type='button' className='link' aria-haspopup='dialog' onClick={() => { setOpen(true) }}>Share</button>
      <Dialog open={open} onClose={() => { setOpen(false) }} title='Share this post'>
        <div className='share'>
          <CopyButton label='Copy web address' text={async () => webAddress(await link(), location.origin)} />
          <p className='hint'>Opens in any browser, by way of {location.host}.{isOnlyHere(location.hostname) && ' That is this machine: the address works nowhere else.'}</p>
          <CopyButton label='Copy seedbed link' text={link} />
          <p className='hint'>For people who run Seedbed already, in a browser or a terminal; they paste it where they join a community. It needs no website.</p>
        </div>
        <p className='hint'>Both lead into the community too, and say where your peer can be reached.</p>
      </Dialog>
    </>
  )
}
