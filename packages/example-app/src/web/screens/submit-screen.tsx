import { useState, type FormEvent, type ReactNode } from 'react'
import { nameOf } from '../components/community-name.tsx'
import { Notice, Skeleton } from '../components/notice.tsx'
import { SubmitButton } from '../components/submit-button.tsx'
import { isSendable, TextField } from '../components/text-field.tsx'
import { toastDone } from '../components/toasts.tsx'
import { useDraft } from '../components/use-draft.ts'
import { MAX_TITLE_BYTES } from '../limits.ts'
import { explain } from '../peer/failure.ts'
import { useCommunities } from '../peer/queries.ts'
import { usePeer, valueOf } from '../peer/use-peer.tsx'
import { Link, useRouter } from '../routing/router.tsx'
import { starterLast } from '../starter/starter-last.ts'
import { utf8Length } from '../text/quantities.ts'
import { useTitle } from './use-title.ts'

export function SubmitScreen ({ community }: { readonly community: string | null }): ReactNode {
  useTitle('New post')
  const joined = valueOf(useCommunities())
  if (joined === null) return <Skeleton rows={4} kind='line' />
  if (joined.length === 0) {
    return (
      <Notice whole icon='groups' title='A post belongs to a community'>
        <p className='buttons'><Link to={{ name: 'join', link: '' }} className='button button-main'>Join one</Link><Link to={{ name: 'create' }} className='button'>Begin one</Link></p>
      </Notice>
    )
  }
  return <PostForm communities={starterLast(joined)} first={community} />
}

interface PostFormProps {
  readonly communities: ReadonlyArray<{ readonly address: string, readonly slug: string | null, readonly title: string | null }>
  readonly first: string | null
}

function PostForm ({ communities, first }: PostFormProps): ReactNode {
  const node = usePeer()
  const { go } = useRouter()
  const [community, setCommunity] = useState(communities.find(({ address }) => address === first)?.address ?? communities[0]?.address ?? '')
  const draft = useDraft('post', { title: '', text: '' })
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const title = draft.title ?? ''
  const titleBytes = utf8Length(title)
  const ready = title.trim() !== '' && titleBytes <= MAX_TITLE_BYTES && isSendable(draft.text)

  async function send (): Promise<void> {
    if (busy || !ready) return
    setBusy(true)
    setFailure(null)
    try {
      const { id } = await node.posts.create({ community, title, text: draft.text })
      draft.clear()
      toastDone('Posted', 'You seed it from now on, as long as a page of yours is open.')
      go({ name: 'post', id, focus: null }, { replace: true })
    } catch (error) {
      setFailure(explain(error))
      setBusy(false)
    }
  }

  function submit (event: FormEvent): void {
    event.preventDefault()
    void send()
  }

  return (
    <>
      <h1>New post</h1>
      <form className='form' onSubmit={submit}>
        <label className='field'>Community
          <select value={community} onChange={event => { setCommunity(event.target.value) }}>
            {communities.map(one => <option key={one.address} value={one.address}>{one.title === null ? nameOf(one, one.address) : `${one.title} (${nameOf(one, one.address)})`}</option>)}
          </select>
        </label>
        <label className='field'>Title
          <input value={title} required dir='auto' aria-invalid={titleBytes > MAX_TITLE_BYTES} aria-describedby='title-hint' onChange={event => { draft.change({ title: event.target.value, text: draft.text }) }} />
        </label>
        <p id='title-hint' className={`hint ${titleBytes > MAX_TITLE_BYTES ? 'hint-bad' : ''}`}>{titleBytes > MAX_TITLE_BYTES / 2 ? `${titleBytes} of ${MAX_TITLE_BYTES} bytes.` : 'One line that says what it is about.'}</p>
        <TextField label='Text' value={draft.text} rows={12} onChange={text => { draft.change({ title, text }) }} onSubmit={() => { void send() }} />
        {failure !== null && <p className='failure' role='alert'>{failure}</p>}
        <div className='buttons'>
          <SubmitButton busy={busy} disabled={!ready}>Post</SubmitButton>
          {(title !== '' || draft.text !== '') && <button type='button' className='button' onClick={draft.clear}>Clear</button>}
          <span className='hint' role='status'>{draft.kept && (title !== '' || draft.text !== '') ? 'Draft kept' : ''}</span>
        </div>
      </form>
      <p className='hint'>A post is signed with your key and public. It can be edited and deleted, but copies may stay with others.</p>
    </>
  )
}
