// feed
import { lastKnownWords } from '../../exchange-words.ts'
import type { FeedQuery } from '@seedbed/core'
import { flag, optionalNumber, optionalText } from '../arguments.ts'
import type { JsonDocument, NodeCommand } from '../command.ts'
import { MAX_FEED_LIMIT } from '../limits.ts'
import { plainLine, plural, relativeTime, style, type Terminal } from '../terminal/terminal.ts'
import { ALL, hiddenWords, isConcealed, moderatedFields, moderatedLines } from './labels.ts'
import { byline, COMMUNITY, communityName, documentsOf, isoTime, numberOf, paragraph, profileFields, slugs, textOf, votesOf } from './documents.ts'

export const feed: NodeCommand = {
  kind: 'node',
  name: 'feed',
  summary: 'List posts of one community or of all joined ones.',
  positionals: [{ ...COMMUNITY, optional: true }],
  options: {
    sort: { type: 'text', value: 'ORDER', summary: 'Order; default top.', choices: ['top', 'new', 'hot', 'rising', 'controversial'] },
    window: { type: 'text', value: 'SPAN', summary: 'For top and controversial: how far back; default all.', choices: ['day', 'week', 'month', 'year', 'all'] },
    limit: { type: 'number', value: 'N', summary: `Posts on a page, 1 to ${MAX_FEED_LIMIT}; default 50.`, min: 1, max: MAX_FEED_LIMIT },
    after: { type: 'text', value: 'CURSOR', summary: 'The next page: "next" of the one before.' },
    all: ALL
  },
  async execute ({ node, args }, signal) {
    const community = optionalText(args, 'COMMUNITY')
    const sort = optionalText(args, 'sort') as FeedQuery['sort']
    const window = optionalText(args, 'window') as FeedQuery['window']
    const limit = optionalNumber(args, 'limit')
    const after = optionalText(args, 'after')
    const page = await node.feed({
      ...(community === undefined ? {} : { communities: [node.communities.resolve(community).address] }),
      ...(sort === undefined ? {} : { sort }),
      ...(window === undefined ? {} : { window }),
      ...(limit === undefined ? {} : { limit }),
      ...(after === undefined ? {} : { after }),
      ...(flag(args, 'all') ? { policy: { atMost: 'show' } } : {}),
      signal
    })
    const names = slugs(node)
    return {
      items: page.items.map(post => {
        const { id, title, author, community, createdAtMs, score, up, down, otherRevision, comments, seeding, seeds, vote, editedAtMs, profile, knownAtMs } = post
        return { id, title, author, ...profileFields(profile), community, slug: names.get(community) ?? null, createdAt: isoTime(createdAtMs), editedAt: editedAtMs === null ? null : isoTime(editedAtMs), score, up, down, otherRevision, comments, knownAt: knownAtMs === null ? null : isoTime(knownAtMs), seeding, seeds, vote, ...moderatedFields(post) }
      }),
      next: page.next,
      hidden: page.hidden
    }
  },
  render (document, terminal) {
    const items = documentsOf(document, 'items')
    const hidden = hiddenWords(numberOf(document, 'hidden'), 'post')
    if (items.length === 0) return hidden ?? 'No posts yet.'
    const next = textOf(document, 'next')
    const more = [...(hidden === null ? [] : [hidden]), ...(next === '' ? [] : [`More: --after ${plainLine(next)}`])]
    return [...items.map(item => entry(item, terminal)), ...(more.length === 0 ? [] : [more.map(line => style(terminal, 'dim', line)).join('\n')])].join('\n\n')
  }
}

function entry (item: JsonDocument, terminal: Terminal): string {
  const facts = [
    votesOf(item),
    plural(numberOf(item, 'comments'), 'comment'),
    communityName(textOf(item, 'slug'), textOf(item, 'community')),
    `${relativeTime(textOf(item, 'createdAt'), terminal.nowMs)} ${byline(item)}`,
    ...(textOf(item, 'knownAt') === '' ? [] : [lastKnownWords(relativeTime(textOf(item, 'knownAt'), terminal.nowMs))]),
    ...(textOf(item, 'editedAt') === '' ? [] : ['edited']),
    ...(item['seeding'] === true ? ['seeding'] : item['seeds'] === 0 ? ['no known seed'] : [])
  ]
  return [
    ...(isConcealed(item) ? [style(terminal, 'dim', '(folded; --all shows it)')] : paragraph(terminal, plainLine(textOf(item, 'title')) || '(no title)').map(line => style(terminal, 'bold', line))),
    ...moderatedLines(item, terminal, 2),
    ...paragraph(terminal, facts.join(' · '), 2).map(line => style(terminal, 'dim', line)),
    `  ${style(terminal, 'cyan', textOf(item, 'id'))}`
  ].join('\n')
}
