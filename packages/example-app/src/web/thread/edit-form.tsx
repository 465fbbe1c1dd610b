import { useState, type FormEvent, type ReactNode } from 'react'
import { SubmitButton } from '../components/submit-button.tsx'
import { isSendable, TextField } from '../components/text-field.tsx'
import { tell } from '../components/toasts.tsx'
import { usePeer } from '../peer/use-peer.tsx'

interface EditFormProps {
  readonly id: string
  readonly text: string
  /** Null for comments. */
  readonly title: string | null
  readonly onClose: () => void
}

/** A new revision of what one wrote; those who upvoted seed the one they voted for. */
export function EditForm ({ id, text, title, onClose }: EditFormProps): ReactNode {
  const node = usePeer()
  const [now, setNow] = useState({ text, title })
  const [busy, setBusy] = useState(false)
  const changed = now.text !== text || now.title !== title

  async function send (): Promise<void> {
    if (busy || !changed || !isSendable(now.text)) return
    setBusy(true)
    const sent = await tell(node.revisions.create({
      id, ...(now.text === text ? {} : { text: now.text }), ...(now.title === null || now.title === title ? {} : { title: now.title })
    }), { done: 'Edited', failed: 'The edit was not saved' })
    setBusy(false)
    if (sent) onClose()
  }

  function submit (event: FormEvent): void {
    event.preventDefault()
    void send()
  }

  return (
    <form className='form' onSubmit={submit}>
      {now.title !== null && <label className='field'>Title<input value={now.title} dir='auto' required onChange={event => { setNow({ ...now, title: event.target.value }) }} /></label>}
      <TextField label='Text' value={now.text} rows={8} autoFocus onChange={value => { setNow({ ...now, text: value }) }} onSubmit={() => { void send() }} />
      <div className='buttons'>
        <SubmitButton busy={busy} disabled={!changed || !isSendable(now.text)}>Save changes</SubmitButton>
        <button type='button' className='button' onClick={onClose}>Cancel</button>
      </div>
    </form>
  )
}
