// profile
import { optionalText } from '../arguments.ts'
import type { NodeCommand } from '../command.ts'
import { usage } from '../failure.ts'
import { plain, plainLine, style } from '../terminal/terminal.ts'
import { checkAuthor, COMMUNITY, documentsOf, paragraph, textOf } from './documents.ts'

export const profile: NodeCommand = {
  kind: 'node',
  name: 'profile',
  summary: 'Show a profile, or say who you are.',
  positionals: [{ ...COMMUNITY, optional: true }],
  options: {
    author: { type: 'text', value: 'KEY', summary: 'Whose profile to show; default your own.', check: checkAuthor },
    name: { type: 'text', value: 'N', summary: 'Your name from now on.' },
    about: { type: 'text', value: 'T', summary: 'A few words about you.' }
  },
  notes: ['Without COMMUNITY: in every joined community, and in those joined later. Names are not unique; the four words beside one are made from the key.'],
  check (args) {
    if (optionalText(args, 'author') !== undefined && (optionalText(args, 'name') ?? optionalText(args, 'about')) !== undefined) throw usage('--author shows a profile, --name and --about change your own; give one or the other.')
  },
  async execute ({ node, args }, signal) {
    const community = optionalText(args, 'COMMUNITY')
    const name = optionalText(args, 'name')
    const about = optionalText(args, 'about')
    if (name !== undefined || about !== undefined) {
      await node.profiles.set({ signal, ...(community === undefined ? {} : { community }), ...(name === undefined ? {} : { name }), ...(about === undefined ? {} : { about }) })
    }
    const author = optionalText(args, 'author') ?? node.author
    const where = community === undefined ? node.communities.list() : [node.communities.resolve(community)]
    return { items: where.map(({ address, slug }) => ({ community: address, slug, ...node.profiles.get(author, address) })) }
  },
  render (document, terminal) {
    const items = documentsOf(document, 'items')
    if (items.length === 0) return 'No communities yet; a name is kept for those you join.'
    return items.map(item => [
      `${style(terminal, 'bold', plainLine(textOf(item, 'name')) || '(no name)')} ${style(terminal, 'dim', `${textOf(item, 'fingerprint')} · ${plainLine(textOf(item, 'slug'))}`)}`,
      ...paragraph(terminal, plain(textOf(item, 'about')), 2)
    ].join('\n')).join('\n\n')
  }
}
