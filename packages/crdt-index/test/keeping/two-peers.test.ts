// Two processes over libp2p: one has twelve months, the other keeps two, reads the newest first, and opens an older one.
// test-timeout-ms: 60000
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { Level } from 'level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import { META_PERIOD, type CommunityAddress, type ItemId } from '../../src/model.ts'
import { createLibp2pTransport } from '../../src/sync/libp2p-transport.ts'
import { createTestNode } from '../sync/libp2p-node.ts'
import { until } from '../sync/memory-replica.ts'
import { months, NOW } from './month-world.ts'

const test = suite('months between two processes')
interface Told { readonly address: CommunityAddress, readonly at: string, readonly digest: string, readonly items: ReadonlyArray<[number, ItemId]> }

test('a newcomer reads the newest month first, keeps what it was told to, and fetches what it wants', async () => {
  const child = spawn(process.execPath, ['--conditions=source', path.join(import.meta.dirname, 'months-child.ts')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const folder = await mkdtemp(path.join(tmpdir(), 'crdt-index-months-'))
  try {
    let printed = ''
    child.stdout.setEncoding('utf8')
    while (!printed.includes('\n')) printed += String((await once(child.stdout, 'data'))[0])
    const { address, at, digest, items } = JSON.parse(printed) as Told
    const node = await createTestNode()
    const transport = createLibp2pTransport(node)
    const db = new Level(folder)
    const index = await createCrdtIndex({ db, transport, clock: () => NOW, syncIntervalMs: 3_600_000, retain: 'all' })
    try {
      const order: number[] = []
      index.on('change', ({ period }) => { if (order.at(-1) !== period) order.push(period) })
      await index.join(address)
      await node.dial(multiaddr(at))
      await until(() => index.status(address).sync.state === 'synced' && index.status(address).digest === digest, 'all is here')
      assert.equal(order, [META_PERIOD, ...months], 'the newest first')

      await index.retain(address, { months: 2 })
      const holdings = (): string[] => months.map(period => index.holding(address, period))
      assert.equal(holdings(), ['whole', 'whole', ...months.slice(2).map(() => 'absent')])
      const [period, item] = items[7]!
      const known = index.item(address, period, item)
      assert.is(known?.asOfMs, NOW)
      await index.want(address, period)
      await until(() => index.holding(address, period) === 'whole', 'it is fetched, later where the machine is too busy for a first answer', 40_000)
      assert.equal(index.item(address, period, item), { ...known, asOfMs: null })
      await index.sync(address)
      assert.equal([index.status(address).sync.state, index.status(address).sync.missing, index.status(address).sync.exchanges.map(({ state }) => state)], ['synced', 0, ['equal']])
      assert.is(holdings().filter(holding => holding === 'whole').length, 3)
      await index.release(address, period)
      assert.is(index.holding(address, period), 'absent')
    } finally {
      await index.close()
      await transport.close()
      await node.stop()
      await db.close()
    }
  } finally {
    child.stdin.end()
    await once(child, 'close')
    await rm(folder, { recursive: true, force: true })
  }
})

test.run()
