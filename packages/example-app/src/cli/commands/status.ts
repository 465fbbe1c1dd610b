// status, peers
import type { CommunityStatus, EquivocationProof, NodeStatus, PeerExchange, ShardStatus } from '@seedbed/core'
import type { JsonDocument, NodeCommand } from '../command.ts'
import { equivocationWords, exchangeWords, incompleteWords, olderWords, storageWords } from '../../exchange-words.ts'
import { byteSize, plainLine, plural, relativeTime, style, type Terminal } from '../terminal/terminal.ts'
import { byline, communityName, documentOf, documentsOf, isoTime, numberOf, paragraph, profileFields, textOf } from './documents.ts'

export const status: NodeCommand = {
  kind: 'node',
  name: 'status',
  summary: 'Show the running peer: addresses, communities, storage.',
  positionals: [],
  options: {},
  needsPeer: true,
  execute: async ({ node }) => statusDocument(await node.status(), await node.equivocations()),
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

export function statusDocument ({ author, peerId, addresses, torrentPort, torrentHost, communities, bodies, bytes }: NodeStatus, equivocations: readonly EquivocationProof[] = []): JsonDocument {
  return { author, peerId, addresses, torrentPort, torrentHost, communities: communities.map(community => communityStatus(community, equivocations.filter(proof => proof.community === community.address))), bodies, bytes }
}

function communityStatus ({ address, slug, title, digest, posts, comments, authors, unsent, sync, shards, storage, retain }: CommunityStatus, equivocations: readonly EquivocationProof[]): JsonDocument {
  return {
    address, slug, title, digest, posts, comments, authors, unsent,
    retain: retain === 'all' ? null : retain.months,
    sync: { state: sync.state, peers: sync.peers, lastSyncAt: timeOf(sync.lastSyncAtMs), missing: sync.missing },
    exchanges: sync.exchanges.map(({ peerId, state, missing, lastAtMs, againAtMs, error }) => ({ peerId, state, missing, lastAt: timeOf(lastAtMs), againAt: timeOf(againAtMs), error })),
    shards: shards.map(({ period, envelopes, digest, holding, kept, asOfMs, elsewhere, state, missing, agreeing }) => ({ period, envelopes, digest, holding, kept, asOf: timeOf(asOfMs), elsewhere, state, missing, agreeing })),
    storage: { bytes: storage.bytes, budgetBytes: Number.isFinite(storage.budgetBytes) ? storage.budgetBytes : null, authors: storage.authors, authorsLeftOut: storage.authorsLeftOut, partial: storage.partial },
    equivocations: equivocations.map(({ author, profile, period, device, kind, isOwn, firstSeenAtMs }) => ({ author, ...profileFields(profile), period, device, kind, isOwn, firstSeenAt: isoTime(firstSeenAtMs) }))
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
        `  ${plural(numberOf(community, 'posts'), 'post')}, ${plural(numberOf(community, 'comments'), 'comment')}, ${plural(numberOf(community, 'authors'), 'author')} · ${textOf(sync, 'state')}, ${plural(numberOf(sync, 'peers'), 'peer')}${last === '' ? '' : `, ${relativeTime(last, terminal.nowMs)}`}`,
        ...exchangeLines(community, terminal).map(line => `  ${line}`),
        ...olderLines(community).flatMap(line => paragraph(terminal, line, 2)),
        ...storageLines(community).flatMap(line => paragraph(terminal, line, 2)),
        ...documentsOf(community, 'equivocations').flatMap(proof => paragraph(terminal, equivocationWords({ name: byline(proof).replace(/^by /, ''), period: numberOf(proof, 'period'), isOwn: proof['isOwn'] === true }), 2))
      ]
    })
  ].join('\n')
}

/** What does not come, and why; nothing where all is as it should be. */
function exchangeLines (community: JsonDocument, { nowMs }: Terminal): string[] {
  const unsent = numberOf(community, 'unsent')
  const incomplete = incompleteWords(documentsOf(community, 'shards').map(shard => ({ period: numberOf(shard, 'period'), holding: textOf(shard, 'holding') as ShardStatus['holding'], missing: numberOf(shard, 'missing') })))
  return [
    ...unsent === 0 ? [] : [`${plural(unsent, 'change')} of yours not sent to anybody yet`],
    ...incomplete === null ? [] : [incomplete],
    ...documentsOf(community, 'exchanges').filter(exchange => textOf(exchange, 'state') !== 'equal').map(exchange => {
      const again = textOf(exchange, 'againAt')
      const words = exchangeWords({
        state: textOf(exchange, 'state') as PeerExchange['state'], missing: numberOf(exchange, 'missing'), againAtMs: again === '' ? null : Date.parse(again), error: textOf(exchange, 'error')
      }, nowMs)
      return `…${plainLine(textOf(exchange, 'peerId')).slice(-8)}: ${plainLine(words)}`
    })
  ]
}

/** Which months are not kept here; nothing where all are. */
function olderLines (community: JsonDocument): string[] {
  const words = olderWords(documentsOf(community, 'shards').map(shard => ({ period: numberOf(shard, 'period'), kept: shard['kept'] === true })))
  return words === null ? [] : [words]
}

/** Who is left out; nothing where nobody is. */
function storageLines (community: JsonDocument): string[] {
  const storage = documentOf(community, 'storage')
  const words = storageWords({ bytes: numberOf(storage, 'bytes'), budgetBytes: numberOf(storage, 'budgetBytes'), authorsLeftOut: numberOf(storage, 'authorsLeftOut'), partial: storage['partial'] === true }, byteSize)
  return words === null ? [] : [words]
}

function timeOf (ms: number | null): string | null {
  return ms === null ? null : isoTime(ms)
}

function strings (document: JsonDocument, name: string): readonly string[] {
  const value = document[name]
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : []
}
