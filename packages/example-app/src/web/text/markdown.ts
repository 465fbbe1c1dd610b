// Markdown of strangers -> a small tree of plain data that a view can draw without ever making HTML.
//
// What a reader of CommonMark knows is kept: paragraphs, headings, lists, quotes, code, emphasis, links. HTML stays the
// text that it is, images become links, and links lead only to the schemes below. Three bounds keep hostile text cheap:
// what is too long or too full of marks is not parsed but shown as it was written, nesting ends at a depth, and a tree
// has a largest number of nodes.
import { fromMarkdown } from 'mdast-util-from-markdown'
import {
  MAX_LINK_CHARS, MAX_MARKDOWN_CHARS, MAX_MARKDOWN_CONTAINERS, MAX_MARKDOWN_DEPTH, MAX_MARKDOWN_LADDER, MAX_MARKDOWN_LINES, MAX_MARKDOWN_MARKS,
  MAX_MARKDOWN_NODES, MAX_MARKDOWN_PARAGRAPH_MARKS, MAX_MARKDOWN_UNDERLINES
} from '../limits.ts'

type RootContent = ReturnType<typeof fromMarkdown>['children'][number]
type PhrasingContent = Extract<RootContent, { type: 'paragraph' }>['children'][number]
type Definition = Extract<RootContent, { type: 'definition' }>

export type Inline =
  | { readonly kind: 'text' | 'code', readonly text: string }
  | { readonly kind: 'strong' | 'emphasis', readonly children: readonly Inline[] }
  | { readonly kind: 'link', readonly href: string, readonly children: readonly Inline[] }
  | { readonly kind: 'break' }

