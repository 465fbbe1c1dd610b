import type { CommunityStatus, NodeStatus, Retain, SeedbedNode } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkArguments, checkForms } from '../../../src/cli/arguments.ts'
import type { JsonDocument } from '../../../src/cli/command.ts'
import { retain } from '../../../src/cli/commands/retain.ts'

const test = suite('retain')
const address = 'c'.repeat(64) as CommunityStatus['address']
const terminal = { colour: false, columns: 80, nowMs: 0 } as unknown as Parameters<typeof retain.render>[1]

function fake (): { node: SeedbedNode, chosen: Array<[string, Retain | null]> } {
  const chosen: Array<[string, Retain | null]> = []
  let kept: Retain = 'all'
  const shards = [{ period: 202611, kept: true }, { period: 202610, kept: false }] as unknown as CommunityStatus['shards']
  const node = {
    status: async () => ({ communities: [{ address, slug: 'garden', retain: kept, shards }, { address: 'd'.repeat(64), slug: 'other', retain: 'all', shards: [] }] }) as unknown as NodeStatus,
    communities: {
      resolve: () => ({ address }),
      retain: async (community: string, next: Retain) => {
        chosen.push([community, next])
        kept = next
      }
    }
  } as unknown as SeedbedNode
  return { node, chosen }
}

async function run (node: SeedbedNode, args: Record<string, string>): Promise<JsonDocument> {
  const checked = checkArguments(retain, args)
  checkForms(retain, checked)
  return await retain.execute({ node, args: checked }, new AbortController().signal)
}

test('lists, shows and chooses what is kept', async () => {
  const { node, chosen } = fake()
  assert.is(retain.render(await run(node, {}), terminal), 'garden: all months are kept\nother: all months are kept')
  const document = await run(node, { COMMUNITY: 'garden', MONTHS: '2' })
  assert.equal(document, { items: [{ address, slug: 'garden', months: 2, elsewhere: [202610] }] })
  assert.is(retain.render(document, terminal), 'garden: the newest 2 months are kept')
  assert.is(retain.render(await run(node, { COMMUNITY: 'garden', MONTHS: 'all' }), terminal), 'garden: all months are kept')
  assert.equal(chosen, [['garden', { months: 2 }], ['garden', 'all']])
})

test('refuses what is no number of months before anything is asked', async () => {
  const { node, chosen } = fake()
  for (const MONTHS of ['0', '-1', '1.5', 'some', '12345']) await run(node, { COMMUNITY: 'garden', MONTHS }).then(() => assert.unreachable(MONTHS), (error: { code: string }) => { assert.is(error.code, 'USAGE') })
  assert.equal(chosen, [])
})

test.run()
