import type { Moderator, ModeratorList } from '@seedbed/core'
import { useEffect, useState, type FormEvent, type ReactNode } from 'react'
import { Author } from '../components/author.tsx'
import { CommunityLink, nameOf } from '../components/community-name.tsx'
import { Notice, Skeleton } from '../components/notice.tsx'
import { SubmitButton } from '../components/submit-button.tsx'
import { tell } from '../components/toasts.tsx'
import { roleIn } from '../moderation/role.ts'
import { explain } from '../peer/failure.ts'
import { useCommunities, usePersonal } from '../peer/queries.ts'
import { usePeer, valueOf } from '../peer/use-peer.tsx'
import { useTitle } from './use-title.ts'

const ROLES: Readonly<Record<Moderator['role'], string>> = { founder: 'Began the community', moderator: 'Named by the founder', chosen: 'Chosen by you' }

/** Whose labels count in a community: as the founder says, or as the reader chooses. */
export function ModeratorsScreen ({ address }: { readonly address: string }): ReactNode {
  const node = usePeer()
  const community = valueOf(useCommunities())?.find(one => one.address === address)
  const choice = usePersonal()?.moderators[address as keyof object]
  const [list, setList] = useState<ModeratorList | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const [attempt, setAttempt] = useState(0)
  useTitle('Moderators')
  useEffect(() => {
    let wanted = true
    node.moderators.list(address).then(found => { if (wanted) setList(found) }, (error: unknown) => { if (wanted) setFailure(error) })
    return () => { wanted = false }
  }, [node, address, community, choice, attempt])

  async function follow (authors: readonly string[] | null): Promise<void> {
    // Shown at once, and as it is if it could not be kept.
    if (authors !== null) setList(before => before === null ? null : { ...before, chosen: true, items: before.items.map(one => ({ ...one, followed: authors.includes(one.author) })) })
    if (!await tell(node.personal.followModerators(address, authors), { failed: 'It was not changed' })) setAttempt(attempt + 1)
  }

  if (failure !== null) return <Notice whole icon='warning' kind='failed' title='The moderators could not be read'>{explain(failure)}</Notice>
  if (list === null) return <Skeleton rows={4} kind='line' />
  const followed = list.items.filter(one => one.followed).map(({ author }) => author)
  const isFounder = roleIn(community, node.author) === 'founder'
  return (
    <>
      <h1>Moderators of {nameOf(community, address)}</h1>
      <p className='lead'>Moderators label what others wrote: “spam” and “remove” hide it, any other word folds it. Nothing is deleted, and whose labels count is your choice. Back to <CommunityLink address={address} />.</p>
      {list.items.length === 0 && <Notice icon='flag' title='Nobody moderates here'><p>This community has no founder. You may follow moderators of your own choice.</p></Notice>}
      <ul className='rows' aria-label='Moderators'>
        {list.items.map(({ author, profile, role, followed: counts }) => (
          <li key={author} className='row row-wrap'>
            <span className='row-main'><Author profile={profile} /><span className='faint'>{ROLES[role]}</span></span>
            <label className='check'>
              <input type='checkbox' checked={counts} onChange={event => { void follow(event.target.checked ? [...followed, author] : followed.filter(one => one !== author)) }} /> counts for me
            </label>
            {isFounder && role === 'moderator' && <button type='button' className='link' onClick={() => { void tell(node.moderators.dismiss({ community: address, author }), { done: 'Dismissed', failed: 'It was not changed' }) }}>Dismiss</button>}
          </li>
        ))}
      </ul>
      {list.chosen && <p>You chose for yourself whose labels count here. <button type='button' className='button' onClick={() => { void follow(null) }}>Follow the founder’s choice again</button></p>}
      <Naming address={address} isFounder={isFounder} onFollow={async author => { await node.personal.followModerators(address, [...followed, author]) }} />
    </>
  )
}

interface NamingProps {
  readonly address: string
  readonly isFounder: boolean
  readonly onFollow: (author: string) => Promise<void>
}

/** By key, or by the name or words of somebody who wrote here. */
function Naming ({ address, isFounder, onFollow }: NamingProps): ReactNode {
  const node = usePeer()
  const [who, setWho] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)

  async function name (): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      const wanted = who.trim()
      const found = /^[0-9a-f]{64}$/i.test(wanted) ? [wanted] : (await node.profiles.find(wanted, address)).map(({ author }) => author)
      const [author, namesake] = found
      if (author === undefined) setFailure('Nobody who wrote here goes by that. Give their key; it stands on their page.')
      else if (namesake !== undefined) setFailure('More than one author goes by that name. Give the four words beside it, or the key.')
      else {
        await (isFounder ? node.moderators.appoint({ community: address, author }) : onFollow(author))
        setWho('')
      }
    } catch (error) {
      setFailure(explain(error))
    }
    setBusy(false)
  }

  function submit (event: FormEvent): void {
    event.preventDefault()
    if (!busy && who.trim() !== '') void name()
  }

  return (
    <form className='form card' onSubmit={submit} aria-label={isFounder ? 'Name a moderator' : 'Follow a moderator'}>
      <label className='field'>{isFounder ? 'Name a moderator' : 'Follow somebody else as a moderator'}
        <input value={who} dir='auto' autoCapitalize='none' spellCheck={false} placeholder='Name, words or key' aria-invalid={failure !== null} onChange={event => { setWho(event.target.value) }} />
      </label>
      {failure !== null && <p className='failure' role='alert'>{failure}</p>}
      <p className='hint'>{isFounder ? 'What they label then counts for all who did not choose other moderators.' : 'What they label then counts for you. Only your own devices know it.'}</p>
      <div className='buttons'><SubmitButton busy={busy} disabled={who.trim() === ''}>{isFounder ? 'Name' : 'Follow'}</SubmitButton></div>
    </form>
  )
}
