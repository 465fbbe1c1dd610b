// thread
import { lastKnownWords, monthMissingWords, PART_MISSING } from '../../exchange-words.ts'
import type { Thread, ThreadNode, ThreadQuery } from '@seedbed/core'
import { flag, optionalNumber, optionalText, text } from '../arguments.ts'
import type { JsonDocument, JsonValue, NodeCommand } from '../command.ts'
import { MAX_INDENT_LEVELS, MAX_JSON_NESTING, MAX_THREAD_LIMIT } from '../limits.ts'
import { plain, plainLine, relativeTime, style, type Terminal } from '../terminal/terminal.ts'
import { ALL, isConcealed, moderatedFields, moderatedLines } from './labels.ts'
import { byline, communityName, documentOf, documentsOf, ID, isoTime, paragraph, profileFields, slugs, textOf, votesOf } from './documents.ts'

export const thread: NodeCommand = {
  kind: 'node',
  name: 'thread',
  summary: 'Read a post and its answers.',
  positionals: [ID],
  options: {
    sort: { type: 'text', value: 'ORDER', summary: 'Order among the answers to one text; default best.', choices: ['best', 'top', 'new', 'old', 'controversial'] },
    limit: { type: 'number', value: 'N', summary: `Answers on a page, 1 to ${MAX_THREAD_LIMIT}; default 500.`, min: 1, max: MAX_THREAD_LIMIT },
    after: { type: 'text', value: 'CURSOR', summary: 'Further answers: "next" of a page, or of an answer on it; with the same --sort.' },
    all: ALL
  },
  notes: [`Bodies that are not here are fetched; one that cannot be had is marked. Answers deeper than ${MAX_JSON_NESTING} levels are listed at that level in the JSON, with their true parent.`],
  async execute ({ node, args }, signal) {
    const sort = optionalText(args, 'sort') as ThreadQuery['sort']
    const limit = optionalNumber(args, 'limit')
    const after = optionalText(args, 'after')
    const found = await node.thread(text(args, 'ID'), {
      ...(sort === undefined ? {} : { sort }),
      ...(limit === undefined ? {} : { limit }),
      ...(after === undefined ? {} : { after }),
      ...(flag(args, 'all') ? { policy: { atMost: 'show' } } : {}),
      signal
    })
    return threadDocument(found, slugs(node).get(found.community) ?? null)
  },
  render (document, terminal) {
    const post = documentOf(document, 'post')
    const name = communityName(textOf(post, 'slug'), textOf(post, 'community'))
    return [
      ...paragraph(terminal, post['deleted'] === true || isConcealed(post) ? '' : plainLine(textOf(post, 'title')) || '(no title)').filter(line => line !== '').map(line => style(terminal, 'bold', line)),
      ...contentLines(post, 0, terminal, [name]),
      ...textOf(post, 'knownAt') === '' ? [] : ['', ...paragraph(terminal, monthMissingWords(lastKnownWords(relativeTime(textOf(post, 'knownAt'), terminal.nowMs))))],
      ...textOf(post, 'knownAt') === '' && textOf(post, 'holding') === 'partial' ? ['', ...paragraph(terminal, PART_MISSING)] : [],
      ...documentsOf(document, 'comments').flatMap(comment => commentLines(comment, 0, terminal)),
      ...moreLines(document, 0, terminal)
    ].join('\n')
  }
}

/** A thread with its answers nested, at most `maxNesting` levels deep; the order of display stays. */
export function threadDocument ({ community, title, post, comments, next, total, holding, knownAtMs }: Thread, slug: string | null, maxNesting: number = MAX_JSON_NESTING): JsonDocument {
  const top: JsonValue[] = []
  /** From the top to the last one: whom an answer may belong below. A page that goes on below a comment begins deeper than 1. */
  const above: Array<{ readonly depth: number, readonly children: JsonValue[] }> = []
  for (const comment of comments) {
    const { depth, below, next } = comment
    while ((above.at(-1)?.depth ?? -1) >= depth) above.pop()
    const children: JsonValue[] = []
    const siblings = above[Math.min(above.length, maxNesting - 1) - 1]?.children ?? top
    siblings.push({ ...nodeDocument(comment), below, next, children })
    above.push({ depth, children })
  }
  return { post: { ...nodeDocument(post), title, community, slug, holding, knownAt: knownAtMs === null ? null : isoTime(knownAtMs) }, comments: top, next, total }
}

function nodeDocument (node: ThreadNode): JsonDocument {
  const { id, parent, author, profile, createdAtMs, editedAtMs, revision, newest, text, available, deleted, score, up, down, otherRevision, vote, seeding, sha256, servedBy, magnet, mentions } = node
  return {
    id, parent, author, ...profileFields(profile), createdAt: isoTime(createdAtMs), editedAt: editedAtMs === null ? null : isoTime(editedAtMs), revision, newest,
    text, available, deleted, score, up, down, otherRevision, vote, seeding, sha256, servedBy, magnet, mentions, ...moderatedFields(node)
  }
}

/** Nesting is bounded by `threadDocument`, so recursion is. */
function commentLines (comment: JsonDocument, level: number, terminal: Terminal): string[] {
  return [
    '',
    ...contentLines(comment, Math.min(level, MAX_INDENT_LEVELS) * 2, terminal, []),
    ...documentsOf(comment, 'children').flatMap(child => commentLines(child, level + 1, terminal)),
    ...moreLines(comment, Math.min(level + 1, MAX_INDENT_LEVELS) * 2, terminal)
  ]
}

/** How to go on where answers are left for another page; a cursor is one word and is not broken. */
function moreLines (document: JsonDocument, indent: number, terminal: Terminal): string[] {
  const next = textOf(document, 'next')
  return next === '' ? [] : ['', `${' '.repeat(indent)}${style(terminal, 'dim', `More: --after ${plainLine(next)}`)}`]
}

function contentLines (node: JsonDocument, indent: number, terminal: Terminal, facts: readonly string[]): string[] {
  const line = [
    votesOf(node), ...facts,
    `${relativeTime(textOf(node, 'createdAt'), terminal.nowMs)} ${byline(node)}`,
    ...(textOf(node, 'editedAt') === '' ? [] : [node['available'] === true && node['newest'] === false ? 'edited since; the newest revision cannot be had now' : 'edited']),
    ...(node['seeding'] === true ? ['seeding'] : [])
  ].join(' · ')
  const text = node['text']
  const body = node['deleted'] === true
    ? [`${' '.repeat(indent)}${style(terminal, 'dim', '(deleted)')}`]
    : isConcealed(node)
      ? [`${' '.repeat(indent)}${style(terminal, 'dim', `(${node['treatment'] === 'hide' ? 'hidden' : 'folded'}; --all shows it)`)}`]
    : typeof text === 'string'
      ? paragraph(terminal, plain(text), indent)
      : [`${' '.repeat(indent)}${style(terminal, 'dim', '(no connected peer has this text right now)')}`]
  return [
    ...paragraph(terminal, line, indent).map(part => style(terminal, 'dim', part)),
    `${' '.repeat(indent)}${style(terminal, 'cyan', textOf(node, 'id'))}`,
    ...moderatedLines(node, terminal, indent),
    ...body
  ]
}
