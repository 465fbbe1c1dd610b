import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createNode } from '../../src/create-node.ts'
import type { NodeStatus } from '../../src/node.ts'
import type { CommonNodeOptions } from '../../src/options.ts'

const test = suite<{ dir: string }>('ports of the last start')

test.before.each(async context => { context.dir = await mkdtemp(path.join(tmpdir(), 'seedbed-ports-')) })
test.after.each(async ({ dir }) => { await rm(dir, { recursive: true, force: true }) })

const where = ({ addresses, torrentPort }: NodeStatus): unknown[] => [...addresses, torrentPort]
const portOf = ({ addresses }: NodeStatus): number => Number(/\/tcp\/(\d+)/.exec(addresses[0] ?? '')?.[1])

async function statusAt (dataDir: string, options: CommonNodeOptions = {}): Promise<NodeStatus> {
  await using node = await createNode({ dataDir, ...options })
  return await node.status()
}

async function occupy (port: number): Promise<AsyncDisposable> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve) })
  return { [Symbol.asyncDispose]: async () => { await new Promise<void>(resolve => { server.close(() => { resolve() }) }) } }
}

test('a node comes back at its address, whatever it was told meanwhile', async ({ dir }) => {
  const first = await statusAt(dir)
  assert.equal(where(await statusAt(dir)), where(first))
  await statusAt(dir, { network: { listen: ['/ip4/127.0.0.1/tcp/0'] }, torrent: { port: 0 } })
  await statusAt(dir, { network: false, torrent: false })
  assert.equal(where(await statusAt(dir)), where(first))
})

test('ports that others have by now are given up, for good', async ({ dir }) => {
  const first = await statusAt(dir)
  let moved: NodeStatus
  {
    await using _torrent = await occupy(first.torrentPort ?? 0)
    await using _libp2p = await occupy(portOf(first))
    moved = await statusAt(dir)
    assert.is.not(moved.torrentPort, first.torrentPort)
    assert.is.not(portOf(moved), portOf(first))
    const error = await statusAt(dir, { torrent: { port: first.torrentPort ?? 0 } }).then(() => null, (error: unknown) => error as Error & { code: string })
    assert.is(error?.code, 'NETWORK_FAILED')
    assert.is(error?.message, `Cannot listen on 127.0.0.1 port ${first.torrentPort}: another program uses the port; choose another one.`)
    const taken = `/ip4/127.0.0.1/tcp/${portOf(first)}`
    const other = await statusAt(dir, { network: { listen: [taken] } }).then(() => null, (error: unknown) => error as Error & { code: string })
    assert.is(other?.message, `Cannot listen on ${taken}: another program uses the port; choose another one.`)
  }
  assert.equal(where(await statusAt(dir)), where(moved))
})

test.run()
