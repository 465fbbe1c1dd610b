// test-timeout-ms: 30000
// Dialling a stranger: TCP, and uTP where TCP does not get through.
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createSwarm, createTorrentStore, magnet, refOf, type TorrentStoreError } from '../../src/index.ts'
import { peerCandidate } from '../../src/swarm/peer-candidate.ts'
import { fakePeer, randomBody, seedWith, until } from '../bodies.ts'

const test = suite('peer candidate')
const body = randomBody(30_000)

/** A store that is reached at `port` over uTP only: the UDP half of its port, and nothing at the TCP half. */
async function relayOverUdp (to: number): Promise<{ port: number, datagrams: () => number, close: () => Promise<void> }> {
  const front = createSocket('udp4')
  const backs = new Map<number, UdpSocket>()
  let datagrams = 0
  front.on('message', (bytes, from) => {
    datagrams++
    let back = backs.get(from.port)
    if (back === undefined) {
      back = createSocket('udp4')
      back.on('message', answer => { front.send(answer, from.port, from.address) })
      backs.set(from.port, back)
    }
    back.send(bytes, to, '127.0.0.1')
  })
  await new Promise<void>(resolve => { front.bind(0, '127.0.0.1', resolve) })
  return {
    port: front.address().port,
    datagrams: () => datagrams,
    close: async () => { for (const socket of [front, ...backs.values()]) await new Promise<void>(resolve => { socket.close(resolve) }) }
  }
}

/** A seeder over TCP, and an ear at the UDP port of the same number. */
async function tcpAndUdp (): Promise<{ port: number, datagrams: () => number, close: () => Promise<void> }> {
  for (;;) {
    const tcp = await fakePeer(socket => { seedWith(socket, refOf(body), body) })
    const udp = createSocket('udp4')
    let datagrams = 0
    udp.on('message', () => { datagrams++ })
    const isBound = await new Promise<boolean>(resolve => {
      udp.once('error', () => { resolve(false) }) // another process has it
      udp.bind(tcp.port, '127.0.0.1', () => { resolve(true) })
    })
    if (isBound) {
      return {
        port: tcp.port,
        datagrams: () => datagrams,
        async close () {
          await tcp.close()
          await new Promise<void>(resolve => { udp.close(resolve) })
        }
      }
    }
    await tcp.close()
  }
}

test('a peer that refuses TCP is reached over uTP; one that takes TCP is not written to over UDP', async () => {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  const ref = await store.put(body)
  const listener = await store.listen()
  assert.equal(listener.transports, ['tcp', 'utp'])
  const relay = await relayOverUdp(listener.port)
  await using swarm = createSwarm({ store: { has: async () => false }, limits: { utpDelayMs: 10_000 } })
  const fetched = await swarm.fetch(ref.infoHash, { peers: [`127.0.0.1:${relay.port}`] })
  assert.equal(Buffer.from(fetched.body), Buffer.from(body))
  assert.ok(relay.datagrams() > 0)
  await relay.close()
  const both = await tcpAndUdp()
  await swarm.fetch(magnet(ref), { peers: [`127.0.0.1:${both.port}`] })
  assert.is(both.datagrams(), 0)
  await both.close()
})

test('a peer that answers to neither is out of reach, soon, for the reason of TCP', async () => {
  const deaf = createSocket('udp4')
  let datagrams = 0
  deaf.on('message', () => { datagrams++ })
  await new Promise<void>(resolve => { deaf.bind(0, '127.0.0.1', resolve) })
  await using swarm = createSwarm({ store: { has: async () => false }, limits: { utpDelayMs: 300 } })
  const error = await swarm.fetch('a'.repeat(40), { peers: [`127.0.0.1:${deaf.address().port}`] }).catch((thrown: unknown) => thrown) as TorrentStoreError
  assert.is(error.code, 'NOT_FOUND')
  assert.is(error.faults[0]?.reason, 'UNREACHABLE')
  assert.is((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED')
  assert.ok(datagrams > 0 && datagrams < 10, `${datagrams}`)
  await new Promise<void>(resolve => { deaf.close(resolve) })
})

test('an aborted dial rejects and leaves nothing open', async () => {
  const { port, sockets, close } = await fakePeer(() => {})
  const controller = new AbortController()
  const late = await peerCandidate('127.0.0.1', port, 50).open({ signal: controller.signal })
  controller.abort(new Error('enough'))
  assert.not.ok(late.destroyed) // whoever was given it owns it
  late.destroy()
  await until(() => sockets.size === 0)
  await close()
  const deaf = createSocket('udp4')
  await new Promise<void>(resolve => { deaf.bind(0, '127.0.0.1', resolve) })
  const before = new AbortController()
  deaf.once('message', () => { before.abort(new Error('enough')) }) // TCP is refused by then
  const error = await peerCandidate('127.0.0.1', deaf.address().port, 60_000).open({ signal: before.signal }).catch((thrown: unknown) => thrown) as NodeJS.ErrnoException
  assert.is(error.code, 'ECONNREFUSED')
  await new Promise<void>(resolve => { deaf.close(resolve) })
})

test.run()
