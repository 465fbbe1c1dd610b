// moderators, appoint, dismiss
import type { ModeratorList } from '@seedbed/core'
import { flag, list, text } from '../arguments.ts'
import type { JsonDocument, NodeCommand } from '../command.ts'
import { usage } from '../failure.ts'
import { authorNamed, WHO } from '../people.ts'
import { style, type Terminal } from '../terminal/terminal.ts'
import { byline, COMMUNITY, documentsOf, paragraph, profileFields, textOf } from './documents.ts'

export const moderators: NodeCommand = {
  kind: 'node',
  name: 'moderators',
  summary: 'List whose labels count in a community, or choose them.',
  positionals: [COMMUNITY],
  options: {
    follow: { type: 'list', value: 'WHO', summary: 'These and nobody else count for you from now on.' },
    'follow-nobody': { type: 'flag', summary: 'Nobody\'s labels count for you.' },
    'follow-founder': { type: 'flag', summary: 'Back to the founder and the founder\'s moderators.' }
  },
  notes: [`WHO: ${WHO}`, 'The choice is yours alone: only your own devices know it.'],
  check (args) {
    if ([list(args, 'follow').length > 0, flag(args, 'follow-nobody'), flag(args, 'follow-founder')].filter(Boolean).length > 1) throw usage('--follow, --follow-nobody and --follow-founder exclude each other.')
  },
  async execute ({ node, args }) {
    const { address } = node.communities.resolve(text(args, 'COMMUNITY'))
    const chosen = list(args, 'follow').map(who => authorNamed(node, who, [address]))
    if (chosen.length > 0 || flag(args, 'follow-nobody')) await node.personal.followModerators(address, chosen)
    else if (flag(args, 'follow-founder')) await node.personal.followModerators(address, null)
    return moderatorsDocument(node.moderators.list(address))
  },
  render: renderModerators
}

const AUTHOR: NodeCommand['positionals'][number] = { name: 'AUTHOR', summary: WHO }

export const appoint: NodeCommand = {
  kind: 'node',
  name: 'appoint',
  summary: 'Name a moderator of a community you began.',
  positionals: [COMMUNITY, AUTHOR],
  options: {},
  publishes: true,
  notes: ['Anybody may choose any name: look at the words of the key in the answer.', 'Their labels then count for all who did not choose other moderators.'],
  async execute ({ node, args }, signal) {
    const { address } = node.communities.resolve(text(args, 'COMMUNITY'))
    return moderatorsDocument(await node.moderators.appoint({ community: address, author: authorNamed(node, text(args, 'AUTHOR'), [address]), signal }))
  },
  render: renderModerators
}

export const dismiss: NodeCommand = {
  kind: 'node',
  name: 'dismiss',
  summary: 'Dismiss a moderator of a community you began.',
  positionals: [COMMUNITY, AUTHOR],
  options: {},
  publishes: true,
  async execute ({ node, args }, signal) {
    const { address } = node.communities.resolve(text(args, 'COMMUNITY'))
    return moderatorsDocument(await node.moderators.dismiss({ community: address, author: authorNamed(node, text(args, 'AUTHOR'), [address]), signal }))
  },
  render: renderModerators
}

function moderatorsDocument ({ community, items, chosen }: ModeratorList): JsonDocument {
  return { community, chosen, items: items.map(({ author, profile, role, followed }) => ({ author, ...profileFields(profile), role, followed })) }
}

const ROLES: Readonly<Record<string, string>> = { founder: 'founder', moderator: 'named by the founder', chosen: 'chosen by you' }

function renderModerators (document: JsonDocument, terminal: Terminal): string {
  const items = documentsOf(document, 'items')
  if (items.length === 0) return 'Nobody moderates it.'
  return [
    ...items.flatMap(item => [
      `${style(terminal, 'bold', byline(item).replace(/^by /, ''))} · ${ROLES[textOf(item, 'role')] ?? ''}${item['followed'] === true ? '' : ' · does not count for you'}`,
      `  ${textOf(item, 'author')}`
    ]),
    ...(document['chosen'] === true ? paragraph(terminal, 'You chose for yourself whose labels count; --follow-founder takes it back.') : [])
  ].join('\n')
}
