// mute, unmute, mutes
import type { Profile, SeedbedNode } from '@seedbed/core'
import { text } from '../arguments.ts'
import type { JsonDocument, NodeCommand } from '../command.ts'
import { authorNamed, WHO } from '../people.ts'
import { style, type Terminal } from '../terminal/terminal.ts'
import { byline, documentsOf, shortKey, textOf } from './documents.ts'

const AUTHOR: NodeCommand['positionals'][number] = { name: 'AUTHOR', summary: WHO }

export const mute: NodeCommand = {
  kind: 'node',
  name: 'mute',
  summary: 'Show no more of what an author writes.',
  positionals: [AUTHOR],
  options: {},
  notes: ['Only your own devices know it. With --all a listing shows it all the same.'],
  execute: async ({ node, args }) => await set(node, text(args, 'AUTHOR'), true),
  render: renderOne
}

export const unmute: NodeCommand = {
  kind: 'node',
  name: 'unmute',
  summary: 'Show an author again.',
  positionals: [AUTHOR],
  options: {},
  execute: async ({ node, args }) => await set(node, text(args, 'AUTHOR'), false),
  render: renderOne
}

export const mutes: NodeCommand = {
  kind: 'node',
  name: 'mutes',
  summary: 'List whom you muted.',
  positionals: [],
  options: {},
  execute: async ({ node }) => ({ items: node.personal.state().mutes.map(author => authorDocument(node, author)) }),
  render (document) {
    const items = documentsOf(document, 'items')
    return items.length === 0 ? 'You muted nobody.' : items.map(item => `${nameOf(item)}\n  ${textOf(item, 'author')}`).join('\n')
  }
}

async function set (node: SeedbedNode, who: string, muted: boolean): Promise<JsonDocument> {
  const author = authorNamed(node, who)
  await node.personal.mute(author, muted)
  return { ...authorDocument(node, author), muted }
}

/** Names differ between communities; the first one that an author gave stands for all. */
function authorDocument (node: SeedbedNode, author: string): JsonDocument {
  const profiles: Profile[] = node.communities.list().map(({ address }) => node.profiles.get(author, address))
  const { name = null, fingerprint = null } = profiles.find(({ name }) => name !== null) ?? profiles[0] ?? {}
  return { author, name, fingerprint }
}

function nameOf (document: JsonDocument): string {
  return byline(document).replace(/^by /, '') || shortKey(textOf(document, 'author'))
}

function renderOne (document: JsonDocument, terminal: Terminal): string {
  return `${style(terminal, 'bold', document['muted'] === true ? 'Muted' : 'No longer muted')}: ${nameOf(document)}\n${textOf(document, 'author')}`
}
