import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_MARKDOWN_DEPTH } from '../../src/web/limits.ts'
import { parseMarkdown, safeHref, type Block, type Inline } from '../../src/web/text/markdown.ts'

const test = suite('Markdown of strangers')

/** One paragraph's inlines. */
function inlinesOf (text: string): readonly Inline[] {
  const [block] = parseMarkdown(text)
  return block?.kind === 'paragraph' ? block.children : []
}

function linksOf (blocks: readonly Block[]): string[] {
  const found: string[] = []
  const open: Array<Block | Inline | readonly Block[]> = [...blocks]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) open.push(...next as Block[])
    else {
      const node = next as Block | Inline
      if (node.kind === 'link') found.push(node.href)
      if ('children' in node) open.push(...node.children)
      if (node.kind === 'list') open.push(...node.items)
    }
  }
  return found
}

function depthOf (blocks: readonly Block[]): number {
  let deepest = 0
  const open: Array<readonly [Block | Inline, number]> = blocks.map(block => [block, 1])
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, depth] = next
    deepest = Math.max(deepest, depth)
    const below = node.kind === 'list' ? node.items.flat() : 'children' in node ? node.children : []
    open.push(...below.map(child => [child, depth + 1] as const))
  }
  return deepest
}

test('what people write comes out as they meant it', () => {
  assert.equal(parseMarkdown('Some **strong** and *soft* `code`\n\n## Head\n\n> said\n\n2. two\n3. three\n\n---\n\n    x = 1'), [
    { kind: 'paragraph', children: [{ kind: 'text', text: 'Some ' }, { kind: 'strong', children: [{ kind: 'text', text: 'strong' }] }, { kind: 'text', text: ' and ' }, { kind: 'emphasis', children: [{ kind: 'text', text: 'soft' }] }, { kind: 'text', text: ' ' }, { kind: 'code', text: 'code' }] },
    { kind: 'heading', depth: 2, children: [{ kind: 'text', text: 'Head' }] },
    { kind: 'quote', children: [{ kind: 'paragraph', children: [{ kind: 'text', text: 'said' }] }] },
    { kind: 'list', ordered: true, start: 2, items: [[{ kind: 'paragraph', children: [{ kind: 'text', text: 'two' }] }], [{ kind: 'paragraph', children: [{ kind: 'text', text: 'three' }] }]] },
    { kind: 'rule' },
    { kind: 'code', text: 'x = 1' }
  ])
})

test('sentences that need no parser come out as the parser would have them', () => {
  const parsed = (text: string): readonly Block[] => parseMarkdown(`[nothing]: https://example.org\n\n${text}`) // a definition draws nothing, and is no sentence
  const piece = fc.constantFrom('a', 'Words, of 3 kinds.', 'https://example.org/x.', '\n', '\n\n', '\n\n\n', ' ', '  ', '\t', '#', '# ', '-', '- ', '---', '=', '===', '+', '+ ', '~~~', '>', '1.', '1) ', '12', '!', '"', "'", '|', ':', '(', ')', '{', '@', '^', '$', '\u00a0', '\u2028', '\u000c', '\u0000', '\r', '*', '_', '`', '<b>', '&amp;', '\\', 'é', '🌱')
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
    const text = pieces.join('')
    assert.equal(parseMarkdown(text), parsed(text))
  }), { numRuns: 5000 })
  fc.assert(fc.property(fc.lorem({ mode: 'sentences', maxCount: 8 }), text => { assert.equal(parseMarkdown(text), parsed(text)) }))
})

test('links lead to the allowed schemes only, and nothing else becomes one', () => {
  assert.is(safeHref('https://example.org/a b'), 'https://example.org/a%20b')
  assert.is(safeHref('mailto:a@example.org'), 'mailto:a@example.org')
  assert.is(safeHref('SEEDBED:1f2e'), 'seedbed:1f2e')
  for (const url of ['javascript:alert(1)', ' java\nscript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'blob:https://x/y', '//example.org', '/p/1', '#x', '', 'https://']) assert.is(safeHref(url), null, url)
  assert.equal(inlinesOf('[click](javascript:alert(1)) [fine](https://example.org)'), [{ kind: 'text', text: 'click' }, { kind: 'text', text: ' ' }, { kind: 'link', href: 'https://example.org/', children: [{ kind: 'text', text: 'fine' }] }])
  assert.equal(inlinesOf('[a][x]\n\n[x]: javascript:alert(1)'), [{ kind: 'text', text: 'a' }])
})

test('images are links, HTML is text', () => {
  assert.equal(inlinesOf('![a cat](https://example.org/cat.png)'), [{ kind: 'link', href: 'https://example.org/cat.png', children: [{ kind: 'text', text: 'a cat' }] }])
  assert.equal(parseMarkdown('<script>alert(1)</script>'), [{ kind: 'paragraph', children: [{ kind: 'text', text: '<script>alert(1)</script>' }] }])
  assert.equal(inlinesOf('a <b>c</b>').map(inline => inline.kind), ['text', 'text', 'text', 'text'])
})

test('bare addresses are links without the punctuation around them', () => {
  assert.equal(inlinesOf('See https://example.org/x_y (or http://example.net).').flatMap(inline => inline.kind === 'link' ? [inline.href] : []), ['https://example.org/x_y', 'http://example.net/'])
  assert.equal(linksOf(parseMarkdown(`http://${'.'.repeat(60_000)}a`)), [])
})

test('hostile text costs little and loses nothing', () => {
  assert.is(safeHref(`https://example.org/${'x'.repeat(3000)}`), null)
  const fill = (unit: string): string => unit.repeat(Math.ceil(64_000 / unit.length)).slice(0, 64_000)
  const hostile = [
    '*a **a ', '[', '[a](', '![[', '>', '> ', '- '.repeat(15) + 'a\n', '1) '.repeat(14) + '\n', 'a\n=\n', 'a\n---\n', '<a ', '<!--', '&#', '\\', '\n', '`', '```\n', '[a]: b\n',
    '1. - > '.repeat(5) + 'a\n', '_a_', '***a', '\t', '- ', '<a b="', 'x'
  ].map(fill)
  const beganMs = performance.now()
  for (const text of hostile) {
    const blocks = parseMarkdown(text)
    if (blocks[0]?.kind === 'plain') assert.is(blocks[0].text, text)
    assert.ok(depthOf(blocks) <= 2 * MAX_MARKDOWN_DEPTH)
  }
  // Unbounded, the worst of these takes a minute; the bound is no measurement.
  assert.ok(performance.now() - beganMs < 30_000)
})

test('any text is parsed without an error, into links of allowed schemes', () => {
  const fragment = fc.constantFrom('*', '_', '`', '[', ']', '](', '(', ')', '> ', '- ', '1. ', '\n', '\n\n', '    ', '#', '<', '>', '&', ';', '\\', '!', 'a', 'javascript:x', 'https://e.org', '"', ' ', '\u202e', '\u0000', '\ud800')
  fc.assert(fc.property(fc.array(fragment, { maxLength: 200 }), parts => {
    const blocks = parseMarkdown(parts.join(''))
    for (const href of linksOf(blocks)) assert.match(href, /^(?:https?|mailto|seedbed):/)
  }), { numRuns: 500 })
})

test.run()
