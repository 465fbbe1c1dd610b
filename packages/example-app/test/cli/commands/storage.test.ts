import type { CommunityStatus, NodeStatus, SeedbedNode } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkArguments, checkForms } from '../../../src/cli/arguments.ts'
import type { JsonDocument } from '../../../src/cli/command.ts'
import { storage } from '../../../src/cli/commands/storage.ts'

const test = suite('storage')
const address = 'c'.repeat(64) as CommunityStatus['address']
const terminal = { colour: false, columns: 80, nowMs: 0 }
const DEFAULT_BYTES = 256 * 2 ** 20

function fake (): { node: SeedbedNode, chosen: Array<number | null> } {
  const chosen: Array<number | null> = []
  let budgetBytes = DEFAULT_BYTES
  const other = { address: 'd'.repeat(64), slug: 'other', storage: { bytes: 2 ** 20, budgetBytes: 2 ** 20, authors: 9, authorsLeftOut: 3, partial: true } }
  const node = {
    status: async () => ({ communities: [{ address, slug: 'garden', storage: { bytes: 1536, budgetBytes, authors: 1, authorsLeftOut: 0, partial: false } }, other] }) as unknown as NodeStatus,
    communities: {
      resolve: () => ({ address }),
      budget: async (_community: string, bytes: number | null) => {
        chosen.push(bytes)
        budgetBytes = bytes ?? DEFAULT_BYTES
      }
    }
  } as unknown as SeedbedNode
  return { node, chosen }
}

async function run (node: SeedbedNode, args: Record<string, string>): Promise<JsonDocument> {
  const checked = checkArguments(storage, args)
  checkForms(storage, checked)
  return await storage.execute({ node, args: checked }, new AbortController().signal)
}

test('shows what communities take up, and who is left out', async () => {
  const { node, chosen } = fake()
  const lines = storage.render(await run(node, {}), terminal).split('\n')
  assert.equal(lines.slice(0, 2), ['garden: 1.5 KiB of 256.0 MiB, 1 author', 'other: 1.0 MiB of 1.0 MiB, 9 authors'])
  assert.match(lines.slice(2).join(' ').replaceAll(/\s+/g, ' '), '3 authors whose keys')
  assert.ok(lines.every(line => line.length <= 80))
  assert.equal(await run(node, { COMMUNITY: 'garden' }), { items: [{ address, slug: 'garden', bytes: 1536, budgetBytes: DEFAULT_BYTES, authors: 1, authorsLeftOut: 0, partial: false }] })
  assert.equal(chosen, [])
})

test('takes sizes with a unit, none and the default', async () => {
  const { node, chosen } = fake()
  for (const SIZE of ['64MiB', '1.5gib', '0B', '100 KiB', 'default']) await run(node, { COMMUNITY: 'garden', SIZE })
  const document = await run(node, { COMMUNITY: 'garden', SIZE: 'none' })
  assert.equal(chosen, [64 * 2 ** 20, 1.5 * 2 ** 30, 0, 100 * 1024, null, Infinity])
  assert.is((document['items'] as JsonDocument[])[0]?.['budgetBytes'], null)
  assert.is(storage.render(document, terminal), 'garden: 1.5 KiB, no bound, 1 author')
})

test('refuses what is no size before anything is asked', async () => {
  const { node, chosen } = fake()
  for (const SIZE of ['64', '-1MiB', 'MiB', '1,5MiB', '1e3KiB', '64MB', 'all', '', `${'9'.repeat(20)}GiB`]) {
    await run(node, { COMMUNITY: 'garden', SIZE }).then(() => assert.unreachable(SIZE), (error: { code: string }) => { assert.is(error.code, 'USAGE', SIZE) })
  }
  assert.equal(chosen, [])
})

test.run()
