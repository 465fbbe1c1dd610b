// seeds, drop
import { optionalNumber, text } from '../arguments.ts'
import type { JsonDocument, NodeCommand } from '../command.ts'
import { MAX_SEEDS_LIMIT } from '../limits.ts'
import { byteSize, plainLine, plural, style, type Terminal } from '../terminal/terminal.ts'
import { communityName, documentOf, documentsOf, ID, numberOf, paragraph, slugs, textOf } from './documents.ts'

const REASONS = ['own', 'upvoted', 'cached'] as const

export const seeds: NodeCommand = {
  kind: 'node',
  name: 'seeds',
  summary: 'List what this peer seeds, why, and how big it is.',
  positionals: [],
  options: { limit: { type: 'number', value: 'N', summary: `Items listed, 1 to ${MAX_SEEDS_LIMIT}; default 1000.`, min: 1, max: MAX_SEEDS_LIMIT } },
  notes: ['Own and upvoted bodies are served to everybody and stay. Cached ones are served to members of their community, and the least recently used go when the quota is full.'],
  async execute ({ node, args }, signal) {
    const limit = optionalNumber(args, 'limit')
    const { items, totals, cacheBytes } = await node.seeds.list({ ...(limit === undefined ? {} : { limit }), signal })
    const names = slugs(node)
    return {
      items: items.map(({ id, revision, kind, title, community, why, bytes, sha256 }) =>
        ({ id, revision, kind, title, community, slug: community === null ? null : names.get(community) ?? null, why, bytes, sha256 })),
      totals: { own: { ...totals.own }, upvoted: { ...totals.upvoted }, cached: { ...totals.cached } },
      cacheBytes
    }
  },
  render (document, terminal) {
    const totals = documentOf(document, 'totals')
    const sums = REASONS.map(why => {
      const { bodies, bytes } = { bodies: numberOf(documentOf(totals, why), 'bodies'), bytes: numberOf(documentOf(totals, why), 'bytes') }
      return `${why}: ${plural(bodies, 'body').replace('bodys', 'bodies')}, ${byteSize(bytes)}${why === 'cached' ? ` of ${byteSize(numberOf(document, 'cacheBytes'))}` : ''}`
    })
    return [...documentsOf(document, 'items').map(item => entry(item, terminal)), sums.join('\n')].join('\n\n')
  }
}

export const drop: NodeCommand = {
  kind: 'node',
  name: 'drop',
  summary: 'Remove the cached body of a post or comment.',
  positionals: [ID],
  options: {},
  notes: ['What is own or upvoted is not dropped: delete it, or take the vote back first.'],
  async execute ({ node, args }, signal) {
    const { id, bodies } = await node.seeds.drop(text(args, 'ID'), { signal })
    return { id, dropped: bodies > 0, bodies }
  },
  render: document => `${document['dropped'] === true ? 'Dropped' : 'Not on this peer'}: ${textOf(document, 'id')}`
}

function entry (item: JsonDocument, terminal: Terminal): string {
  const title = plainLine(textOf(item, 'title'))
  const facts = [
    textOf(item, 'why'),
    byteSize(numberOf(item, 'bytes')),
    communityName(textOf(item, 'slug'), textOf(item, 'community')),
    ...(textOf(item, 'revision') === textOf(item, 'id') ? [] : ['an edited revision'])
  ]
  return [
    ...paragraph(terminal, title === '' ? textOf(item, 'kind') || 'damaged' : title).map(line => style(terminal, 'bold', line)),
    ...paragraph(terminal, facts.filter(fact => fact !== '').join(' · '), 2).map(line => style(terminal, 'dim', line)),
    `  ${style(terminal, 'cyan', textOf(item, 'id'))}`
  ].join('\n')
}
