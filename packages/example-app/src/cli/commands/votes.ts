// upvote, downvote, unvote
import { text } from '../arguments.ts'
import type { JsonDocument, NodeCommand } from '../command.ts'
import { style, type Terminal } from '../terminal/terminal.ts'
import { ID, numberOf, textOf, voteDocument } from './documents.ts'

export const upvote: NodeCommand = {
  kind: 'node',
  name: 'upvote',
  summary: 'Vote for a post or comment and seed it.',
  positionals: [ID],
  options: {},
  publishes: true,
  notes: ['The body is fetched, checked and kept first. The vote publicly links your key, the content and, through seeding, your address.'],
  execute: async ({ node, args }, signal) => voteDocument(await node.votes.up(text(args, 'ID'), { signal })),
  render
}

export const downvote: NodeCommand = {
  kind: 'node',
  name: 'downvote',
  summary: 'Vote against a post or comment.',
  positionals: [ID],
  options: {},
  publishes: true,
  execute: async ({ node, args }, signal) => voteDocument(await node.votes.down(text(args, 'ID'), { signal })),
  render
}

export const unvote: NodeCommand = {
  kind: 'node',
  name: 'unvote',
  summary: 'Take a vote back.',
  positionals: [ID],
  options: {},
  publishes: true,
  execute: async ({ node, args }, signal) => voteDocument(await node.votes.clear(text(args, 'ID'), { signal })),
  render
}

function render (document: JsonDocument, terminal: Terminal): string {
  const value = numberOf(document, 'value')
  const done = value > 0 ? 'Upvoted' : value < 0 ? 'Downvoted' : 'Vote taken back'
  return `${style(terminal, 'bold', done)}: score ${numberOf(document, 'score')}, ${document['seeding'] === true ? 'seeding' : value > 0 ? 'not seeding until the peer runs' : 'not seeding'}\n${textOf(document, 'id')}`
}
