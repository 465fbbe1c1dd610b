import type { ThreadNode } from '@seedbed/core'
import { memo, useState, type CSSProperties, type ReactNode } from 'react'
import { Author } from '../components/author.tsx'
import { Icon } from '../components/icon.tsx'
import { Moment } from '../components/moment.tsx'
import { Votes } from '../components/votes.tsx'
import { ItemMenu } from '../moderation/item-menu.tsx'
import { Concealed, LabelNotes } from '../moderation/label-notes.tsx'
import { Link } from '../routing/router.tsx'
import { count } from '../text/quantities.ts'
import { Body } from './body.tsx'
import { EditForm } from './edit-form.tsx'
import { OwnActions } from './own-actions.tsx'
import { ReplyForm } from './reply-form.tsx'

interface CommentProps {
  readonly post: string
  readonly comment: ThreadNode
  readonly level: number
  readonly folded: boolean
  readonly hidden: number
  readonly community: string
  readonly byPostAuthor: boolean
  readonly onFold: (id: string) => void
  /** Asks for the texts that are hidden. */
  readonly onBehind: () => void
}

/** One row of the flat list that a thread is drawn as; its level is said and shown, not nested. */
export const Comment: (props: CommentProps) => ReactNode = memo(({ post, comment, level, folded, hidden, community, byPostAuthor, onFold, onBehind }: CommentProps) => {
  const [open, setOpen] = useState<'reply' | 'edit' | null>(null)
  const [shown, setShown] = useState(false)
  const { name, fingerprint } = comment.profile
  const { treatment } = comment
  const concealed = !comment.deleted && (treatment === 'hide' || (treatment === 'fold' && !shown))
  function show (): void {
    setShown(true)
    if (treatment === 'hide') onBehind()
  }
  return (
    <li className='comment' style={indentation(level)} id={comment.id}>
      <article aria-label={`Comment by ${name ?? fingerprint}, level ${level + 1}`} data-comment={comment.id}>
        <div className='comment-head'>
          <button type='button' className='fold' aria-expanded={!folded} aria-label={folded ? 'Unfold this comment and its answers' : 'Fold this comment and its answers'} onClick={() => { onFold(comment.id) }}>
            <Icon name={folded ? 'unfold' : 'fold'} />
          </button>
          <span className='meta'>
            <Author profile={comment.profile} tag={byPostAuthor ? 'author' : undefined} /> <span className='dot'><Link to={{ name: 'post', id: post, focus: comment.id }}><Moment ms={comment.createdAtMs} /></Link></span>
            {comment.editedAtMs !== null && <span className='dot'>edited <Moment ms={comment.editedAtMs} /></span>}
            {folded && <span className='dot'>{comment.score} {Math.abs(comment.score) === 1 ? 'point' : 'points'}{hidden > 0 && `, ${count(hidden, 'answer')} folded`}</span>}
          </span>
        </div>
        {!folded && (
          <div className='comment-body'>
            {concealed
              ? <Concealed item={comment} what='Comment' onShow={show} />
              : open === 'edit' ? <EditForm id={comment.id} text={comment.text ?? ''} title={null} onClose={() => { setOpen(null) }} /> : <><Body node={comment} /><LabelNotes labels={comment.labels} /></>}
            {!comment.deleted && !concealed && (
              <div className='actions'>
                <Votes item={comment} what='comment' layout='row' />
                <button type='button' className='link' aria-expanded={open === 'reply'} data-reply='' onClick={() => { setOpen(open === 'reply' ? null : 'reply') }}>Reply</button>
                <OwnActions node={comment} what='comment' onEdit={() => { setOpen('edit') }} />
                <ItemMenu id={comment.id} author={comment.author} community={community} what='comment' />
                {comment.vote === 1 && comment.seeding && <span className='tag tag-seed'>you seed it</span>}
              </div>
            )}
            {open === 'reply' && <ReplyForm parent={comment.id} post={post} community={community} label='Your answer' autoFocus onClose={() => { setOpen(null) }} />}
          </div>
        )}
      </article>
    </li>
  )
})

/** The style sheet multiplies it; narrow screens indent less. */
export function indentation (level: number): CSSProperties {
  return { '--level': level } as CSSProperties
}
