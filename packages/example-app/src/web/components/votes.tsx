import type { ReactNode } from 'react'
import { castVote, stageWords, useVoteStage } from '../peer/votes.ts'
import { usePeer } from '../peer/use-peer.tsx'
import { count, shortNumber } from '../text/quantities.ts'
import { Icon } from './icon.tsx'

export interface Votable {
  readonly id: string
  readonly author: string
  readonly score: number
  readonly up: number
  readonly down: number
  readonly otherRevision: number
  readonly vote: -1 | 0 | 1
}

interface VotesProps {
  readonly item: Votable
  /** Names the thing in labels: `post` or `comment`. */
  readonly what: string
  readonly layout: 'column' | 'row'
}

/** Up, score, down. An upvote fetches and seeds the text, which takes its time: the stage is shown while it lasts. */
export function Votes ({ item, what, layout }: VotesProps): ReactNode {
  const node = usePeer()
  const pending = useVoteStage(item.id)
  const own = item.author === node.author
  const shown = pending?.value ?? item.vote
  const details = `${count(item.up, 'upvote')}, ${count(item.down, 'downvote')}${item.otherRevision > 0 ? `, ${item.otherRevision} of them for another revision` : ''}`

  function button (value: 1 | -1): ReactNode {
    const active = shown === value
    const word = value === 1 ? 'Upvote' : 'Downvote'
    return (
      <button
        type='button' className={`vote vote-${value === 1 ? 'up' : 'down'}`} aria-pressed={active} disabled={own}
        aria-label={`${word} this ${what}`} title={own ? `Your own ${what}: you always seed it` : value === 1 ? 'Upvote: fetch it, check it and seed it for others' : 'Downvote'}
        aria-busy={pending?.value === value}
        onClick={() => { void castVote(node, item.id, item.vote === value ? 0 : value) }}
      >
        <Icon name={value === 1 ? 'up' : 'down'} filled={active} />
      </button>
    )
  }

  return (
    <div className={`votes votes-${layout} ${pending === null ? '' : 'votes-pending'}`} role='group' aria-label='Votes'>
      {button(1)}
      <span className='score' title={details}><span aria-hidden='true'>{shortNumber(item.score)}</span><span className='unseen'>Score {item.score}</span></span>
      {button(-1)}
      {pending !== null && <span className='vote-stage' role='status'>{stageWords(pending.stage)}…</span>}
    </div>
  )
}
