// storage
import type { CommunityStatus, SeedbedNode } from '@seedbed/core'
import { optionalText } from '../arguments.ts'
import type { JsonDocument, NodeCommand } from '../command.ts'
import { usage } from '../failure.ts'
import { storageWords } from '../../exchange-words.ts'
import { byteSize, plural, style, type Terminal } from '../terminal/terminal.ts'
import { COMMUNITY, communityName, documentsOf, numberOf, paragraph, textOf } from './documents.ts'

const UNITS: Readonly<Record<string, number>> = { b: 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 }
/** With a unit: a bare number is more often a slip than a count of bytes. */
const SIZE = /^(\d{1,12}(?:\.\d{1,3})?) ?(B|KiB|MiB|GiB)$/i

export const storage: NodeCommand = {
  kind: 'node',
  name: 'storage',
  summary: 'Show or set how much room a community may take here.',
  positionals: [
    { ...COMMUNITY, summary: 'Address or slug. Default: list all.', optional: true },
    { name: 'SIZE', summary: 'Such as 64MiB or 1.5GiB; `none` for no bound, `default` for the usual one.', optional: true, check: size => { bytesOf(size) } }
  ],
  options: {},
  notes: [
    'It bounds signed changes: entries, votes, names; for texts see run --cache-bytes.',
    'Where a community outgrows it, what you wrote stays, then whom you follow, the founder and moderators, and the best admission stamps; others are dropped at once, and come from peers when there is room again.'
  ],
  async execute ({ node, args }, signal) {
    const [community, size] = [optionalText(args, 'COMMUNITY'), optionalText(args, 'SIZE')]
    const address = community === undefined ? null : node.communities.resolve(community).address
    if (address !== null && size !== undefined) await node.communities.budget(address, bytesOf(size), { signal })
    return { items: await list(node, address) }
  },
  render (document, terminal) {
    const items = documentsOf(document, 'items')
    return items.length === 0 ? 'No community joined.' : items.map(item => entry(item, terminal)).join('\n')
  }
}

/** Null: the default. Errors: USAGE. */
function bytesOf (size: string): number | null {
  if (size === 'default') return null
  if (size === 'none') return Infinity
  const [, count = '', unit = ''] = SIZE.exec(size) ?? []
  const factor = UNITS[unit.toLowerCase()]
  if (count === '' || factor === undefined) throw usage(`${JSON.stringify(size.slice(0, 80))} is no size: give one such as 64MiB or 1.5GiB, none, or default.`)
  return Math.round(Number(count) * factor)
}

async function list (node: SeedbedNode, address: string | null): Promise<JsonDocument[]> {
  const { communities } = await node.status()
  return communities.filter(community => address === null || community.address === address).map(describe)
}

/** `budgetBytes`: null where there is no bound. */
function describe ({ address, slug, storage: { bytes, budgetBytes, authors, authorsLeftOut, partial } }: CommunityStatus): JsonDocument {
  return { address, slug, bytes, budgetBytes: Number.isFinite(budgetBytes) ? budgetBytes : null, authors, authorsLeftOut, partial }
}

function entry (item: JsonDocument, terminal: Terminal): string {
  const bound = item['budgetBytes'] === null ? 'no bound' : `of ${byteSize(numberOf(item, 'budgetBytes'))}`
  const words = storageWords({ bytes: numberOf(item, 'bytes'), budgetBytes: numberOf(item, 'budgetBytes'), authorsLeftOut: numberOf(item, 'authorsLeftOut'), partial: item['partial'] === true }, byteSize)
  return [
    `${style(terminal, 'bold', communityName(textOf(item, 'slug'), textOf(item, 'address')))}: ${byteSize(numberOf(item, 'bytes'))}${item['budgetBytes'] === null ? ', ' : ' '}${bound}, ${plural(numberOf(item, 'authors'), 'author')}`,
    ...(words === null ? [] : paragraph(terminal, words, 2))
  ].join('\n')
}
