import { useEffect, useId, useRef, type ReactNode } from 'react'
import { Icon } from './icon.tsx'

interface DialogProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  readonly children: ReactNode
}

/** The browser's own modal dialog: it keeps the focus, closes with Escape and gives the focus back. */
export function Dialog ({ open, onClose, title, children }: DialogProps): ReactNode {
  const ref = useRef<HTMLDialogElement>(null)
  /** Where the press began: a text that is selected beyond the edge is no press beside the dialog. */
  const pressed = useRef<EventTarget | null>(null)
  const id = useId()
  useEffect(() => {
    const dialog = ref.current
    if (open && dialog?.open === false) dialog.showModal()
    if (!open && dialog?.open === true) dialog.close()
  }, [open])
  return (
    <dialog ref={ref} className='dialog' aria-labelledby={id} onClose={onClose} onPointerDown={event => { pressed.current = event.target }} onClick={event => { if (event.target === event.currentTarget && pressed.current === event.currentTarget) onClose() }}>
      {open && (
        <div className='dialog-content'>
          <header><h2 id={id}>{title}</h2><button type='button' className='icon-button' aria-label='Close' onClick={onClose}><Icon name='close' /></button></header>
          {children}
        </div>
      )}
    </dialog>
  )
}

interface ConfirmProps {
  readonly open: boolean
  readonly title: string
  readonly children: ReactNode
  /** What the button that does it says. */
  readonly action: string
  /** It cannot be undone. */
  readonly danger?: boolean
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Asks before what cannot be undone, or should not happen by chance. */
export function Confirm ({ open, title, children, action, danger = false, onConfirm, onClose }: ConfirmProps): ReactNode {
  return (
    <Dialog open={open} title={title} onClose={onClose}>
      <div className='dialog-text'>{children}</div>
      <div className='buttons'>
        <button type='button' className='button' onClick={onClose}>Cancel</button>
        <button type='button' className={`button ${danger ? 'button-danger' : 'button-main'}`} onClick={() => { onClose(); onConfirm() }}>{action}</button>
      </div>
    </Dialog>
  )
}
