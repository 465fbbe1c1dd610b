import type { ThreadNode } from '@seedbed/core'
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { FIRST_THREAD_ROWS, THREAD_ROWS_STEP, THREAD_STEP_MS, THREAD_WAIT_MS } from '../limits.ts'
import { Link } from '../routing/router.tsx'
import { count } from '../text/quantities.ts'
import { Comment, indentation } from './comment.tsx'
import { layoutThread, type ThreadRow } from './layout.ts'

interface CommentsProps {
  readonly post: string
  readonly postAuthor: string
  readonly comments: readonly ThreadNode[]
  readonly focus: string | null
  readonly community: string
  readonly onBehind: () => void
}

export function Comments ({ post, postAuthor, comments, focus, community, onBehind }: CommentsProps): ReactNode {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const rows = useMemo(() => layoutThread(comments, { folded, focus }), [comments, folded, focus])
  const drawn = useGrowing(rows)
  const onFold = useCallback((id: string) => {
    setFolded(before => {
      const after = new Set(before)
      if (!after.delete(id)) after.add(id)
      return after
    })
  }, [])

  return (
    <ol className='comments' aria-label='Comments' aria-busy={drawn < rows.length}>
      {rows.slice(0, drawn).map(row => row.kind === 'comment'
        ? <Comment key={row.comment.id} post={post} comment={row.comment} level={row.level} folded={row.folded} hidden={row.hidden} community={community} byPostAuthor={row.comment.author === postAuthor} onFold={onFold} onBehind={onBehind} />
        : (
            <li key={`under:${row.under.id}`} className='comment comment-continue' style={indentation(row.level)}>
              <Link to={{ name: 'post', id: post, focus: row.under.id }}>Continue this thread ({count(row.hidden, 'more answer')})</Link>
            </li>
          ))}
    </ol>
  )
}

/** A long thread is drawn in steps, between which the page answers; texts that are on their way are not held up by rows without any. */
function useGrowing (rows: ReadonlyArray<ThreadRow<ThreadNode>>): number {
  const [drawn, setDrawn] = useState(FIRST_THREAD_ROWS)
  const total = rows.length
  const last = rows[drawn - 1]
  const waits = last?.kind === 'comment' && !last.comment.available && !last.comment.deleted && last.comment.treatment !== 'hide'
  useEffect(() => {
    if (drawn >= total) return
    const timer = setTimeout(() => { setDrawn(drawn + THREAD_ROWS_STEP) }, waits ? THREAD_WAIT_MS : THREAD_STEP_MS)
    return () => { clearTimeout(timer) }
  }, [drawn, total, waits])
  return Math.min(drawn, total)
}
