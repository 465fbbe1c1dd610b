// inbox
import { flag, optionalNumber, optionalText } from '../arguments.ts'
import type { JsonDocument, NodeCommand } from '../command.ts'
import { MAX_FEED_LIMIT } from '../limits.ts'
import { plainLine, plural, relativeTime, style, type Terminal } from '../terminal/terminal.ts'
import { ALL, moderatedFields, moderatedLines } from './labels.ts'
import { byline, COMMUNITY, communityName, documentsOf, isoTime, numberOf, paragraph, profileFields, slugs, textOf } from './documents.ts'

export const inbox: NodeCommand = {
  kind: 'node',
  name: 'inbox',
  summary: 'List answers to you, and where you are mentioned.',
  positionals: [{ ...COMMUNITY, optional: true }],
  options: {
    limit: { type: 'number', value: 'N', summary: `Entries on a page, 1 to ${MAX_FEED_LIMIT}; default 50.`, min: 1, max: MAX_FEED_LIMIT },
    after: { type: 'text', value: 'CURSOR', summary: 'The next page: "next" of the one before.' },
    all: ALL,
    read: { type: 'flag', summary: 'Mark the threads of what is listed as read.' }
  },
  notes: ['What was written after you last opened its thread, on any device, is new.'],
  async execute ({ node, args }, signal) {
    const community = optionalText(args, 'COMMUNITY')
    const limit = optionalNumber(args, 'limit')
    const after = optionalText(args, 'after')
    const { items, next, unread } = await node.notifications({
      ...(community === undefined ? {} : { communities: [node.communities.resolve(community).address] }),
      ...(limit === undefined ? {} : { limit }),
      ...(after === undefined ? {} : { after }),
      ...(flag(args, 'all') ? { policy: { atMost: 'show' } } : {}),
      signal
    })
    if (flag(args, 'read')) for (const post of new Set(items.filter(({ unread }) => unread).map(({ post }) => post))) await node.personal.markRead(post)
    const names = slugs(node)
    return {
      unread,
      items: items.map(item => {
        const { id, reason, unread, author, profile, community, createdAtMs, post, title, parent } = item
        return { id, reason, unread, author, ...profileFields(profile), community, slug: names.get(community) ?? null, createdAt: isoTime(createdAtMs), post, title, parent, ...moderatedFields(item) }
      }),
      next
    }
  },
  render (document, terminal) {
    const items = documentsOf(document, 'items')
    if (items.length === 0) return 'Nobody has written to you yet.'
    const next = textOf(document, 'next')
    return [
      numberOf(document, 'unread') === 0 ? 'Nothing new.' : `${plural(numberOf(document, 'unread'), 'new message')}.`,
      ...items.map(item => entry(item, terminal)),
      ...(next === '' ? [] : [style(terminal, 'dim', `More: --after ${plainLine(next)}`)])
    ].join('\n\n')
  }
}

function entry (item: JsonDocument, terminal: Terminal): string {
  const facts = [
    ...(item['unread'] === true ? ['new'] : []),
    item['reason'] === 'mention' ? 'mentions you' : 'answers you',
    communityName(textOf(item, 'slug'), textOf(item, 'community')),
    `${relativeTime(textOf(item, 'createdAt'), terminal.nowMs)} ${byline(item)}`
  ]
  return [
    ...paragraph(terminal, plainLine(textOf(item, 'title')) || '(no title)').map(line => item['unread'] === true ? style(terminal, 'bold', line) : line),
    ...paragraph(terminal, facts.join(' · '), 2).map(line => style(terminal, 'dim', line)),
    ...moderatedLines(item, terminal, 2),
    `  ${style(terminal, 'cyan', textOf(item, 'id'))}`
  ].join('\n')
}
