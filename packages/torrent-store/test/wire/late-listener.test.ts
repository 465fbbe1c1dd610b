// Peers that hear nothing of what is said together with the handshake, as WebTorrent does at times, and peers that
// look only now and then at whom to serve, as Transmission does.
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, refOf, tcpCandidate, type TorrentStoreError } from '../../src/index.ts'
import { answerBlocks, fakePeer, handshake, message, randomBody, uint32, until } from '../bodies.ts'

const INTERESTED = 2
const UNCHOKE = message(1)
const KEEP_ALIVE = uint32(0)
const HAVE_ALL = message(14)
const test = suite('peers that listen late')

test('a downloader that becomes interested is unchoked then too', async () => {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  const { port } = await store.listen()
  const { infoHash } = await store.put(randomBody(100))
  const socket = connect({ host: '127.0.0.1', port })
  try {
    let heard = Buffer.alloc(0)
    socket.on('data', chunk => { heard = Buffer.concat([heard, chunk]) })
    const ends = (bytes: Buffer): boolean => heard.subarray(-bytes.length).equals(bytes)
    socket.write(handshake(infoHash))
    await until(() => ends(UNCHOKE)) // said once, before anyone was interested
    const { length } = heard
    socket.write(message(INTERESTED))
    await until(() => heard.length > length)
    assert.equal(heard.subarray(length), UNCHOKE)
  } finally {
    socket.destroy()
  }
})

test('a downloader without BEP 6 is told of the piece by a message that nobody skips', async () => {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  const { port } = await store.listen()
  const { infoHash } = await store.put(randomBody(100))
  const socket = connect({ host: '127.0.0.1', port })
  try {
    let heard = Buffer.alloc(0)
    socket.on('data', chunk => { heard = Buffer.concat([heard, chunk]) })
    socket.write(handshake(infoHash, [0, 0, 0, 0, 0, 0, 0, 0]))
    await until(() => heard.subarray(-UNCHOKE.length).equals(UNCHOKE))
    assert.equal(heard.subarray(68), Buffer.concat([message(4, uint32(0)), UNCHOKE])) // have, and no bitfield
  } finally {
    socket.destroy()
  }
})

test('a downloader that asks for nothing hears one thing more, and one that asked does not', async () => {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  const { port } = await store.listen()
  const { infoHash } = await store.put(randomBody(100))
  const [silent, busy] = [connect({ host: '127.0.0.1', port }), connect({ host: '127.0.0.1', port })]
  try {
    const heard = new Map([silent, busy].map(socket => [socket, Buffer.alloc(0)]))
    for (const socket of [silent, busy]) socket.on('data', chunk => { heard.set(socket, Buffer.concat([heard.get(socket) ?? chunk, chunk])) })
    for (const socket of [silent, busy]) socket.write(handshake(infoHash))
    await until(() => heard.get(busy)?.subarray(-5).equals(UNCHOKE) === true)
    busy.write(message(6, uint32(0, 0, 100)))
    await until(() => heard.get(silent)?.subarray(-9).equals(Buffer.concat([UNCHOKE, KEEP_ALIVE])) === true)
    await until(() => heard.get(busy)?.subarray(-113, -100).equals(Buffer.concat([uint32(109), Buffer.of(7), uint32(0, 0)])) === true) // the block is the last that it heard
  } finally {
    silent.destroy()
    busy.destroy()
  }
})

test('a seed hears of our interest after it said what it has, with and without BEP 6', async () => {
  const body = randomBody(20_000)
  const ref = refOf(body)
  for (const [reserved, has] of [[[0, 0, 0, 0, 0, 0x10, 0, 4], HAVE_ALL], [[0, 0, 0, 0, 0, 0, 0, 0], message(5, Buffer.of(0x80))]] as const) {
    const seed = await fakePeer(socket => {
      let listens = false
      socket.on('data', chunk => {
        if (listens && chunk.includes(message(INTERESTED))) socket.write(UNCHOKE)
      })
      socket.write(handshake(ref.infoHash, reserved))
      answerBlocks(socket, body)
      setTimeout(() => {
        listens = true
        socket.write(has)
      }, 100) // what came by then went unheard
    })
    try {
      await using store = await createTorrentStore({ db: createMemoryBlobs() })
      const fetched = await store.fetch(ref, { candidates: [tcpCandidate('127.0.0.1', seed.port)] })
      assert.equal(Buffer.from(fetched.body), Buffer.from(body))
    } finally {
      await seed.close()
    }
  }
})

/** Says what it has, and lets nobody ask for it before `unchokeMs`. */
async function choking (body: Uint8Array, unchokeMs: number | null): ReturnType<typeof fakePeer> {
  return await fakePeer(socket => {
    socket.write(Buffer.concat([handshake(refOf(body).infoHash), HAVE_ALL]))
    answerBlocks(socket, body)
    if (unchokeMs !== null) setTimeout(() => { socket.write(UNCHOKE) }, unchokeMs)
  })
}

test('a seed that has the body and serves later gets more time, but not any time', async () => {
  const body = randomBody(20_000)
  const ref = refOf(body)
  const limits = { candidateTimeoutMs: 800, chokedTimeoutMs: 30_000 }
  await using patient = await createTorrentStore({ db: createMemoryBlobs(), limits })
  await using impatient = await createTorrentStore({ db: createMemoryBlobs(), limits: { ...limits, chokedTimeoutMs: 1000 } })
  const late = await choking(body, 3000)
  const never = await choking(body, null)
  try {
    const fetched = await patient.fetch(ref, { candidates: [tcpCandidate('127.0.0.1', late.port)] })
    assert.equal(Buffer.from(fetched.body), Buffer.from(body))
    for (const { port } of [late, never]) {
      await impatient.fetch(ref, { candidates: [tcpCandidate('127.0.0.1', port, { id: 'choking' })] }).then(() => assert.unreachable(), (error: TorrentStoreError) => {
        assert.equal([error.code, error.faults], ['NOT_FOUND', [{ id: 'choking', reason: 'STALLED' }]])
      })
    }
  } finally {
    await late.close()
    await never.close()
  }
})

test('seeds that do not serve keep nobody else waiting', async () => {
  const body = randomBody(20_000)
  const ref = refOf(body)
  await using store = await createTorrentStore({ db: createMemoryBlobs(), limits: { candidateTimeoutMs: 800, chokedTimeoutMs: 60_000, maxOpenCandidates: 2 } })
  const never = await Promise.all(Array.from({ length: 2 }, async () => await choking(body, null)))
  const good = await choking(body, 0)
  try {
    const candidates = [...never, good].map(({ port }) => tcpCandidate('127.0.0.1', port))
    const fetched = await store.fetch(ref, { candidates })
    assert.is(fetched.from, `127.0.0.1:${good.port}`)
  } finally {
    for (const each of [...never, good]) await each.close()
  }
})

test.run()
