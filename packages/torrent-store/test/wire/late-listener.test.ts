// Peers that hear nothing of what is said together with the handshake, as WebTorrent does at times.
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, refOf, tcpCandidate } from '../../src/index.ts'
import { answerBlocks, fakePeer, handshake, message, randomBody, until } from '../bodies.ts'

const INTERESTED = 2
const UNCHOKE = message(1)
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

test.run()
