// Peers that name others (BEP 11): one that has nothing itself leads to one that has, and liars cost little.
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createSwarm, createTorrentStore, magnet, refOf, type TorrentStoreError } from '../../src/index.ts'
import { MAX_PEX_MESSAGES, MAX_PEX_PEERS } from '../../src/limits.ts'
import { readPexMessage } from '../../src/swarm/pex-message.ts'
import { extended, fakePeer, handshake, message, randomBody, until } from '../bodies.ts'

const test = suite('peer exchange')
const body = randomBody(30_000)
const ref = refOf(body)
const closers: Array<() => Promise<void>> = []
test.after.each(async () => { for (const close of closers.splice(0)) await close() })

const compact = (ports: readonly number[]): Buffer => Buffer.concat(ports.map(port => Buffer.from([127, 0, 0, 1, port >> 8, port & 255])))
const added = (ports: readonly number[]): Buffer => Buffer.concat([Buffer.from(`d5:added${6 * ports.length}:`), compact(ports), Buffer.from(`7:added.f${ports.length}:`), Buffer.alloc(ports.length), Buffer.from('e')])

/** A peer that has nothing, and once it knows our number for ut_pex says these messages. */
async function naming (messages: readonly Uint8Array[]): Promise<{ address: string, sockets: Set<Socket>, asked: () => boolean }> {
  let asked = false
  const peer = await fakePeer(socket => {
    socket.write(Buffer.concat([handshake(ref.infoHash), extended(0, 'd1:md6:ut_pexi9eee'), message(15)]))
    let heard = Buffer.alloc(0)
    socket.on('data', chunk => {
      heard = Buffer.concat([heard, chunk])
      const id = /6:ut_pexi(\d+)e/.exec(heard.toString('latin1'))?.[1]
      if (id === undefined) return
      asked = true
      heard = Buffer.alloc(0)
      for (const payload of messages) socket.write(extended(Number(id), payload))
    })
  })
  closers.push(peer.close)
  return { address: `127.0.0.1:${peer.port}`, sockets: peer.sockets, asked: () => asked }
}
async function failure (work: Promise<unknown>): Promise<TorrentStoreError> {
  return await work.then(() => assert.unreachable(), (error: unknown) => error) as TorrentStoreError
}

test('a peer that has nothing leads to one that has the body', async () => {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  await store.put(body)
  const { port } = await store.listen()
  const leecher = await naming([added([port])])
  await using swarm = createSwarm({ store: { has: async () => false } })
  const fetched = await swarm.fetch(magnet(ref, { peers: [leecher.address] }), { near: true })
  assert.is(fetched.from, `127.0.0.1:${port}`)
  assert.equal(Buffer.from(fetched.body), Buffer.from(body))
  await until(() => leecher.sockets.size === 0)
})

test('a peer that names thousands makes us dial half of the budget, each once', async () => {
  const dials = new Map<number, number>()
  const ports = await Promise.all(Array.from({ length: 40 }, async () => {
    const peer = await fakePeer(socket => {
      dials.set(socket.localPort ?? 0, (dials.get(socket.localPort ?? 0) ?? 0) + 1)
      socket.destroy()
    })
    closers.push(peer.close)
    return peer.port
  }))
  const liar = await naming(Array.from({ length: 200 }, (_, index) => added([...ports.slice(index % 40), ...ports])))
  await using swarm = createSwarm({ store: { has: async () => false }, limits: { maxPeersPerSearch: 20, candidateTimeoutMs: 1500 } })
  const error = await failure(swarm.fetch(magnet(ref, { peers: [liar.address] }), { near: true }))
  assert.ok(liar.asked())
  assert.is(error.code, 'NOT_FOUND')
  assert.is(error.faults.length, 11)
  assert.is(dials.size, 10)
  for (const count of dials.values()) assert.is(count, 2) // plain and encrypted
})

test('nonsense is passed by, and who flooded loses only its own connection', async () => {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  await store.put(body)
  const { port } = await store.listen()
  const nonsense = ['', 'l-3:e', 'd5:addedi5ee', 'd5:added5:aaaaae', 'le', 'i1e'].map(text => Buffer.from(text))
  const confused = await naming([...nonsense, added([port])])
  const flooding = await naming(Array.from({ length: 20_000 }, () => added([1])))
  await using swarm = createSwarm({ store: { has: async () => false }, limits: { candidateTimeoutMs: 1500 } })
  const error = await failure(swarm.fetch(magnet(ref, { peers: [confused.address, flooding.address] }), { near: true }))
  assert.is(error.code, 'NOT_FOUND') // what comes after the second message is not read
  assert.ok(MAX_PEX_MESSAGES < nonsense.length)
  assert.equal(error.faults.map(({ id, reason }) => [id, reason]).sort(([a = ''], [b = '']) => a < b ? -1 : 1), [
    ['127.0.0.1:1', 'UNREACHABLE'], [confused.address, 'STALLED'], [flooding.address, 'TOO_MANY_BYTES']
  ].sort(([a = ''], [b = '']) => a < b ? -1 : 1))
  assert.is((await swarm.fetch(magnet(ref, { peers: [flooding.address, `127.0.0.1:${port}`] }), { near: true })).from, `127.0.0.1:${port}`)
})

test('whatever it says, it gives addresses with ports, and not many', () => {
  const parts = fc.array(fc.oneof(fc.constantFrom('d', 'l', 'e', '5:added', '6:added6', '6:\x7f\x00\x00\x01\x00\x05', '18:aaaaaaaaaaaaaaaa\x00\x01', 'i1e', '-1:', '0:'), fc.string({ maxLength: 8 })), { maxLength: 10 })
  fc.assert(fc.property(parts, fc.nat(3000), (parts, count) => {
    for (const bytes of [Buffer.from(parts.join(''), 'latin1'), added(Array.from({ length: count }, (_, port) => port))]) {
      const peers = readPexMessage(bytes)
      assert.ok(peers.length <= 2 * MAX_PEX_PEERS && peers.every(({ host, port }) => host !== '' && port > 0 && port < 65_536))
    }
  }))
  assert.equal(readPexMessage(Buffer.from(`d5:added6:\x7f\x00\x00\x01\x1a\xe16:added618:${'\x00'.repeat(15)}\x01\x1a\xe27:dropped6:\x7f\x00\x00\x01\x1a\xe3e`, 'latin1')), [
    { host: '127.0.0.1', port: 6881 }, { host: '0000:0000:0000:0000:0000:0000:0000:0001', port: 6882 }
  ])
})

test.run()
