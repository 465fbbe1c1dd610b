import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

interface NoticeProps {
  readonly icon: IconName
  readonly title: string
  readonly children?: ReactNode
  /** `failed`: read out at once. */
  readonly kind?: 'empty' | 'failed'
  /** It is all that the screen shows: its title heads the page. */
  readonly whole?: boolean
}

/** Stands where something else would be: nothing here yet, or it could not be read. */
export function Notice ({ icon, title, children, kind = 'empty', whole = false }: NoticeProps): ReactNode {
  return (
    <div className={`notice notice-${kind}`} role={kind === 'failed' ? 'alert' : undefined}>
      <Icon name={icon} />
      {whole ? <h1 className='notice-title'>{title}</h1> : <p className='notice-title'>{title}</p>}
      {children !== undefined && <div className='notice-text'>{children}</div>}
    </div>
  )
}

/** Grey shapes of the size of what is coming, so that nothing moves when it is there. */
export function Skeleton ({ rows, kind }: { readonly rows: number, readonly kind: 'post' | 'comment' | 'line' }): ReactNode {
  return (
    <div className='skeletons' role='status' aria-label='Loading'>
      {Array.from({ length: rows }, (_, i) => <div key={i} className={`skeleton skeleton-${kind}`} aria-hidden='true'><span /><span /></div>)}
    </div>
  )
}
