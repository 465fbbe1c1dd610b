import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react'
import { SubmitButton } from '../components/submit-button.tsx'
import { isSendable, TextField } from '../components/text-field.tsx'
import { tell } from '../components/toasts.tsx'
import { useDraft } from '../components/use-draft.ts'
import { usePeer } from '../peer/use-peer.tsx'

interface ReplyFormProps {
  readonly parent: string
  readonly label: string
  readonly autoFocus?: boolean
  /** Without it the form has no button to give up. */
  readonly onClose?: () => void
}

export function ReplyForm ({ parent, label, autoFocus = false, onClose }: ReplyFormProps): ReactNode {
  const node = usePeer()
  const draft = useDraft(`reply:${parent}`, { title: null, text: '' })
  const [busy, setBusy] = useState(false)

  const form = useRef<HTMLFormElement>(null)
  useEffect(() => { if (autoFocus) form.current?.scrollIntoView({ block: 'nearest' }) }, [autoFocus]) // with its buttons, not only its first line

  async function send (): Promise<void> {
    if (busy || !isSendable(draft.text)) return
    setBusy(true)
    const sent = await tell(node.comments.create({ parent, text: draft.text }), { failed: 'The comment was not sent' })
    setBusy(false)
    if (!sent) return
    draft.clear()
    onClose?.()
  }

  function submit (event: FormEvent): void {
    event.preventDefault()
    void send()
  }

  return (
    <form ref={form} className='form reply-form' onSubmit={submit}>
      <TextField label={label} value={draft.text} rows={onClose === undefined ? 3 : 4} autoFocus={autoFocus} onChange={text => { draft.change({ title: null, text }) }} onSubmit={() => { void send() }} />
      <div className='buttons'>
        <SubmitButton busy={busy} disabled={!isSendable(draft.text)}>Comment</SubmitButton>
        {onClose !== undefined && <button type='button' className='button' onClick={onClose}>Cancel</button>}
        {draft.kept && draft.text !== '' && <span className='hint'>Draft kept</span>}
      </div>
    </form>
  )
}
