import { useState, type FormEvent, type ReactNode } from 'react'
import { toastDone } from '../components/toasts.tsx'
import { nameOf } from '../components/community-name.tsx'
import { explain } from '../peer/failure.ts'
import { usePeer } from '../peer/use-peer.tsx'
import { DEFAULT_SORTING, parseErrand } from '../routing/routes.ts'
import { useRouter } from '../routing/router.tsx'
import { useTitle } from './use-title.ts'

export function JoinScreen ({ link }: { readonly link: string }): ReactNode {
  useTitle('Join a community')
  const node = usePeer()
  const { go } = useRouter()
  const [typed, setTyped] = useState(link)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)

  async function join (): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      const joined = await node.communities.join(linkIn(typed))
      toastDone(`You joined ${nameOf(joined, joined.address)}`, joined.slug === null ? 'Nobody who knows it is connected yet; its name and posts appear when somebody is.' : undefined)
      go(joined.post === null ? { name: 'community', address: joined.address, sorting: DEFAULT_SORTING } : { name: 'post', id: joined.post, focus: null }, { replace: true })
    } catch (error) {
      setFailure(explain(error))
      setBusy(false)
    }
  }

  function submit (event: FormEvent): void {
    event.preventDefault()
    if (!busy && typed.trim() !== '') void join()
  }

  return (
    <>
      <h1>Join a community</h1>
      <form className='form' onSubmit={submit}>
        <label className='field'>Invitation link or address
          <textarea rows={3} value={typed} spellCheck={false} autoCapitalize='none' className='monospace' aria-invalid={failure !== null} aria-describedby='join-hint' autoFocus onChange={event => { setTyped(event.target.value) }} />
        </label>
        <p id='join-hint' className='hint'>A link looks like <code>seedbed:1f2e…?peer=…</code>, an address has 64 characters.</p>
        {failure !== null && <p className='failure' role='alert'>{failure}</p>}
        <div className='buttons'><button type='submit' className='button button-main' disabled={busy || typed.trim() === ''} aria-busy={busy}>{busy ? 'Looking for its peers…' : 'Join'}</button></div>
      </form>
      <p className='hint'>Who is in a community sees that you are in it too: peers exchange with each other directly.</p>
    </>
  )
}

/** What was pasted may be the link of a page with an invitation in its fragment. */
function linkIn (typed: string): string {
  const fragment = typed.indexOf('#')
  const errand = fragment === -1 ? null : parseErrand(typed.slice(fragment).trim())
  return errand?.name === 'join' ? errand.link : typed.trim()
}
