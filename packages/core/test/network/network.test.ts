// What the rest of a node hears of its network.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Level } from 'level'
import { createKeptPort } from '../../src/network/kept-port.ts'
import { createNetwork, type Network } from '../../src/network/network.ts'
import { until } from '../nodes.ts'

const test = suite('core/network/network')
const silent = { debug: () => {}, info: () => {}, warn: () => {} }

async function open (connect: readonly string[] = []): Promise<Network> {
  const db = new MemoryLevel() as unknown as Level
  return await createNetwork({ privateKey: async () => await generateKeyPair('Ed25519'), port: createKeptPort(db, 'libp2p-port', silent) }, { listen: ['/ip4/127.0.0.1/tcp/0'], connect }, silent)
}

test('who listens late hears of those who are identified and still connected', async () => {
  const one = await open()
  const two = await open(one.addresses())
  try {
    const early: string[] = []
    two.onIdentified(({ peerId }) => { early.push(peerId) })
    await until('the first is identified', () => early.includes(one.peerId))
    const late: string[] = []
    const end = two.onIdentified(({ peerId, direction }) => { late.push(`${peerId} ${direction}`) })
    await until('the late one hears', () => late.length > 0)
    assert.equal(late, [`${one.peerId} outbound`])
    end()
    two.onIdentified(() => { throw new Error('ended before it was told') })()
    await one.close()
    await until('it is gone', () => !two.isConnected(one.peerId))
    const after: string[] = []
    two.onIdentified(({ peerId }) => { after.push(peerId) })
    await new Promise(resolve => setTimeout(resolve, 20))
    assert.equal(after, [])
  } finally {
    await Promise.all([one.close(), two.close()])
  }
})

test.run()
