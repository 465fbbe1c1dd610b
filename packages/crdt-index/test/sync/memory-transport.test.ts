import { createMemoryNetwork } from '../../src/sync/memory-transport.ts'
import { transportSuite } from './transport-suite.ts'

const test = transportSuite('memory', async () => {
  const network = createMemoryNetwork()
  const [first, middle, last] = [network.peer('first'), network.peer('middle'), network.peer('last')]
  first.connect('middle')
  middle.connect('last')
  return {
    first,
    middle,
    last,
    async disconnect () { first.disconnect('middle') },
    async close () { for (const peer of [first, middle, last]) peer.close() }
  }
})

test.run()
