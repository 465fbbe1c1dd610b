// community create, leave, communities
import { optionalNumber, optionalText, text } from '../arguments.ts'
import type { NodeCommand } from '../command.ts'
import { MAX_DIFFICULTY } from '../limits.ts'
import { plainLine, style } from '../terminal/terminal.ts'
import { clip } from '../terminal/wrap.ts'
import { COMMUNITY, communityDocument, documentsOf, renderCommunity, textOf } from './documents.ts'

export const communityCreate: NodeCommand = {
  kind: 'node',
  name: 'community create',
  summary: 'Start a community.',
  positionals: [{ name: 'SLUG', summary: 'Short name: lowercase letters, digits, hyphens.' }],
  options: {
    title: { type: 'text', value: 'T', summary: 'A longer name.' },
    difficulty: { type: 'number', value: 'N', summary: 'Bits of work of every author; default 21.', min: 0, max: MAX_DIFFICULTY }
  },
  notes: [
    'The address it prints is what others join.',
    'Every author does some work once before the first post or vote, which makes spam dear: about a second at 21, twice as long for each more, none at 0. It cannot be changed later.'
  ],
  async execute ({ node, args }, signal) {
    const title = optionalText(args, 'title')
    const difficulty = optionalNumber(args, 'difficulty')
    const slug = text(args, 'SLUG')
    const sameSlug = node.communities.list().filter(community => community.slug === slug).map(({ address }) => address)
    const created = communityDocument(await node.communities.create({ slug, ...(title === undefined ? {} : { title }), ...(difficulty === undefined ? {} : { difficulty }), signal }))
    return { ...created, sameSlug }
  },
  async finish (answer, args, surroundings) {
    const { sameSlug = [], ...document } = answer
    if (Array.isArray(sameSlug) && sameSlug.length > 0) surroundings.note(`Another joined community is called ${plainLine(text(args, 'SLUG'))} too; from now on use their addresses.`)
    return document
  },
  render: renderCommunity
}

export const leave: NodeCommand = {
  kind: 'node',
  name: 'leave',
  summary: 'Leave a community and forget its index.',
  positionals: [COMMUNITY],
  options: {},
  notes: ['Its bodies, your own too, are merely cached from then on; what is still here when you join again is served again.'],
  async execute ({ node, args }, signal) {
    const community = node.communities.resolve(text(args, 'COMMUNITY'))
    await node.communities.leave(community.address, { signal })
    return { ...communityDocument(community), left: true }
  },
  render: (document) => `Left ${textOf(document, 'slug') === '' ? textOf(document, 'address') : plainLine(textOf(document, 'slug'))}.`
}

export const communities: NodeCommand = {
  kind: 'node',
  name: 'communities',
  summary: 'List the joined communities.',
  positionals: [],
  options: {},
  async execute ({ node }) {
    return { items: node.communities.list().map(communityDocument) }
  },
  render (document, terminal) {
    const items = documentsOf(document, 'items')
    if (items.length === 0) return 'No community joined yet: seedbed join LINK, or seedbed community create SLUG.'
    return items.map(item => {
      const title = plainLine(textOf(item, 'title'))
      const slug = plainLine(textOf(item, 'slug')) || '(name not known yet)'
      return `${style(terminal, 'bold', slug)}${title === '' ? '' : clip(` · ${title}`, terminal.columns - slug.length)}\n  ${textOf(item, 'address')}`
    }).join('\n')
  }
}
