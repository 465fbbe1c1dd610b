import type { ReactNode } from 'react'
import { useStore } from '../peer/use-peer.tsx'
import { stampProgress } from '../peer/stamps.ts'

interface SubmitButtonProps {
  readonly busy: boolean
  readonly disabled?: boolean
  readonly children: ReactNode
}

/** Sends a form. The first write in a community waits for a proof of work, which is said while it lasts. */
export function SubmitButton ({ busy, disabled = false, children }: SubmitButtonProps): ReactNode {
  const stamp = useStore(stampProgress)
  return (
    <>
      <button type='submit' className='button button-main' disabled={disabled || busy} aria-busy={busy}>{busy ? 'Sending…' : children}</button>
      {busy && stamp !== null && <span className='hint' role='status'>Once for each community, your browser does a proof of work against spam: {stamp} %</span>}
    </>
  )
}
