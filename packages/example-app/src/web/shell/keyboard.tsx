import { useEffect, useState, type ReactNode } from 'react'
import { Dialog } from '../components/dialog.tsx'
import { useRouter } from '../routing/router.tsx'
import { DEFAULT_SORTING } from '../routing/routes.ts'

const KEYS: ReadonlyArray<readonly [string, string]> = [
  ['j, k', 'Next, previous post or comment'],
  ['o or Enter', 'Open the post; show what is folded'],
  ['u or a', 'Upvote'],
  ['d or z', 'Downvote'],
  ['c', 'Comment, or answer'],
  ['x', 'Fold or unfold a comment'],
  ['n', 'New post'],
  ['g', 'Go to the posts'],
  ['/', 'Find'],
  ['Esc', 'Leave a field; what is in it stays'],
  ['?', 'This help']
]

/** What the header covers at most. */
const HEADER_PX = 64
let lastPost: string | undefined
let lastComment: string | undefined

const ITEMS = 'main [data-post], main [data-comment]'

/** One key each, as long as nothing is being typed. They press the buttons that are there, so both always do the same. */
export function Keyboard (): ReactNode {
  const { go } = useRouter()
  const [help, setHelp] = useState(false)
  useEffect(() => {
    function press (event: KeyboardEvent): void {
      if (event.key === 'Escape' && !event.defaultPrevented && isTyping(event.target)) leave(event.target as HTMLElement)
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('dialog[open]') !== null) return
      const act = ACTIONS[event.key]
      if (event.key === '?') setHelp(true)
      else if (event.key === '/') go({ name: 'find', words: '' })
      else if (event.key === 'n') go({ name: 'submit', community: null })
      else if (event.key === 'Enter' && event.target === current()) open()
      else if (event.key === 'g') go({ name: 'home', sorting: DEFAULT_SORTING })
      else if (act !== undefined) act()
      else return
      event.preventDefault()
    }
    addEventListener('keydown', press)
    return () => { removeEventListener('keydown', press) }
  }, [go])
  return (
    <Dialog open={help} onClose={() => { setHelp(false) }} title='Keys'>
      <dl className='keys-list'>{KEYS.map(([key, what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>)}</dl>
    </Dialog>
  )
}

const ACTIONS: Readonly<Record<string, () => void>> = {
  j: () => { step(1) },
  k: () => { step(-1) },
  o: open,
  u: () => { click('.vote-up') },
  a: () => { click('.vote-up') },
  d: () => { click('.vote-down') },
  z: () => { click('.vote-down') },
  x: () => { click('.fold') },
  c: comment
}

function current (): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>('[data-post], [data-comment]') ?? null
}

function step (by: 1 | -1): void {
  const items = [...document.querySelectorAll<HTMLElement>(ITEMS)]
  const at = current()
  const next = items[at === null ? resume(items) : items.indexOf(at) + by]
  if (next === undefined) return
  const { post, comment } = next.dataset
  if (post !== undefined) lastPost = post
  else lastComment = comment
  enter(next)
  next.scrollIntoView({ block: 'nearest' })
}

/** Where one was before a post was opened, or the first that is in sight. */
function resume (items: readonly HTMLElement[]): number {
  const last = items.findIndex(({ dataset: { post, comment } }) => comment === undefined ? post === lastPost : comment === lastComment)
  return last !== -1 ? last : Math.max(0, items.findIndex(item => item.getBoundingClientRect().bottom > HEADER_PX))
}

function enter (item: HTMLElement): void {
  item.tabIndex = -1
  item.focus({ preventScroll: true })
}

/** From a field back to what it belongs to, where keys mean something again. */
function leave (field: HTMLElement): void {
  const item = field.closest<HTMLElement>('[data-post], [data-comment], main')
  if (item !== null) enter(item)
}

function click (selector: string): void {
  (current() ?? document.querySelector<HTMLElement>('.post-open'))?.querySelector<HTMLElement>(selector)?.click()
}

/** The post, or what is folded here. */
function open (): void {
  click('[data-open], [data-show]')
}

/** Answers the comment one is at, else the post; in a feed it opens the post. */
function comment (): void {
  const at = current()
  const reply = at?.querySelector<HTMLElement>('[data-reply]')
  if (reply != null) reply.click()
  else if (at?.querySelector('[data-open]') != null) click('[data-open]')
  else document.querySelector<HTMLElement>('.reply-form textarea')?.focus()
}

function isTyping (target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
}
