import { useState, type FormEvent, type ReactNode } from 'react'
import { SubmitButton } from '../components/submit-button.tsx'
import { toastDone } from '../components/toasts.tsx'
import { explain } from '../peer/failure.ts'
import { usePeer } from '../peer/use-peer.tsx'
import { DEFAULT_SORTING } from '../routing/routes.ts'
import { useRouter } from '../routing/router.tsx'
import { useTitle } from './use-title.ts'

const SLUG = '[a-z0-9](?:[a-z0-9\\-]{0,38}[a-z0-9])?'

export function CreateScreen (): ReactNode {
  useTitle('Begin a community')
  const node = usePeer()
  const { go } = useRouter()
  const [slug, setSlug] = useState('')
  const [title, setTitle] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)

  async function create (): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      const { address } = await node.communities.create({ slug, ...(title.trim() === '' ? {} : { title }) })
      toastDone(`${slug} has begun`, 'Copy its invite link and send it to somebody.')
      go({ name: 'community', address, sorting: DEFAULT_SORTING }, { replace: true })
    } catch (error) {
      setFailure(explain(error))
      setBusy(false)
    }
  }

  function submit (event: FormEvent): void {
    event.preventDefault()
    if (!busy) void create()
  }

  return (
    <>
      <h1>Begin a community</h1>
      <form className='form' onSubmit={submit}>
        <label className='field'>Short name
          <input required value={slug} pattern={SLUG} maxLength={40} spellCheck={false} autoCapitalize='none' placeholder='seed-savers' aria-describedby='slug-hint' autoFocus onChange={event => { setSlug(event.target.value.toLowerCase().replaceAll(/\s/g, '-')) }} />
        </label>
        <p id='slug-hint' className='hint'>Lowercase letters, digits and hyphens. Others may choose the same one; the address tells them apart.</p>
        <label className='field'>Title
          <input value={title} dir='auto' maxLength={300} placeholder='Seed savers of the valley' onChange={event => { setTitle(event.target.value) }} />
        </label>
        {failure !== null && <p className='failure' role='alert'>{failure}</p>}
        <div className='buttons'><SubmitButton busy={busy} disabled={slug === ''}>Begin it</SubmitButton></div>
      </form>
      <p className='hint'>You will not own it: it lives as long as somebody keeps its posts. Everybody does a proof of work of about a second before their first post, which slows down spam.</p>
    </>
  )
}
