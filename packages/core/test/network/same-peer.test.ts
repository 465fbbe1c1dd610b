// Two connections with one peer, on real libp2p nodes: gossip goes on when the one it uses ends or falls silent.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_CONNECTIONS_OF_PEER } from '../../src/limits.ts'
import { createLibp2pNode } from '../../src/network/libp2p.ts'
import type { SeedbedLibp2p } from '../../src/network/libp2p-settings.ts'
import { endIfDead, watchSamePeer } from '../../src/network/same-peer.ts'
import { until } from '../nodes.ts'

const test = suite('core/network/same-peer')
const TOPIC = 'topic'

async function twoNodes (): Promise<{ one: SeedbedLibp2p, two: SeedbedLibp2p, received: string[] } & AsyncDisposable> {
  const [one, two] = await Promise.all([1, 2].map(async () => await createLibp2pNode(await generateKeyPair('Ed25519'), {}))) as [SeedbedLibp2p, SeedbedLibp2p]
  const ends = [one, two].map(watchSamePeer)
  const received: string[] = []
  for (const { services: { pubsub } } of [one, two]) pubsub.subscribe(TOPIC)
  two.services.pubsub.addEventListener('gossipsub:message', ({ detail }) => { received.push(new TextDecoder().decode(detail.msg.data)) })
  return {
    one, two, received,
    async [Symbol.asyncDispose] () {
      for (const end of ends) end()
      await Promise.all([one.stop(), two.stop()])
    }
  }
}

/** Published until it arrives: a mesh takes a heartbeat to form. */
async function arrives ({ one, received }: { one: SeedbedLibp2p, received: string[] }, text: string): Promise<void> {
  let n = 0
  await until(`${text} arrives`, async () => {
    await one.services.pubsub.publish(TOPIC, new TextEncoder().encode(`${text} ${n++}`)).catch(() => {})
    return received.some(message => message.startsWith(text))
  })
}

test('the connection that gossip uses is closed', async () => {
  await using nodes = await twoNodes()
  const { one, two } = nodes
  const first = await one.dial(two.getMultiaddrs())
  await arrives(nodes, 'first')
  await one.dial(two.getMultiaddrs(), { force: true })
  assert.is(one.getConnections().length, 2)
  await first.close()
  await arrives(nodes, 'second')
  assert.is(one.getConnections().length, 1)
})

/** A way to `node` that can fall silent: then neither end hears that the other one went. */
async function lineTo (node: SeedbedLibp2p): Promise<{ address: Multiaddr, silence: () => void } & AsyncDisposable> {
  const port = Number(/\/tcp\/(\d+)/.exec(String(node.getMultiaddrs()[0]))?.[1])
  const sockets = new Set<Socket>()
  const line = createServer(near => {
    const far = connect(port, '127.0.0.1')
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      sockets.add(socket)
      socket.on('error', () => {}).pipe(other)
    }
  })
  await new Promise<void>(resolve => { line.listen(0, '127.0.0.1', resolve) })
  return {
    address: multiaddr(`/ip4/127.0.0.1/tcp/${(line.address() as AddressInfo).port}/p2p/${node.peerId.toString()}`),
    silence () { for (const socket of sockets) socket.unpipe().pause() },
    async [Symbol.asyncDispose] () {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => { line.close(resolve) })
    }
  }
}

test('a connection that fell silent is ended when its peer connects anew', async () => {
  await using nodes = await twoNodes()
  const { one, two } = nodes
  await using line = await lineTo(one)
  await two.dial(line.address)
  await arrives(nodes, 'before')
  line.silence()
  const [silent] = one.getConnections()
  await two.dial(one.getMultiaddrs(), { force: true })
  await until('the silent one is gone', () => !one.getConnections().includes(silent as NonNullable<typeof silent>))
  await arrives(nodes, 'after')
})

test('who noticed later that a connection is gone goes on hearing what comes over the other one', async () => {
  await using nodes = await twoNodes()
  const { one, two } = nodes
  await using line = await lineTo(one)
  const lost = await two.dial(line.address)
  await arrives(nodes, 'over the first')
  const [first] = one.getConnections()
  await two.dial(one.getMultiaddrs(), { force: true })
  await until('both know of both', () => one.getConnections().length === 2)
  await arrives(nodes, 'meanwhile both were asked for a sign of life')
  line.silence()
  first?.abort(new Error('lost'))
  await arrives(nodes, 'over the second')
  lost.abort(new Error('lost, as was noticed now'))
  await arrives(nodes, 'still')
})

test('a peer that opens one connection after the other keeps a few', async () => {
  await using nodes = await twoNodes()
  const { one, two } = nodes
  for (let n = 0; n < MAX_CONNECTIONS_OF_PEER + 4; n++) await two.dial(one.getMultiaddrs(), { force: true })
  await until('the oldest are gone', () => one.getConnections().length <= MAX_CONNECTIONS_OF_PEER)
  assert.is(one.getConnections().length, MAX_CONNECTIONS_OF_PEER)
  await arrives(nodes, 'still heard')
})

test('a peer that does not answer pings, and says so, is alive', async () => {
  await using nodes = await twoNodes()
  const { one, two } = nodes
  await two.unhandle('/ipfs/ping/1.0.0')
  const first = await one.dial(two.getMultiaddrs())
  await endIfDead(first, new AbortController().signal)
  assert.is(first.status, 'open')
})

test.run()
