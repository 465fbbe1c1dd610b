// Encrypted fetches from peers with which the shared secret begins with a zero byte: another connection has another one.
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, tcpCandidate, type InfoHash, type PeerFault, type TorrentRef, type TorrentStore, type TorrentStoreError } from '../../src/index.ts'
import { fakePeer, randomBody } from '../bodies.ts'
import { keyFor, RC4, referenceAnswerer } from './mse-reference.ts'

const test = suite('short secrets')
const ends: Array<() => Promise<void>> = []
test.after.each(async () => { for (const end of ends.splice(0).reverse()) await end() })

interface Encrypting { readonly port: number, readonly ref: TorrentRef, readonly body: Uint8Array, dialled (): number }

/** Speaks MSE and nothing else, before a store that does not, of one body; the first `short` of its secrets begin with a zero byte. */
async function encryptingPeer (short: number): Promise<Encrypting> {
  const store = await storeOf()
  const { host, port } = await store.listen()
  const body = randomBody(40_000)
  const ref = await store.put(body)
  let dialled = 0
  const peer = await fakePeer(socket => {
    const isShort = dialled++ < short
    const behind = connect({ host, port, noDelay: true }).on('error', () => {})
    socket.on('close', () => { behind.destroy() })
    behind.on('close', () => { socket.destroy() })
    const front = referenceAnswerer(ref.infoHash, { privateKey: theirs => keyFor(theirs, secret => (secret[0] === 0) === isShort), pad: 40, innerPad: 3, methods: RC4, trims: true }, bytes => { socket.write(bytes) })
    let passed = 0
    socket.on('data', bytes => {
      if (bytes.includes('BitTorrent protocol')) { socket.destroy(); return }
      front.take(bytes)
      if (front.method !== null) behind.write(front.heard.subarray(passed))
      passed = front.heard.length
    })
    behind.on('data', (bytes: Buffer) => { front.say(bytes) })
  })
  ends.push(peer.close)
  return { port: peer.port, ref, body, dialled: () => dialled }
}

async function storeOf (): Promise<TorrentStore> {
  const store = await createTorrentStore({ db: createMemoryBlobs() })
  ends.push(async () => { await store.close() })
  return store
}

for (const encrypt of [true, 'fallback'] as const) {
  test(`a fetch dials again (${encrypt})`, async () => {
    const peer = await encryptingPeer(encrypt === true ? 2 : 3)
    const store = await storeOf()
    const { body, faults } = await store.fetch(peer.ref, { candidates: [tcpCandidate('127.0.0.1', peer.port, { encrypt })] })
    assert.equal(Buffer.from(body), Buffer.from(peer.body))
    assert.equal(faults, [])
    assert.is(peer.dialled(), encrypt === true ? 3 : 4)
  })
}

test('a fetch of many dials again, and goes on over sb_bodies', async () => {
  const peer = await encryptingPeer(2)
  const store = await storeOf()
  const faults: PeerFault[] = []
  const found: Array<[InfoHash, number]> = []
  for await (const { infoHash, body } of store.fetchMany([peer.ref], { candidates: [tcpCandidate('127.0.0.1', peer.port, { encrypt: true })], onFault: fault => faults.push(fault) })) found.push([infoHash, body?.length ?? 0])
  assert.equal(found, [[peer.ref.infoHash, 40_000]])
  assert.equal(faults, [])
  assert.is(peer.dialled(), 3)
})

test('a peer that always has such a secret is left alone after four connections', async () => {
  const peer = await encryptingPeer(Infinity)
  const store = await storeOf()
  const candidates = [tcpCandidate('127.0.0.1', peer.port, { encrypt: true })]
  await store.fetch(peer.ref, { candidates }).then(() => { assert.unreachable() }, (error: TorrentStoreError) => {
    assert.equal(error.faults.map(({ reason }) => reason), ['BAD_PROTOCOL'])
  })
  assert.is(peer.dialled(), 4)
  const faults: PeerFault[] = []
  for await (const { body } of store.fetchMany([peer.ref], { candidates, onFault: fault => faults.push(fault) })) assert.is(body, undefined)
  assert.is(peer.dialled(), 8)
  assert.equal(faults.map(({ reason }) => reason), ['BAD_PROTOCOL'])
})

test.run()