export type Block =
  | { readonly kind: 'paragraph', readonly children: readonly Inline[] }
  | { readonly kind: 'heading', readonly depth: number, readonly children: readonly Inline[] }
  | { readonly kind: 'quote', readonly children: readonly Block[] }
  | { readonly kind: 'list', readonly ordered: boolean, readonly start: number, readonly items: ReadonlyArray<readonly Block[]> }
  /** `plain`: text that was not parsed; it is shown as it was written, but not in the typeface of code. */
  | { readonly kind: 'code' | 'plain', readonly text: string }
  | { readonly kind: 'rule' }

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:', 'seedbed:'])
/** Marks whose pairing costs the parser more than their number: emphasis, brackets, code spans, HTML, entities. */
const MARKS = /[*_[\]`<&!\\]/g
/** What opens a quote or a list item; a line may open many. */
const CONTAINER = /(?:^|[ \t>])(?:>|[-+*](?=\s)|\d{1,9}[.)](?=\s))/g
const LEADING_CONTAINERS = /^[ \t]*(?:(?:>|[-+*](?=\s)|\d{1,9}[.)](?=\s))[ \t]*)+/
/** Underlines that make a heading of the lines above, which the parser looks through again for each. */
const UNDERLINE = /^[ \t>]*[-=]+[ \t]*$/
const BARE_URL = /\bhttps?:\/\/[^\s<>"]+/g
const AFTER_URL: ReadonlySet<string> = new Set('.,:;!?\'")]}')

/** Anything that the parser may take for more than letters: marks, control characters, white space at either end of a line, or a line that begins a block. */
const NOT_PLAIN = /[*_[\]`<&\\]|[^\P{Cc}\n\t]|^\uFEFF|^[ \t]|[ \t]$|^[#>+\-=~]|^\d{1,9}[.)]/mu

/** Never throws; what cannot be parsed cheaply comes back as one `plain` block. */
export function parseMarkdown (text: string): readonly Block[] {
  if (isCostly(text)) return [{ kind: 'plain', text }]
  // Most comments are sentences: a parser that takes half a millisecond for each holds up a thread of a thousand.
  if (!NOT_PLAIN.test(text)) return paragraphsOf(text)
  try {
    const tree = fromMarkdown(text)
    const reader = createReader(tree.children)
    const blocks = reader.blocks(tree.children, 0)
    return reader.exhausted() ? [{ kind: 'plain', text }] : blocks
  } catch {
    return [{ kind: 'plain', text }]
  }
}

function paragraphsOf (text: string): Block[] {
  const paragraphs = text.split(/\n{2,}/).map(paragraph => paragraph.replace(/^\n|\n$/g, '')).filter(paragraph => paragraph !== '')
  return paragraphs.map(paragraph => ({ kind: 'paragraph', children: withBareUrls(paragraph) }))
}

/** The address if it is one that may be followed, in canonical form; otherwise null. */
export function safeHref (url: string): string | null {
  if (url.length > MAX_LINK_CHARS) return null
  try {
    const parsed = new URL(url.trim())
    return SCHEMES.has(parsed.protocol) ? parsed.href : null
  } catch {
    return null
  }
}

function isCostly (text: string): boolean {
  if (text.length > MAX_MARKDOWN_CHARS) return true
  const lines = text.split(/\r\n|\n|\r/)
  if (lines.length > MAX_MARKDOWN_LINES) return true
  let marks = 0
  let marksHere = 0
  let containers = 0
  let underlines = 0
  for (const line of lines) {
    if (line.trim() === '') marksHere = 0
    const found = line.match(MARKS)?.length ?? 0
    const opened = LEADING_CONTAINERS.exec(line)?.[0].match(CONTAINER)?.length ?? 0
    marks += found
    marksHere += found
    containers += opened
    if (UNDERLINE.test(line)) underlines++
    if (opened > MAX_MARKDOWN_LADDER || marksHere > MAX_MARKDOWN_PARAGRAPH_MARKS) return true
  }
  return marks > MAX_MARKDOWN_MARKS || containers > MAX_MARKDOWN_CONTAINERS || underlines > MAX_MARKDOWN_UNDERLINES
}

interface Reader {
  blocks (nodes: readonly RootContent[], depth: number): Block[]
  exhausted (): boolean
}

function createReader (roots: readonly RootContent[]): Reader {
  const definitions = new Map<string, Definition>()
  for (const node of roots) if (node.type === 'definition' && !definitions.has(node.identifier)) definitions.set(node.identifier, node)
  let left = MAX_MARKDOWN_NODES

  function blocks (nodes: readonly RootContent[], depth: number): Block[] {
    return nodes.flatMap(node => block(node, depth))
  }

  function block (node: RootContent, depth: number): Block[] {
    left--
    if (left < 0) return []
    if (depth >= MAX_MARKDOWN_DEPTH) return [{ kind: 'paragraph', children: [{ kind: 'text', text: textOf(node) }] }]
    switch (node.type) {
      case 'paragraph': return [{ kind: 'paragraph', children: inlines(node.children, depth) }]
      case 'heading': return [{ kind: 'heading', depth: node.depth, children: inlines(node.children, depth) }]
      case 'blockquote': return [{ kind: 'quote', children: blocks(node.children, depth + 1) }]
      case 'list': return [{ kind: 'list', ordered: node.ordered === true, start: node.start ?? 1, items: node.children.map(item => blocks(item.children, depth + 1)) }]
      case 'code': return [{ kind: 'code', text: node.value }]
      case 'html': return [{ kind: 'paragraph', children: [{ kind: 'text', text: node.value }] }]
      case 'thematicBreak': return [{ kind: 'rule' }]
      default: return []
    }
  }

  function inlines (nodes: readonly PhrasingContent[], depth: number, inLink = false): Inline[] {
    return nodes.flatMap(node => inline(node, depth, inLink))
  }

  function inline (node: PhrasingContent, depth: number, inLink: boolean): Inline[] {
    left--
    if (left < 0) return []
    if (depth >= MAX_MARKDOWN_DEPTH) return [{ kind: 'text', text: textOf(node) }]
    switch (node.type) {
      case 'text': return inLink ? [{ kind: 'text', text: node.value }] : withBareUrls(node.value)
      case 'html': return [{ kind: 'text', text: node.value }]
      case 'inlineCode': return [{ kind: 'code', text: node.value }]
      case 'break': return [{ kind: 'break' }]
      case 'strong': return [{ kind: 'strong', children: inlines(node.children, depth + 1, inLink) }]
      case 'emphasis': return [{ kind: 'emphasis', children: inlines(node.children, depth + 1, inLink) }]
      case 'link': return link(node.url, inlines(node.children, depth + 1, true), inLink)
      case 'linkReference': return link(definitions.get(node.identifier)?.url ?? '', inlines(node.children, depth + 1, true), inLink)
      case 'image': return link(node.url, [{ kind: 'text', text: node.alt || node.url }], inLink)
      case 'imageReference': return link(definitions.get(node.identifier)?.url ?? '', [{ kind: 'text', text: node.alt || node.identifier }], inLink)
      default: return []
    }
  }

  return { blocks, exhausted: () => left < 0 }
}

function link (url: string, children: Inline[], inLink: boolean): Inline[] {
  const href = inLink ? null : safeHref(url)
  return href === null ? children : [{ kind: 'link', href, children }]
}

function withBareUrls (text: string): Inline[] {
  const parts: Inline[] = []
  let from = 0
  for (const match of text.matchAll(BARE_URL)) {
    const shown = withoutClosing(match[0])
    const href = safeHref(shown)
    if (href === null) continue
    if (match.index > from) parts.push({ kind: 'text', text: text.slice(from, match.index) })
    parts.push({ kind: 'link', href, children: [{ kind: 'text', text: shown }] })
    from = match.index + shown.length
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) })
  return parts
}

/** Punctuation after an address belongs to the sentence around it. */
function withoutClosing (url: string): string {
  let end = url.length
  while (end > 0 && AFTER_URL.has(url.charAt(end - 1))) end--
  return url.slice(0, end)
}

/** All text below a node, without recursion: it may be nested deeper than a stack holds. */
function textOf (node: RootContent | PhrasingContent): string {
  const parts: string[] = []
  const open: Array<RootContent | PhrasingContent> = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if ('value' in next) parts.push(next.value)
    else if ('children' in next) open.push(...next.children.toReversed())
  }
  return parts.join('')
}
