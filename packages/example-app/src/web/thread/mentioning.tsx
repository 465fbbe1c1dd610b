import type { Profile } from '@seedbed/core'
import { useMemo, type ReactNode } from 'react'
import { Foreign } from '../components/foreign.tsx'
import { useThread } from '../peer/queries.ts'
import { usePeer, valueOf } from '../peer/use-peer.tsx'
import { mentionsIn, peopleFor, type Fragment } from '../text/mentions.ts'

interface MentioningProps {
  /** Id of the post of the thread. */
  readonly post: string
  readonly text: string
  /** What is being typed after an @; null while nothing is. */
  readonly fragment: Fragment | null
  readonly onPick: (profile: Profile) => void
}

/** Whom a comment mentions, and who is offered while a name is typed after an @: those who wrote in the thread. */
export function Mentioning ({ post, text, fragment, onPick }: MentioningProps): ReactNode {
  const { author: own } = usePeer()
  const thread = valueOf(useThread(post))
  const people = useMemo(() => {
    const all = thread === null ? [] : [thread.post, ...thread.comments]
    return [...new Map(all.filter(({ author }) => author !== own).map(({ author, profile }) => [author, profile])).values()]
  }, [thread, own])
  const offered = fragment === null ? [] : peopleFor(fragment, people)
  const mentioned = mentionsIn(text)
  const told = people.filter(({ fingerprint }) => mentioned.includes(fingerprint))
  return (
    <>
      <div role='status' className='unseen'>{offered.length > 0 ? `${offered.length} to mention, after this field` : ''}</div>
      {offered.length > 0 && (
        <div className='buttons mentioning' role='group' aria-label='Mention'>
          {offered.map(profile => <button key={profile.author} type='button' className='button' onClick={() => { onPick(profile) }}>@{profile.name !== null && <><Foreign>{profile.name}</Foreign>{' '}</>}<span className='fingerprint'>{profile.fingerprint}</span></button>)}
        </div>
      )}
      {told.length > 0 && <p className='hint'>Mentions {told.map((profile, i) => <span key={profile.author}>{i > 0 && ', '}<Foreign>{profile.name ?? profile.fingerprint}</Foreign></span>)}.</p>}
    </>
  )
}
