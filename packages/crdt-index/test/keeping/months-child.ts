// A peer over libp2p with twelve months of a community; prints where it is and what it has, and ends with its input.
import { MemoryLevel } from 'memory-level'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import { createLibp2pTransport } from '../../src/sync/libp2p-transport.ts'
import { createTestNode } from '../sync/libp2p-node.ts'
import { createMonthWorld, NOW } from './month-world.ts'

const world = await createMonthWorld(10)
const node = await createTestNode()
const transport = createLibp2pTransport(node)
const index = await createCrdtIndex({ db: new MemoryLevel(), transport, clock: () => NOW, syncIntervalMs: 3_600_000 })
await index.join(world.address, world.genesis)
await index.ingest(world.address, world.envelopes)
console.log(JSON.stringify({ address: world.address, at: node.getMultiaddrs()[0]?.toString(), digest: index.status(world.address).digest, items: [...world.items].map(([period, items]) => [period, items[0]]) }))
process.stdin.resume().on('end', () => {
  void (async () => {
    await index.close()
    await transport.close()
    await node.stop()
    process.exit(0)
  })()
})
