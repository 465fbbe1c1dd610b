import type { ThreadNode } from '@seedbed/core'
import type { ReactNode } from 'react'
import { Markdown } from '../text/markdown-view.tsx'
import { MentionedPeople } from './mentioned-people.tsx'

/** The text of a post or comment, or why there is none. */
export function Body ({ node }: { readonly node: ThreadNode }): ReactNode {
  if (node.deleted) return <p className='faint'>Deleted by its author.</p>
  if (!node.available || node.text === null) return <p className='unavailable' role='status'><span className='pulse' aria-hidden='true' /> Not available right now; asking peers.</p>
  return (
    <>
      {node.mentions.length === 0 ? <Markdown text={node.text} /> : <MentionedPeople node={node}><Markdown text={node.text} /></MentionedPeople>}
      {!node.newest && <p className='hint'>This is an older revision; nobody who is connected has the newest.</p>}
    </>
  )
}
