import { useCallback, useEffect, useRef, useState } from 'react'
import { DRAFT_PAUSE_MS } from '../limits.ts'
import { usePersonal } from '../peer/queries.ts'
import { usePeer } from '../peer/use-peer.tsx'

export interface DraftText { readonly title: string | null, readonly text: string }

export interface DraftState extends DraftText {
  readonly change: (to: DraftText) => void
  /** Forgets it: it was sent, or given up. */
  readonly clear: () => void
  /** Whether it is kept for later, also on the own other devices. */
  readonly kept: boolean
}

/** A text that survives leaving the page. `key` names its place; `initial`: what stands there without a draft. */
export function useDraft (key: string, initial: DraftText): DraftState {
  const node = usePeer()
  const personal = usePersonal()
  const stored = personal?.drafts.find(draft => draft.key === key)
  const [typed, setTyped] = useState<DraftText | null>(null)
  const unsaved = useRef<DraftText | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)

  const flush = useCallback(() => {
    clearTimeout(timer.current)
    const draft = unsaved.current
    unsaved.current = null
    if (draft !== null) node.personal.setDraft(key, draft.text === '' && (draft.title ?? '') === '' ? null : draft).catch(() => {}) // kept on the screen still
  }, [node, key])

  useEffect(() => {
    addEventListener('pagehide', flush)
    return () => {
      removeEventListener('pagehide', flush)
      flush()
    }
  }, [flush])

  const shown = typed ?? stored ?? initial
  return {
    title: shown.title,
    text: shown.text,
    kept: stored !== undefined && stored.text === shown.text && (stored.title ?? '') === (shown.title ?? ''),
    change (to) {
      setTyped(to)
      unsaved.current = to
      clearTimeout(timer.current)
      timer.current = setTimeout(flush, DRAFT_PAUSE_MS)
    },
    clear () {
      clearTimeout(timer.current)
      unsaved.current = null
      setTyped(initial)
      node.personal.setDraft(key, null).catch(() => {})
    }
  }
}
