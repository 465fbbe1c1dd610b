// author
import type { AuthoredQuery, Profile, SeedbedNode } from '@seedbed/core'
import { flag, optionalNumber, optionalText, text } from '../arguments.ts'
import type { JsonDocument, NodeCommand } from '../command.ts'
import { lastKnownWords } from '../../exchange-words.ts'
import { MAX_FEED_LIMIT } from '../limits.ts'
import { authorNamed, WHO } from '../people.ts'
import { plain, plainLine, plural, relativeTime, style, type Terminal } from '../terminal/terminal.ts'
import { byline, COMMUNITY, communityName, documentsOf, isoTime, numberOf, paragraph, profileFields, slugs, textOf, votesOf } from './documents.ts'
import { ALL, hiddenWords, isConcealed, moderatedFields, moderatedLines } from './labels.ts'

export const author: NodeCommand = {
  kind: 'node',
  name: 'author',
  summary: 'Show an author, and list what they wrote.',
  positionals: [{ name: 'AUTHOR', summary: `${WHO} "me" is you.` }, { ...COMMUNITY, optional: true }],
  options: {
    kind: { type: 'text', value: 'KIND', summary: 'What is listed; default all.', choices: ['posts', 'comments', 'all'] },
    sort: { type: 'text', value: 'ORDER', summary: 'Order; default new.', choices: ['new', 'top'] },
    limit: { type: 'number', value: 'N', summary: `Posts and comments on a page, 1 to ${MAX_FEED_LIMIT}; default 50.`, min: 1, max: MAX_FEED_LIMIT },
    after: { type: 'text', value: 'CURSOR', summary: 'The next page: "next" of the one before.' },
    all: ALL
  },
  notes: ['seedbed thread ID shows the text of what is listed.'],
  async execute ({ node, args }, signal) {
    const community = optionalText(args, 'COMMUNITY')
    const communities = community === undefined ? undefined : [node.communities.resolve(community).address]
    const who = text(args, 'AUTHOR')
    const key = who === 'me' ? node.author : authorNamed(node, who, communities)
    const kind = optionalText(args, 'kind') as AuthoredQuery['kind']
    const sort = optionalText(args, 'sort') as AuthoredQuery['sort']
    const limit = optionalNumber(args, 'limit')
    const after = optionalText(args, 'after')
    const { items, next, hidden } = await node.authored(key, {
      ...(communities === undefined ? {} : { communities }),
      ...(kind === undefined ? {} : { kind }),
      ...(sort === undefined ? {} : { sort }),
      ...(limit === undefined ? {} : { limit }),
      ...(after === undefined ? {} : { after }),
      ...(flag(args, 'all') ? { policy: { atMost: 'show' } } : {}),
      signal
    })
    const names = slugs(node)
    const { name, about, fingerprint } = profileOf(node, key, communities)
    return {
      author: key, name, about, fingerprint, muted: node.personal.state().mutes.includes(key),
      items: items.map(item => {
        const { id, kind, author, profile, community, createdAtMs, editedAtMs, score, up, down, otherRevision, knownAtMs, post, title, parent, comments, seeding, vote } = item
        return {
          id, kind, author, ...profileFields(profile), community, slug: names.get(community) ?? null, createdAt: isoTime(createdAtMs), editedAt: editedAtMs === null ? null : isoTime(editedAtMs),
          score, up, down, otherRevision, knownAt: knownAtMs === null ? null : isoTime(knownAtMs), post, title, parent, comments, seeding, vote, ...moderatedFields(item)
        }
      }),
      next,
      hidden
    }
  },
  render (document, terminal) {
    const items = documentsOf(document, 'items')
    const hidden = hiddenWords(numberOf(document, 'hidden'), 'text')
    const next = textOf(document, 'next')
    const more = [...(hidden === null ? [] : [hidden]), ...(next === '' ? [] : [`More: --after ${plainLine(next)}`])]
    const nothing = items.length === 0 && hidden === null ? ['Nothing that they wrote is known here.'] : []
    return [
      [style(terminal, 'bold', byline(document).replace(/^by /, '')), textOf(document, 'author'), ...(document['muted'] === true ? [style(terminal, 'red', 'You muted this author.')] : []), ...paragraph(terminal, plain(textOf(document, 'about')), 2)].filter(line => line !== '').join('\n'),
      ...nothing,
      ...items.map(item => entry(item, terminal)),
      ...(more.length === 0 ? [] : [more.map(line => style(terminal, 'dim', line)).join('\n')])
    ].join('\n\n')
  }
}

/** Words differ between communities; those of the first one where there are any stand for all. */
function profileOf (node: SeedbedNode, author: string, communities: readonly string[] = node.communities.list().map(({ address }) => address)): Omit<Profile, 'author' | 'fingerprint'> & { readonly fingerprint: string | null } {
  const profiles = communities.map(address => node.profiles.get(author, address))
  return profiles.find(({ name, about }) => name !== null || about !== null) ?? profiles[0] ?? { name: null, about: null, fingerprint: null }
}

function entry (item: JsonDocument, terminal: Terminal): string {
  const isPost = textOf(item, 'kind') === 'post'
  const title = plainLine(textOf(item, 'title')) || '(no title)'
  const facts = [
    votesOf(item),
    ...(isPost ? [plural(numberOf(item, 'comments'), 'comment')] : []),
    communityName(textOf(item, 'slug'), textOf(item, 'community')),
    relativeTime(textOf(item, 'createdAt'), terminal.nowMs),
    ...(textOf(item, 'knownAt') === '' ? [] : [lastKnownWords(relativeTime(textOf(item, 'knownAt'), terminal.nowMs))]),
    ...(textOf(item, 'editedAt') === '' ? [] : ['edited']),
    ...(item['seeding'] === true ? ['seeding'] : [])
  ]
  return [
    ...(isPost && isConcealed(item) ? [style(terminal, 'dim', '(folded; --all shows it)')] : paragraph(terminal, isPost ? title : `Comment in: ${title}`).map(line => isPost ? style(terminal, 'bold', line) : line)),
    ...moderatedLines(item, terminal, 2),
    ...paragraph(terminal, facts.join(' · '), 2).map(line => style(terminal, 'dim', line)),
    `  ${style(terminal, 'cyan', textOf(item, 'id'))}`
  ].join('\n')
}
