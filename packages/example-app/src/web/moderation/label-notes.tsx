import type { AppliedLabel } from '@seedbed/core'
import type { ReactNode } from 'react'
import { Author } from '../components/author.tsx'
import { Foreign } from '../components/foreign.tsx'
import { Icon } from '../components/icon.tsx'

/** What moderators called something, who did and why. */
export function LabelNotes ({ labels }: { readonly labels: readonly AppliedLabel[] }): ReactNode {
  if (labels.length === 0) return null
  return (
    <ul className='label-notes' aria-label='Labels'>
      {labels.map(label => (
        <li key={label.author}>
          <Icon name='flag' /> <span><strong><Foreign>{label.label}</Foreign></strong> by <Author profile={label.profile} />{label.reason !== '' && <>: <Foreign>{label.reason}</Foreign></>}</span>
        </li>
      ))}
    </ul>
  )
}

interface ConcealedProps {
  readonly item: { readonly muted: boolean, readonly labels: readonly AppliedLabel[] }
  /** `Post` or `Comment`. */
  readonly what: string
  readonly onShow: () => void
}

/** Stands for what is folded or hidden: why, by whom, and a way to look all the same. */
export function Concealed ({ item: { muted, labels }, what, onShow }: ConcealedProps): ReactNode {
  /** The button goes; whoever pressed it stays where it was. */
  function show (button: HTMLElement): void {
    const place = button.closest<HTMLElement>('[data-post], [data-comment], li')
    if (place !== null) {
      place.tabIndex = -1
      place.focus({ preventScroll: true })
    }
    onShow()
  }
  return (
    // The whole of it can be pressed, but for who marks a reason to copy it; the button in it is what keyboards and screen readers meet.
    <div className='concealed' onClick={event => { if (!(event.target as Element).closest('a, button') && getSelection()?.isCollapsed !== false) event.currentTarget.querySelector('button')?.click() }}>
      <p>{muted ? `${what} of an author you muted` : `${what} that moderators labelled`} <button type='button' className='link' data-show='' onClick={event => { show(event.currentTarget) }}>Show anyway</button></p>
      <LabelNotes labels={labels} />
    </div>
  )
}
