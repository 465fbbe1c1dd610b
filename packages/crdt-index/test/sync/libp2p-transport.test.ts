import { createLibp2pTransport } from '../../src/sync/libp2p-transport.ts'
import { createTestNode } from './libp2p-node.ts'
import { transportSuite } from './transport-suite.ts'

const test = transportSuite('libp2p', async () => {
  const nodes = await Promise.all([createTestNode(), createTestNode(), createTestNode()])
  const [a, b, c] = nodes
  const transports = nodes.map(node => createLibp2pTransport(node))
  const [first, middle, last] = transports
  if (first === undefined || middle === undefined || last === undefined) throw new Error('three nodes')
  await a.dial(b.getMultiaddrs())
  await b.dial(c.getMultiaddrs())
  return {
    first,
    middle,
    last,
    async disconnect () { await a.hangUp(b.peerId) },
    async close () {
      await Promise.all(transports.map(async transport => { await transport.close() }))
      await Promise.all(nodes.map(async node => { await node.stop() }))
    }
  }
})

test.run()
