import { Suspense, useState, type ReactNode } from 'react'
import { Dialog } from '../components/dialog.tsx'
import { later } from '../components/later.tsx'
import { Skeleton } from '../components/notice.tsx'

const ItemActions = later(async () => (await import('./item-actions.tsx')).ItemActions)

interface ItemMenuProps {
  readonly id: string
  readonly author: string
  readonly community: string
  /** `post` or `comment`. */
  readonly what: string
}

/** What else can be done about somebody's post or comment: mute, label, see who labelled it. Loaded when it is opened. */
export function ItemMenu ({ id, author, community, what }: ItemMenuProps): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <>
      <button type='button' className='link' aria-haspopup='dialog' onClick={() => { setOpen(true) }}>More</button>
      <Dialog open={open} onClose={() => { setOpen(false) }} title={`About this ${what}`}>
        <Suspense fallback={<Skeleton rows={2} kind='line' />}><ItemActions id={id} author={author} community={community} what={what} onClose={() => { setOpen(false) }} /></Suspense>
      </Dialog>
    </>
  )
}
