import type { ReactNode } from 'react'

/** A stranger's words inside of ours: their direction and their marks stay with them. Never Markdown. */
export function Foreign ({ children, className }: { readonly children: string, readonly className?: string }): ReactNode {
  return <bdi className={`foreign ${className ?? ''}`} dir='auto'>{children}</bdi>
}
