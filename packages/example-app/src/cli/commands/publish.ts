// post, comment
import { list, text } from '../arguments.ts'
import type { NodeCommand } from '../command.ts'
import { authorNamed, WHO } from '../people.ts'
import { COMMUNITY, FILE, ID, publishedDocument, renderPublished } from './documents.ts'

const NO_TEXT = new Uint8Array(0)

export const post: NodeCommand = {
  kind: 'node',
  name: 'post',
  summary: 'Publish a post in a community.',
  positionals: [COMMUNITY],
  options: { title: { type: 'text', value: 'T', summary: 'One line of at most 300 bytes.', required: true }, file: FILE },
  reads: 'text',
  publishes: true,
  notes: ['The text is UTF-8, 1 to 64,000 bytes. Prints the id and the magnet link.'],
  async execute ({ node, args, text: body = NO_TEXT }, signal) {
    const { address } = node.communities.resolve(text(args, 'COMMUNITY'))
    return publishedDocument(await node.posts.create({ community: address, title: text(args, 'title'), text: body, signal }))
  },
  render: renderPublished
}

export const comment: NodeCommand = {
  kind: 'node',
  name: 'comment',
  summary: 'Answer a post or comment.',
  positionals: [ID],
  options: { file: FILE, mention: { type: 'list', value: 'WHO', summary: 'Tell this author of it; at most 16.' } },
  reads: 'text',
  publishes: true,
  notes: [`WHO: ${WHO}`, 'The text is UTF-8, 1 to 64,000 bytes. Prints the id and the magnet link.'],
  async execute ({ node, args, text: body = NO_TEXT }, signal) {
    const parent = text(args, 'ID')
    const mentions = list(args, 'mention').map(who => authorNamed(node, who))
    return { ...publishedDocument(await node.comments.create({ parent, text: body, mentions, signal })), parent, mentions }
  },
  render: renderPublished
}
