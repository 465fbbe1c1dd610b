import type { AuthorId, Profile } from '@seedbed/core'
import { useEffect, useLayoutEffect, useRef, useState, type FormEvent, type ReactNode } from 'react'
import { SubmitButton } from '../components/submit-button.tsx'
import { isSendable, TextField } from '../components/text-field.tsx'
import { tell } from '../components/toasts.tsx'
import { useDraft } from '../components/use-draft.ts'
import { usePeer } from '../peer/use-peer.tsx'
import { fragmentAt, mentionsIn, withMention, type Fragment } from '../text/mentions.ts'
import { Mentioning } from './mentioning.tsx'

interface ReplyFormProps {
  readonly parent: string
  /** Id of the post of the thread. */
  readonly post: string
  readonly community: string
  readonly label: string
  readonly autoFocus?: boolean
  /** Without it the form has no button to give up. */
  readonly onClose?: () => void
}

export function ReplyForm ({ parent, post, community, label, autoFocus = false, onClose }: ReplyFormProps): ReactNode {
  const node = usePeer()
  const draft = useDraft(`reply:${parent}`, { title: null, text: '' })
  const [busy, setBusy] = useState(false)
  const [fragment, setFragment] = useState<Fragment | null>(null)
  /** Where the caret belongs once the text is drawn. */
  const caret = useRef<number | null>(null)

  const form = useRef<HTMLFormElement>(null)
  useEffect(() => { if (autoFocus) form.current?.scrollIntoView({ block: 'nearest' }) }, [autoFocus]) // with its buttons, not only its first line

  useLayoutEffect(() => {
    const field = form.current?.querySelector('textarea')
    if (caret.current === null || field == null) return
    field.focus()
    field.setSelectionRange(caret.current, caret.current)
    caret.current = null
  }, [draft.text])

  function change (text: string, at: number): void {
    setFragment(fragmentAt(text, at))
    draft.change({ title: null, text })
  }

  function mention (profile: Profile): void {
    if (fragment === null) return
    const completed = withMention(draft.text, fragment, profile)
    caret.current = completed.caret
    setFragment(null)
    draft.change({ title: null, text: completed.text })
  }

  /** Words of a key that nobody here has mention nobody. */
  async function mentions (text: string): Promise<AuthorId[]> {
    const found = await Promise.all(mentionsIn(text).map(async words => await node.profiles.find(words, community)))
    return [...new Set(found.flatMap(people => people.length === 1 ? people.map(({ author }) => author) : []))].filter(author => author !== node.author)
  }

  async function write (text: string): Promise<void> {
    await node.comments.create({ parent, text, mentions: await mentions(text) })
  }

  async function send (): Promise<void> {
    if (busy || !isSendable(draft.text)) return
    setBusy(true)
    const sent = await tell(write(draft.text), { failed: 'The comment was not sent' })
    setBusy(false)
    if (!sent) return
    setFragment(null)
    draft.clear()
    onClose?.()
  }

  function submit (event: FormEvent): void {
    event.preventDefault()
    void send()
  }

  return (
    <form ref={form} className='form reply-form' onSubmit={submit}>
      <TextField label={label} value={draft.text} rows={onClose === undefined ? 3 : 4} autoFocus={autoFocus} onChange={change} onSubmit={() => { void send() }} />
      <Mentioning post={post} text={draft.text} fragment={fragment} onPick={mention} />
      <div className='buttons'>
        <SubmitButton busy={busy} disabled={!isSendable(draft.text)}>Comment</SubmitButton>
        {onClose !== undefined && <button type='button' className='button' onClick={onClose}>Cancel</button>}
        {draft.kept && draft.text !== '' && <span className='hint'>Draft kept</span>}
      </div>
    </form>
  )
}
