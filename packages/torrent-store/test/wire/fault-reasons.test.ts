// Every reason for which a peer is dropped, brought about over a real connection, by one body and by many.
import type { Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, PeerFaultReason, refOf, tcpCandidate, TorrentStoreError, type PeerFault, type PartialTorrentRef, type TorrentStore } from '../../src/index.ts'
import { writeBody } from '../../src/wire/batch-message.ts'
import { extended, fakePeer, handshake, message, randomBody, seedWith, uint32, until } from '../bodies.ts'

const test = suite('fault reasons')
const body = randomBody(20_000)
const ref = refOf(body)
let store: TorrentStore
const ends: Array<() => Promise<void>> = []
test.before.each(async () => { store = await createTorrentStore({ db: createMemoryBlobs(), limits: { candidateTimeoutMs: 300 } }) })
test.after.each(async () => {
  for (const end of ends.splice(0)) await end()
  await store.close()
})

/** What a peer does to a connection; `unreachable` does not listen. `wanted` is what is asked for, `ref` by default. */
interface Misdeed { behave: ((socket: Socket) => void) | 'unreachable', wanted?: PartialTorrentRef }

const ID = 7
const hello = extended(0, `d1:md9:sb_bodiesi${ID}eee`)
const greet = (socket: Socket, ...more: Uint8Array[]): void => { socket.write(Buffer.concat([handshake(ref.infoHash), ...more])) }
/** Greets as one that speaks sb_bodies, and answers the first want. */
const answers = (answer: (socket: Socket) => void) => (socket: Socket): void => {
  greet(socket, hello)
  socket.on('data', chunk => { if (chunk.includes(Buffer.of(20, ID, 0))) answer(socket) })
}
const pour = (socket: Socket, chunk: Uint8Array): void => {
  while (!socket.destroyed && socket.bytesWritten < 100 << 20) if (!socket.write(chunk)) { socket.once('drain', () => { pour(socket, chunk) }); return }
}
const rejects = (socket: Socket): void => {
  greet(socket, message(14), message(1))
  socket.on('data', () => { socket.write(Buffer.concat([0, 16_384].map(offset => message(16, uint32(0, offset, Math.min(16_384, 20_000 - offset)))))) })
}
const noBody: Misdeed = {
  wanted: { infoHash: ref.infoHash },
  behave: socket => { greet(socket, extended(0, 'd1:md11:ut_metadatai3ee13:metadata_sizei9999999ee')) }
}

const single: Record<PeerFaultReason, Misdeed> = {
  ABSENT: { behave: socket => { socket.destroy() } },
  BAD_BYTES: { behave: socket => { seedWith(socket, ref, randomBody(20_000)) } },
  BAD_PROTOCOL: { behave: socket => { greet(socket, uint32(0xffffffff)) } },
  CLOSED: { behave: socket => { socket.end(handshake(ref.infoHash)) } },
  NOT_A_BODY: noBody,
  REFUSED: { behave: rejects },
  STALLED: { behave: socket => { greet(socket) } },
  TOO_MANY_BYTES: { behave: socket => { greet(socket); pour(socket, message(7, uint32(0, 0), randomBody(16_384))) } },
  UNREACHABLE: { behave: 'unreachable' }
}
/** NOT_A_BODY and REFUSED are what only a peer without sb_bodies can do, which is asked for one body at a time. */
const many: Record<Exclude<PeerFaultReason, 'ABSENT'>, Misdeed> = {
  BAD_BYTES: { behave: answers(socket => { socket.write(extended(1, writeBody(ref.infoHash, randomBody(100)))) }) },
  BAD_PROTOCOL: { behave: answers(socket => { socket.write(extended(1, writeBody(refOf(randomBody(9)).infoHash, randomBody(100)))) }) },
  CLOSED: { behave: answers(socket => { socket.end() }) },
  NOT_A_BODY: { ...noBody, behave: socket => { greet(socket, extended(0, 'd1:md11:ut_metadatai3ee13:metadata_sizei9999999ee')) } },
  REFUSED: { behave: socket => { socket.write(handshake(ref.infoHash, [0, 0, 0, 0, 0, 0, 0, 4])); rejectsLater(socket) } },
  STALLED: { behave: answers(() => {}) },
  TOO_MANY_BYTES: { behave: answers(socket => { pour(socket, extended(1, Buffer.concat([Buffer.of(99), randomBody(16_384)]))) }) },
  UNREACHABLE: { behave: 'unreachable' }
}
function rejectsLater (socket: Socket): void {
  socket.write(Buffer.concat([message(14), message(1)]))
  socket.on('data', chunk => { if (chunk.includes(uint32(13))) socket.write(Buffer.concat([0, 16_384].map(offset => message(16, uint32(0, offset, Math.min(16_384, 20_000 - offset)))))) })
}

async function peer (behave: Misdeed['behave']): Promise<{ candidate: ReturnType<typeof tcpCandidate>, gone: () => Promise<void> }> {
  const { port, sockets, close } = await fakePeer(socket => { if (behave !== 'unreachable') behave(socket) })
  if (behave === 'unreachable') await close()
  else ends.push(close)
  return { candidate: tcpCandidate('127.0.0.1', port, { id: 'peer' }), gone: async () => { await until(() => sockets.size === 0) } }
}

test('each has its misdeed here', () => {
  assert.equal(Object.keys(single).sort(), Object.keys(PeerFaultReason).sort())
  assert.equal([...Object.keys(many), 'ABSENT'].sort(), Object.keys(PeerFaultReason).sort())
})

for (const [reason, { behave, wanted = ref }] of Object.entries(single)) {
  test(`${reason}: told by fetch, and the connection is closed`, async () => {
    const { candidate, gone } = await peer(behave)
    const faults = await store.fetch(wanted, { candidates: [candidate] }).then(() => [], (error: unknown) => error instanceof TorrentStoreError ? error.faults : [])
    assert.equal(faults, [{ id: 'peer', reason }])
    await gone()
  })
}

for (const [reason, { behave, wanted = ref }] of Object.entries(many)) {
  test(`${reason}: told by fetchMany, and the connection is closed`, async () => {
    const { candidate, gone } = await peer(behave)
    const faults: PeerFault[] = []
    const results = []
    for await (const result of store.fetchMany([wanted], { candidates: [candidate], onFault: fault => { faults.push(fault) } })) results.push(result)
    assert.equal(results, [{ infoHash: ref.infoHash, absent: true }])
    assert.equal(faults, [{ id: 'peer', reason }])
    await gone()
  })
}

test('not to hold a body is no fault to fetchMany', async () => {
  const { candidate, gone } = await peer(single.ABSENT.behave)
  const faults: PeerFault[] = []
  for await (const result of store.fetchMany([ref], { candidates: [candidate], onFault: fault => { faults.push(fault) } })) assert.is(result.absent, true)
  assert.equal(faults, [])
  await gone()
})

test.run()
