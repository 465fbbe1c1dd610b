import type { ThreadNode } from '@seedbed/core'
import { useState, type ReactNode } from 'react'
import { Confirm } from '../components/dialog.tsx'
import { tell } from '../components/toasts.tsx'
import { usePeer } from '../peer/use-peer.tsx'

/** Editing and deleting, for what one wrote. */
export function OwnActions ({ node: item, what, onEdit }: { readonly node: ThreadNode, readonly what: string, readonly onEdit: () => void }): ReactNode {
  const node = usePeer()
  const [asking, setAsking] = useState(false)
  if (item.author !== node.author || item.deleted) return null
  return (
    <>
      {item.text !== null && <button type='button' className='link' onClick={onEdit}>Edit</button>}
      <button type='button' className='link' onClick={() => { setAsking(true) }}>Delete</button>
      <Confirm danger open={asking} title={`Delete this ${what}?`} action='Delete' onClose={() => { setAsking(false) }} onConfirm={() => { void tell(node.delete(item.id), { done: 'Deleted', failed: 'It was not deleted' }) }}>
        <p>It cannot be taken back. Honest peers drop the text and stop serving it; nobody can make sure that no copy stays somewhere.</p>
      </Confirm>
    </>
  )
}
