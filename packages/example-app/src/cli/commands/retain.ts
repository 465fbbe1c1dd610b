// retain
import type { CommunityStatus, SeedbedNode } from '@seedbed/core'
import { optionalText } from '../arguments.ts'
import type { JsonDocument, NodeCommand } from '../command.ts'
import { usage } from '../failure.ts'
import { retainWords } from '../../exchange-words.ts'
import { communityName, documentsOf, numberOf, textOf } from './documents.ts'

export const retain: NodeCommand = {
  kind: 'node',
  name: 'retain',
  summary: 'Show or choose which months of a community are kept.',
  positionals: [
    { name: 'COMMUNITY', summary: 'Address or slug. Default: list all.', optional: true },
    { name: 'MONTHS', summary: 'How many of the newest months, 1 to 1200, or `all`.', optional: true, check: checkMonths }
  ],
  options: {},
  notes: ['Older months are dropped at once, but for what you wrote; their posts are listed as last known, and fetched again while they are opened.'],
  async execute ({ node, args }) {
    const [community, months] = [optionalText(args, 'COMMUNITY'), optionalText(args, 'MONTHS')]
    if (community === undefined) return { items: await list(node, null) }
    if (months !== undefined) {
      await node.communities.retain(community, months === 'all' ? 'all' : { months: Number(months) })
    }
    return { items: await list(node, node.communities.resolve(community).address) }
  },
  render (document) {
    const items = documentsOf(document, 'items')
    if (items.length === 0) return 'No community joined.'
    return items.map(item => `${communityName(textOf(item, 'slug'), textOf(item, 'address'))}: ${retainWords(numberOf(item, 'months') === 0 ? 'all' : { months: numberOf(item, 'months') })}`).join('\n')
  }
}

function checkMonths (months: string): void {
  if (months !== 'all' && !/^[1-9][0-9]{0,3}$/.test(months)) throw usage('MONTHS is a whole number from 1 to 1200, or all')
}

async function list (node: SeedbedNode, address: string | null): Promise<JsonDocument[]> {
  const { communities } = await node.status()
  return communities.filter(community => address === null || community.address === address).map(describe)
}

/** `months`: null for all. */
function describe ({ address, slug, retain, shards }: CommunityStatus): JsonDocument {
  return { address, slug, months: retain === 'all' ? null : retain.months, elsewhere: shards.filter(({ kept }) => !kept).map(({ period }) => period) }
}
