import type { ListedLabel, Profile } from '@seedbed/core'
import { useEffect, useState, type FormEvent, type ReactNode } from 'react'
import { Author } from '../components/author.tsx'
import { Foreign } from '../components/foreign.tsx'
import { Moment } from '../components/moment.tsx'
import { SubmitButton } from '../components/submit-button.tsx'
import { tell, toastDone } from '../components/toasts.tsx'
import { explain } from '../peer/failure.ts'
import { useCommunities, usePersonal } from '../peer/queries.ts'
import { usePeer, valueOf } from '../peer/use-peer.tsx'
import { roleIn } from './role.ts'

/** Offered at once; any other word folds. */
const NAMES: ReadonlyArray<readonly [string, string]> = [['spam', 'Spam (hides it)'], ['remove', 'Remove (hides it)'], ['off-topic', 'Off-topic'], ['heated', 'Heated'], ['graphic', 'Graphic'], ['spoiler', 'Spoiler'], ['', 'Another word…']]
const MAX_LABEL_CHARS = 64
const MAX_REASON_CHARS = 300

interface ItemActionsProps {
  readonly id: string
  readonly author: string
  readonly community: string
  readonly what: string
  readonly onClose: () => void
}

export function ItemActions ({ id, author, community, what, onClose }: ItemActionsProps): ReactNode {
  const node = usePeer()
  const [profile, setProfile] = useState<Profile | null>(null)
  const [labels, setLabels] = useState<readonly ListedLabel[] | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  useEffect(() => {
    let wanted = true
    const failed = (error: unknown): void => { if (wanted) setFailure(explain(error)) }
    node.profiles.get(author, community).then(found => { if (wanted) setProfile(found) }, failed)
    node.labels.list(id).then(found => { if (wanted) setLabels(found) }, failed)
    return () => { wanted = false }
  }, [node, id, author, community])
  const own = author === node.author
  return (
    <>
      {!own && profile !== null && <Muting profile={profile} onClose={onClose} />}
      <section className='menu-part' aria-label='Labels on it'>
        <h3>Labels</h3>
        {failure !== null ? <p className='failure' role='alert'>The labels could not be read. {failure}</p> : labels === null ? <p className='faint'>Looking…</p> : labels.length === 0 ? <p className='faint'>Nobody has labelled this {what}.</p> : <Given labels={labels} />}
      </section>
      {labels !== null && <Labelling id={id} community={community} own={labels.find(label => label.author === node.author) ?? null} onClose={onClose} />}
    </>
  )
}

function Muting ({ profile, onClose }: { readonly profile: Profile, readonly onClose: () => void }): ReactNode {
  const node = usePeer()
  const muted = usePersonal()?.mutes.some(one => one === profile.author) ?? false
  async function change (): Promise<void> {
    onClose()
    await tell(node.personal.mute(profile.author, !muted), { done: muted ? 'No longer muted' : 'Muted: what they write is no longer shown', failed: 'It was not changed' })
  }
  return (
    <section className='menu-part' aria-label='Its author'>
      <p>By <Author profile={profile} /></p>
      <div className='buttons'><button type='button' className='button' aria-pressed={muted} onClick={() => { void change() }}>{muted ? 'Unmute this author' : 'Mute this author'}</button></div>
      <p className='hint'>Only your own devices know whom you mute.</p>
    </section>
  )
}

function Given ({ labels }: { readonly labels: readonly ListedLabel[] }): ReactNode {
  return (
    <ul className='rows label-rows'>
      {labels.map(({ author, profile, label, reason, labelledAtMs, counts }) => (
        <li key={author} className='row'>
          <span className='row-main'>
            <span><strong><Foreign>{label}</Foreign></strong>{reason !== '' && <>: <Foreign>{reason}</Foreign></>}</span>
            <span className='faint'><Author profile={profile} /> <Moment ms={labelledAtMs} />{!counts && ' · does not count for you'}</span>
          </span>
        </li>
      ))}
    </ul>
  )
}

function Labelling ({ id, community, own, onClose }: { readonly id: string, readonly community: string, readonly own: ListedLabel | null, readonly onClose: () => void }): ReactNode {
  const node = usePeer()
  const role = roleIn(valueOf(useCommunities())?.find(({ address }) => address === community), node.author)
  const known = NAMES.some(([name]) => name === own?.label)
  const [name, setName] = useState(own === null ? 'off-topic' : known ? own.label : '')
  const [word, setWord] = useState(own === null || known ? '' : own.label)
  const [reason, setReason] = useState(own?.reason ?? '')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const label = name === '' ? word.trim() : name

  async function run (work: Promise<unknown>, done: string): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      await work
      toastDone(done)
      onClose()
    } catch (error) { // said here: messages stand below what is open
      setFailure(`It was not changed. ${explain(error)}`)
      setBusy(false)
    }
  }

  function submit (event: FormEvent): void {
    event.preventDefault()
    if (!busy && label !== '') void run(node.labels.set({ id, label, reason }), role === null ? 'Labelled, for those who follow you' : 'Labelled')
  }

  return (
    <form className='form menu-part' onSubmit={submit} aria-label='Your label'>
      <label className='field'>{own === null ? 'Label it' : 'Your label'}
        <select value={name} onChange={event => { setName(event.target.value) }}>{NAMES.map(([value, words]) => <option key={value} value={value}>{words}</option>)}</select>
      </label>
      {name === '' && <label className='field'>Word<input value={word} dir='auto' required maxLength={MAX_LABEL_CHARS} onChange={event => { setWord(event.target.value) }} /></label>}
      <label className='field'>Why<input value={reason} dir='auto' maxLength={MAX_REASON_CHARS} placeholder='Everybody can read it' onChange={event => { setReason(event.target.value) }} /></label>
      <p className='hint'>{role === null
        ? 'You do not moderate this community: your label counts only for those who choose to follow you as a moderator.'
        : 'You moderate this community: your label counts for all who did not choose other moderators. Anybody can look behind it.'}
      </p>
      {failure !== null && <p className='failure' role='alert'>{failure}</p>}
      <div className='buttons'>
        <SubmitButton busy={busy} disabled={label === ''}>{own === null ? 'Label' : 'Change label'}</SubmitButton>
        {own !== null && <button type='button' className='button' disabled={busy} onClick={() => { void run(node.labels.clear(id), 'Label taken back') }}>Take it back</button>}
      </div>
    </form>
  )
}
