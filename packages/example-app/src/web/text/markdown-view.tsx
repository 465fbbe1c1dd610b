import { createContext, Fragment, memo, use, type Context, type ReactNode } from 'react'
import { MAX_PARSED_TEXTS } from '../limits.ts'
import { parseMarkdown, type Block, type Inline } from './markdown.ts'
import { splitMentions } from './mentions.ts'

/** What stands for the words of a key that a text mentions; undefined: the words as they are. */
export const Mentioned: Context<(words: string) => ReactNode | undefined> = createContext<(words: string) => ReactNode | undefined>(() => undefined)

const parsed = new Map<string, readonly Block[]>()

/** Remembered by its text: a thread draws the same texts again with every vote that arrives. */
function blocksOf (text: string): readonly Block[] {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const blocks = parseMarkdown(text)
  if (parsed.size >= MAX_PARSED_TEXTS) parsed.clear()
  parsed.set(text, blocks)
  return blocks
}

/** A stranger's text. Its direction is its own, and nothing in it reaches outside of its box. */
export const Markdown: (props: { readonly text: string }) => ReactNode = memo(({ text }: { readonly text: string }) => (
  <div className='prose' dir='auto'>{blocksOf(text).map(drawBlock)}</div>
))

function drawBlock (block: Block, key: number): ReactNode {
  switch (block.kind) {
    case 'paragraph': return <p key={key} dir='auto'>{block.children.map(drawInline)}</p>
    // One level below the page's title, whatever its author chose: an outline without holes.
    case 'heading': return <h2 key={key} className={block.depth <= 2 ? 'major' : 'minor'} dir='auto'>{block.children.map(drawInline)}</h2>
    case 'quote': return <blockquote key={key}>{block.children.map(drawBlock)}</blockquote>
    case 'list': {
      const items = block.items.map((item, i) => <li key={i} dir='auto'>{isTight(item) ? item.flatMap(one => one.kind === 'paragraph' ? one.children : []).map(drawInline) : item.map(drawBlock)}</li>)
      return block.ordered ? <ol key={key} start={block.start}>{items}</ol> : <ul key={key}>{items}</ul>
    }
    case 'code': return <pre key={key} tabIndex={0} dir='ltr'><code>{block.text}</code></pre>
    case 'plain': return <p key={key} className='plain' dir='auto'>{block.text}</p>
    case 'rule': return <hr key={key} />
  }
}

function isTight (item: readonly Block[]): boolean {
  return item.length === 1 && item[0]?.kind === 'paragraph'
}

function drawInline (inline: Inline, key: number): ReactNode {
  switch (inline.kind) {
    case 'text': return inline.text.includes('@') ? <WithMentions key={key} text={inline.text} /> : inline.text
    case 'code': return <code key={key}>{inline.text}</code>
    case 'strong': return <strong key={key}>{inline.children.map(drawInline)}</strong>
    case 'emphasis': return <em key={key}>{inline.children.map(drawInline)}</em>
    case 'break': return <br key={key} />
    case 'link': return inline.href.startsWith('seedbed:')
      ? <a key={key} href={`/join?link=${encodeURIComponent(inline.href)}`} title={inline.href}>{inline.children.map(drawInLink)}</a>
      : <a key={key} href={inline.href} title={inline.href} target='_blank' rel='noopener noreferrer nofollow ugc'>{inline.children.map(drawInLink)}</a>
  }
}

/** A link holds no other one. */
function drawInLink (inline: Inline, key: number): ReactNode {
  return <Mentioned key={key} value={nobody}>{drawInline(inline, key)}</Mentioned>
}

function nobody (): undefined {}

function WithMentions ({ text }: { readonly text: string }): ReactNode {
  const mentioned = use(Mentioned)
  return splitMentions(text).map((part, i) => i % 2 === 0 ? part : <Fragment key={i}>{mentioned(part) ?? `@${part}`}</Fragment>)
}
