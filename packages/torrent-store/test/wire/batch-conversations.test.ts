// Whole conversations of sb_bodies, byte for byte: our server against the requester of the vectors, our requester against
// their server. And an ordinary client beside it, which must not notice.
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import BittorrentProtocol from 'bittorrent-protocol'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, parseInfoHash, tcpCandidate, type PeerFault } from '../../src/index.ts'
import { fakePeer, randomBody, until } from '../bodies.ts'

const test = suite('conversations of sb_bodies')
interface Conversation {
  name: string
  held: string[]
  wanted: string[]
  steps: Array<{ from: 'requester' | 'server', means: string, bytes: string }>
  ends: 'by nobody' | 'by the server' | 'by the requester'
  replay: string[]
}
const vectors = JSON.parse(readFileSync(new URL('../../../../test/vectors/sb-bodies.json', import.meta.url), 'utf8')) as { peerIds: { requester: string, server: string }, conversations: Conversation[] }

const ends: Array<() => Promise<void>> = []
test.after.each(async () => { for (const end of ends.splice(0).reverse()) await end() })

/** What came over a socket, hex. */
function collected (socket: Socket): { text (): string, closed (): boolean } {
  const chunks: Buffer[] = []
  let closed = false
  socket.on('data', (chunk: Buffer) => { chunks.push(chunk) })
  socket.on('error', () => {})
  socket.on('close', () => { closed = true })
  return { text: () => Buffer.concat(chunks).toString('hex'), closed: () => closed }
}

for (const { name, held, steps, ends: end, replay } of vectors.conversations) {
  if (replay.includes('server')) {
    test(`our server: ${name}`, async () => {
      const store = await createTorrentStore({ db: createMemoryBlobs(), peerId: Buffer.from(vectors.peerIds.server) })
      ends.push(async () => { await store.close() })
      for (const body of held) await store.put(Buffer.from(body, 'hex'))
      const listener = await store.listen()
      const socket = connect({ host: listener.host, port: listener.port, noDelay: true })
      ends.push(async () => { socket.destroy() })
      const { text, closed } = collected(socket)
      let expected = ''
      for (const { from, bytes } of steps) {
        if (from === 'requester') {
          socket.write(Buffer.from(bytes, 'hex'))
        } else {
          expected += bytes
          await until(() => text().length >= expected.length || closed())
          assert.is(text().slice(0, expected.length), expected)
        }
      }
      if (end === 'by the server') await until(closed)
      else assert.not.ok(closed())
      assert.is(text(), expected)
    })
  }
}

for (const { name, wanted, held, steps, ends: end, replay } of vectors.conversations) {
  if (replay.includes('requester')) {
    test(`our requester: ${name}`, async () => {
      const heard: string[] = []
      let closedByThem = 0
      const { port, close } = await fakePeer(socket => {
        const { text } = collected(socket)
        socket.on('close', () => { closedByThem++; heard.push(text()) })
        void (async () => {
          let expected = ''
          for (const { from, bytes } of steps) {
            if (from === 'server') socket.write(Buffer.from(bytes, 'hex'))
            else {
              expected += bytes
              await until(() => text().length >= expected.length || socket.destroyed)
            }
          }
        })()
      })
      ends.push(close)
      const store = await createTorrentStore({ db: createMemoryBlobs(), peerId: Buffer.from(vectors.peerIds.requester) })
      ends.push(async () => { await store.close() })
      const faults: PeerFault[] = []
      const got: string[] = []
      for await (const { body } of store.fetchMany(wanted.map(infoHash => ({ infoHash: parseInfoHash(infoHash) })), { candidates: [tcpCandidate('127.0.0.1', port)], onFault: fault => { faults.push(fault) } })) {
        if (body !== undefined) got.push(Buffer.from(body).toString('hex'))
      }
      await until(() => closedByThem === 1)
      assert.equal(heard, [steps.filter(({ from }) => from === 'requester').map(({ bytes }) => bytes).join('')])
      assert.equal(got.sort(), end === 'by nobody' ? held.toSorted() : [])
      assert.is(faults.length, end === 'by the requester' ? 1 : 0)
    })
  }
}

test('both sides are replayed, and each way to end', () => {
  const { conversations } = vectors
  assert.ok(conversations.filter(({ replay }) => replay.includes('server')).length >= 5)
  assert.ok(conversations.filter(({ replay }) => replay.includes('requester')).length >= 3)
  assert.equal([...new Set(conversations.map(each => each.ends))].sort(), ['by nobody', 'by the requester', 'by the server'])
})

test('an ordinary client beside it downloads as ever, whether it knows of extensions or not', async () => {
  const store = await createTorrentStore({ db: createMemoryBlobs() })
  ends.push(async () => { await store.close() })
  const body = randomBody(40_000)
  const { infoHash } = await store.put(body)
  const listener = await store.listen()
  for (const extended of [true, false]) {
    const wire = new BittorrentProtocol('tcpOutgoing')
    const socket = connect({ host: listener.host, port: listener.port, noDelay: true })
    ends.push(async () => { socket.destroy() })
    socket.on('data', (chunk: Buffer) => { wire.write(chunk) })
    wire.on('data', (chunk: Uint8Array) => { socket.write(chunk) })
    const problems: unknown[] = []
    wire.on('error', (error: unknown) => { problems.push(error) })
    wire.on('unknownmessage', (bytes: unknown) => { problems.push(bytes) })
    let handshaken = false
    let unchoked = false
    wire.on('handshake', () => { handshaken = true })
    wire.on('unchoke', () => { unchoked = true })
    // The library always sets the bit of BEP 10; an older client does not.
    if (extended) wire.handshake(infoHash, Buffer.from('-XX0000-abcdefghijkl'), { fast: true })
    else {
      wire.handshake(infoHash, Buffer.from('-XX0000-abcdefghijkl'))
      const sent: Uint8Array[] = []
      wire.removeAllListeners('data')
      wire.on('data', (chunk: Uint8Array) => {
        sent.push(chunk)
        if (sent.length === 1) chunk = Uint8Array.from(chunk, (byte, at) => at === 25 ? byte & ~0x10 : byte)
        socket.write(chunk)
      })
    }
    await until(() => handshaken && unchoked)
    wire.interested()
    const blocks = await Promise.all([0, 16_384, 32_768].map(async offset => await new Promise<Uint8Array>((resolve, reject) => {
      wire.request(0, offset, Math.min(16_384, 40_000 - offset), (error, block) => { if (error === null && block !== undefined) resolve(Uint8Array.from(block)); else reject(error ?? new Error('no block')) })
    })))
    assert.equal(Buffer.concat(blocks), Buffer.from(body))
    assert.equal(problems, [])
    assert.is(wire.peerExtendedMapping['sb_bodies'] !== undefined, extended)
  }
})

test.run()
