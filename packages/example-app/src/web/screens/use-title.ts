import { useEffect } from 'react'

const MAX_CHARS = 80

/** Names the tab. */
export function useTitle (title: string): void {
  useEffect(() => {
    document.title = `${title.length > MAX_CHARS ? `${title.slice(0, MAX_CHARS)}…` : title} · Seedbed`
  }, [title])
}
