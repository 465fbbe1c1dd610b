// status, peers
import type { CommunityStatus, NodeStatus } from '@seedbed/core'
import type { JsonDocument, NodeCommand } from '../command.ts'
import { byteSize, plainLine, plural, relativeTime, style, type Terminal } from '../terminal/terminal.ts'
import { communityName, documentOf, documentsOf, isoTime, numberOf, textOf } from './documents.ts'

export const status: NodeCommand = {
  kind: 'node',
  name: 'status',
  summary: 'Show the running peer: addresses, communities, storage.',
  positionals: [],
  options: {},
  needsPeer: true,
  execute: async ({ node }) => statusDocument(await node.status()),
  render: renderStatus
}

export const peers: NodeCommand = {
  kind: 'node',
  name: 'peers',
  summary: 'List the peers that the running peer is connected to.',
  positionals: [],
  options: {},
  needsPeer: true,
  async execute ({ node }) {
    return { items: node.peers().map(({ peerId, addresses, direction, communities }) => ({ peerId, addresses, direction, communities })) }
  },
  render (document, terminal) {
    const items = documentsOf(document, 'items')
    if (items.length === 0) return 'No peer connected.'
    return items.map(item => [
      `${style(terminal, 'bold', textOf(item, 'peerId'))} · ${textOf(item, 'direction')} · ${plural(strings(item, 'communities').length, 'common community').replace('communitys', 'communities')}`,
      ...strings(item, 'addresses').map(address => `  ${plainLine(address)}`)
    ].join('\n')).join('\n')
  }
}

export function statusDocument ({ author, peerId, addresses, torrentPort, torrentHost, communities, bodies, bytes }: NodeStatus): JsonDocument {
  return { author, peerId, addresses, torrentPort, torrentHost, communities: communities.map(communityStatus), bodies, bytes }
}

function communityStatus ({ address, slug, title, digest, posts, comments, authors, sync, shards }: CommunityStatus): JsonDocument {
  return {
    address, slug, title, digest, posts, comments, authors,
    sync: { state: sync.state, peers: sync.peers, lastSyncAt: sync.lastSyncAtMs === null ? null : isoTime(sync.lastSyncAtMs) },
    shards: shards.map(({ period, envelopes, digest }) => ({ period, envelopes, digest }))
  }
}

export function renderStatus (document: JsonDocument, terminal: Terminal): string {
  const addresses = strings(document, 'addresses')
  const port = textOf(document, 'torrentPort')
  return [
    `author      ${textOf(document, 'author')}`,
    ...addresses.map((address, at) => `${at === 0 ? 'addresses ' : '          '}  ${plainLine(address)}`),
    `BitTorrent  ${port === '' ? 'not listening' : `${textOf(document, 'torrentHost')} port ${port}`}`,
    `bodies      ${numberOf(document, 'bodies')}, ${byteSize(numberOf(document, 'bytes'))}`,
    ...documentsOf(document, 'communities').flatMap(community => {
      const sync = documentOf(community, 'sync')
      const last = textOf(sync, 'lastSyncAt')
      return [
        '', style(terminal, 'bold', communityName(textOf(community, 'slug'), textOf(community, 'address'))),
        `  ${textOf(community, 'address')}`,
        `  ${plural(numberOf(community, 'posts'), 'post')}, ${plural(numberOf(community, 'comments'), 'comment')}, ${plural(numberOf(community, 'authors'), 'author')} · ${textOf(sync, 'state')}, ${plural(numberOf(sync, 'peers'), 'peer')}${last === '' ? '' : `, ${relativeTime(last, terminal.nowMs)}`}`
      ]
    })
  ].join('\n')
}

function strings (document: JsonDocument, name: string): readonly string[] {
  const value = document[name]
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : []
}
