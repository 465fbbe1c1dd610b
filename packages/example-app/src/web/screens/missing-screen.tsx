import type { ReactNode } from 'react'
import { Notice } from '../components/notice.tsx'
import { DEFAULT_SORTING } from '../routing/routes.ts'
import { Link } from '../routing/router.tsx'
import { useTitle } from './use-title.ts'

export function MissingScreen (): ReactNode {
  useTitle('No such page')
  return <Notice whole icon='warning' title='There is no such page'><p><Link to={{ name: 'home', sorting: DEFAULT_SORTING }}>Go to the posts</Link></p></Notice>
}
