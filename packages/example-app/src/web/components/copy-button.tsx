import { useState, type ReactNode } from 'react'
import { Icon } from './icon.tsx'
import { toastFailure } from './toasts.tsx'

const SHOWN_MS = 2000

export function CopyButton ({ text, label }: { readonly text: string | (() => Promise<string>), readonly label: string }): ReactNode {
  const [copied, setCopied] = useState(false)
  async function copy (): Promise<void> {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : await text())
      setCopied(true)
      setTimeout(() => { setCopied(false) }, SHOWN_MS)
    } catch (error) {
      toastFailure('It was not copied', error)
    }
  }
  return (
    <button type='button' className='button' onClick={() => { void copy() }}>
      <Icon name={copied ? 'check' : 'copy'} /> <span aria-live='polite'>{copied ? 'Copied' : label}</span>
    </button>
  )
}
